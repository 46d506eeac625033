import Tree

// Finds a server and logs in. A round tries each known server once. The pauses between rounds grow. All pauses are
// drawn at random, since many clients lose the same server at the same moment.

extension ClientSession {
    mutating func connect(to address: Address, _ now: Instant, _ effects: inout [Effect]) {
        state = .connecting(address, until: now + limits.connectTimeout)
        effects.append(.connect(address))
    }

    /// To be called when the connection is made.
    mutating func greet(_ now: Instant, _ effects: inout [Effect]) {
        guard case .connecting(let address, _) = state else { return }
        let until = now + limits.answerTimeout
        if registration == .wanted {
            registration = .asked
            state = .registering(address, until: until)
            effects.append(.send(ClientMessages.register(identity)))
        } else {
            logIn(at: address, until: until, now, &effects)
        }
    }

    mutating func logIn(at address: Address, until: Instant, _ now: Instant, _ effects: inout [Effect]) {
        state = .loggingIn(address, until: until)
        hasShownSecret = mayShowSecret(to: address)
        tokens.renewAt = nil
        effects.append(
            .send(
                ClientMessages.login(
                    identity, token: token(for: address), showsSecret: hasShownSecret,
                    since: hasLoggedIn ? vector : nil, last: last, wasRedirected: wasRedirected(at: now))))
    }

    /// To be called when the connection, or the attempt to make one, has ended without our doing.
    mutating func connectionLost(_ reason: String, _ now: Instant, _ effects: inout [Effect]) {
        switch state {
        case .pausing, .ended: return
        case .connecting(let address, _), .registering(let address, _), .loggingIn(let address, _):
            if !hasLoggedIn {
                // A client that was turned away knows that the network is there.
                if timesTurnedAway == 0, now >= startedAt + limits.firstPatience {
                    return fail(.unreachable(address, reason: reason), &effects)
                }
                if !hasToldUnreachable {
                    hasToldUnreachable = true
                    effects.append(.tell(.unreachable(address, reason: reason)))
                }
            }
            if outage?.told == .nothing { (outage!.address, outage!.reason) = (address, reason) }
            tryNext(now, &effects)
        case .loggedIn(let address):
            if outage == nil || settling == nil { beginOutage(address, reason, sentBy: nil, now) }
            // A server that loses the client again at once is not tried again in a hurry.
            roundsDone = settling == nil ? 0 : roundsDone + 1
            settling = nil
            startRound(with: address)
            let longest = roundsDone == 0 ? limits.firstPause : pauseOfRound
            state = .pausing(until: now + random.duration(in: .zero...longest))
        }
    }

    /// Gives this server up for now. Another one, or later the same one, may work.
    mutating func goElsewhere(_ reason: String, _ now: Instant, _ effects: inout [Effect]) {
        effects.append(.disconnect)
        connectionLost(reason, now, &effects)
    }

    mutating func redirected(to address: Address, _ now: Instant, _ effects: inout [Effect]) {
        effects.append(.disconnect)
        if hasLoggedIn, let here = currentAddress, outage == nil || outage?.sentBy != nil {
            beginOutage(here, "it sent us to \(address)", sentBy: here, now)
        }
        remember([address])
        settling = nil
        redirects += 1
        redirectedAt = now
        // Two servers that redirect to each other would keep the client busy for ever.
        guard redirects <= limits.refusals, canLogIn(at: address) else { return tryNext(now, &effects) }
        round = []
        connect(to: address, now, &effects)
    }

    private func wasRedirected(at now: Instant) -> Bool {
        redirectedAt.map { now < $0 + limits.redirectMemory } ?? false
    }

    /// The server takes no client now. It is not tried again before all others were, and pauses grow: many clients
    /// that were turned away come back at the same time.
    ///
    /// - Parameter told: servers with room, as far as this server knows.
    mutating func turnedAway(_ info: String, to told: [Address], _ now: Instant, _ effects: inout [Effect]) {
        guard let here = currentAddress else { return }
        if registration == .asked, case .registering = state { registration = .wanted }
        effects.append(.disconnect)
        if isOnline, outage == nil || settling == nil { beginOutage(here, info, sentBy: nil, now) }
        settling = nil
        timesTurnedAway += 1
        if !hasLoggedIn, timesTurnedAway == 1 { effects.append(.tell(.turnedAway(here, info: info))) }
        if outage?.told == .nothing { (outage!.address, outage!.reason) = (here, info) }
        remember(told)
        let named = told.filter { $0 != here && canLogIn(at: $0) }.shuffled(using: &random)
        if named.isEmpty {
            round.removeAll { $0 == here }
            if round.isEmpty {
                startRound(with: nil)
                round = round.filter { $0 != here } + [here]
                tellAllGone(&effects)
            }
        } else {
            round = named
        }
        let longest = min(limits.firstFullPause * (1 << min(timesTurnedAway - 1, 10)), limits.longestPause)
        state = .pausing(until: now + longest / 2 + random.duration(in: .zero...longest / 2))
    }

    // MARK: Without a server

    /// Whether a message is sent at once.
    public var isOnline: Bool {
        if case .loggedIn = state { true } else { false }
    }

    /// The address of the server that the client is connected to, or tries to connect to.
    var currentAddress: Address? {
        switch state {
        case .connecting(let address, _), .registering(let address, _), .loggingIn(let address, _),
            .loggedIn(let address):
            address
        case .pausing, .ended: nil
        }
    }

    private mutating func beginOutage(_ address: Address, _ reason: String, sentBy: Address?, _ now: Instant) {
        let before = outage
        outage = Outage(
            address: address, reason: reason, sentBy: sentBy, tellAt: before?.tellAt ?? now + limits.outagePatience)
        // After a further redirect, the user need not be told again.
        if let before { outage!.told = before.told }
    }

    /// Tells the user when there has been no server for some time. Servers that don't even refuse a connection take
    /// long to try.
    mutating func tellOutageIfLong(_ now: Instant, _ effects: inout [Effect]) {
        guard let outage, outage.told == .nothing, !isOnline, now >= outage.tellAt else { return }
        self.outage!.told = .looking
        effects.append(.tell(.lost(outage.address, reason: outage.reason)))
    }

    private mutating func tellAllGone(_ effects: inout [Effect]) {
        guard let outage, outage.told != .allGone else { return }
        self.outage!.told = .allGone
        let waiting = outbox.messages.count
        effects.append(.tell(.allGone(outage.address, reason: outage.reason, waiting: waiting)))
    }

    // MARK: Rounds

    private mutating func tryNext(_ now: Instant, _ effects: inout [Effect]) {
        var pause = random.duration(in: .zero...limits.nextPause)
        if round.isEmpty {
            roundsDone += 1
            startRound(with: nil)
            pause = pauseOfRound / 2 + random.duration(in: .zero...pauseOfRound / 2)
            tellAllGone(&effects)
        }
        state = .pausing(until: now + pause)
    }

    private var pauseOfRound: Duration {
        min(.milliseconds(100 << min(roundsDone, 10)), hasLoggedIn ? limits.longestPause : limits.longestFirstPause)
    }

    private mutating func startRound(with first: Address?) {
        var others = servers.filter { canLogIn(at: $0) }
        others.removeAll { $0 == first }
        others.shuffle(using: &random)
        round = (first.map { [$0] } ?? []) + others
    }

    /// Adds servers to the known ones: first the given server, then the new ones, then the older ones.
    mutating func remember(_ told: [Address]) {
        var all = [given]
        for address in told + servers where !all.contains(address) && all.count < limits.servers {
            all.append(address)
        }
        servers = all
    }
}
