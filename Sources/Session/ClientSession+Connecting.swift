import Tree

// Finds a server and logs in. A round tries each known server once. The pauses between rounds grow. All pauses are
// drawn at random, since many clients lose the same server at the same moment.

extension ClientSession {
    mutating func connect(_ now: Instant, _ effects: inout [Effect]) {
        round = round.filter { canLogIn(at: $0) }
        if round.isEmpty { startRound(with: nil) }
        connect(to: round.removeFirst(), now, &effects)
    }

    private mutating func connect(to address: Address, _ now: Instant, _ effects: inout [Effect]) {
        state = .connecting(address, until: now + limits.connectTimeout)
        effects.append(.connect(address))
    }

    /// To be called when the connection is made.
    mutating func greet(_ now: Instant, _ effects: inout [Effect]) {
        guard case .connecting(let address, _) = state else { return }
        if registration == .wanted {
            registration = .asked
            state = .registering(address, until: now + limits.answerTimeout)
            effects.append(.send(ClientMessages.register(identity)))
        } else {
            logIn(at: address, now, &effects)
        }
    }

    mutating func logIn(at address: Address, _ now: Instant, _ effects: inout [Effect]) {
        state = .loggingIn(address, until: now + limits.answerTimeout)
        hasShownSecret = mayShowSecret(to: address)
        tokens.renewAt = nil
        let since = hasLoggedIn && mutation != .resumesWithoutSince ? vector : nil
        effects.append(
            .send(
                ClientMessages.login(
                    identity, token: token, resumeToken: resumeToken(for: address), showsSecret: hasShownSecret,
                    since: since, last: last, wasRedirected: wasRedirected(at: now))))
    }

    /// To be called when the connection, or the attempt to make one, has ended without our doing.
    ///
    /// - Parameter isSilent: the server takes connections, perhaps, and answers nothing. It is tried last.
    mutating func connectionLost(
        _ reason: String, isSilent: Bool = false, _ now: Instant, _ effects: inout [Effect]
    ) {
        switch state {
        case .pausing, .ended: return
        case .connecting(let address, _), .registering(let address, _), .loggingIn(let address, _):
            // A client that was turned away knows that the network is there.
            if !hasLoggedIn, timesTurnedAway == 0, now >= startedAt + limits.firstPatience {
                return end(ClientFault(.unreachable, reason, at: address), &effects)
            }
            effects.append(.remark(.failed(address, reason: reason)))
            left()
            tryNext(now, &effects)
        case .loggedIn(let address):
            let hadHeld = settling == nil
            effects.append(.tell(.lost(address, reason: reason, hadHeld: hadHeld)))
            left()
            // A server that loses the client again at once is not tried again in a hurry.
            roundsDone = hadHeld ? 0 : roundsDone + 1
            startRound(with: address)
            if isSilent { round.append(round.removeFirst()) }
            pause(for: drawn(roundsDone == 0 ? limits.firstPause : pause(ofRoundAfterLogin: true)), now)
        }
    }

    /// Gives this server up for now. Another one, or later the same one, may work.
    mutating func goElsewhere(
        _ reason: String, isSilent: Bool = false, _ now: Instant, _ effects: inout [Effect]
    ) {
        effects.append(.disconnect)
        connectionLost(reason, isSilent: isSilent, now, &effects)
    }

    mutating func redirected(to address: Address, _ now: Instant, _ effects: inout [Effect]) {
        guard let here = currentAddress else { return }
        effects.append(.disconnect)
        if case .registering = state { registration = .wanted }
        if isOnline {
            let reason = "it sent us to \(address)"
            effects.append(.tell(.lost(here, reason: reason, hadHeld: settling == nil, wasSentOn: true)))
        }
        effects.append(.remark(.redirected(from: here, to: address)))
        left()
        remember([address])
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
        if case .registering = state { registration = .wanted }
        effects.append(.disconnect)
        if isOnline { effects.append(.tell(.lost(here, reason: info, hadHeld: settling == nil))) }
        left()
        timesTurnedAway += 1
        effects.append(.remark(.turnedAway(here, info: info, times: timesTurnedAway)))
        remember(told)
        var named: [Address] = []
        for address in told where address != here && canLogIn(at: address) && !named.contains(address) {
            named.append(address)
        }
        if named.isEmpty {
            round.removeAll { $0 == here }
            if round.isEmpty {
                startRound(with: nil)
                round = round.filter { $0 != here } + [here]
                effects.append(.remark(.roundOver))
            }
        } else {
            round = shuffled(named)
        }
        let longest = min(limits.firstFullPause * (1 << min(timesTurnedAway - 1, 10)), limits.longestPause)
        pause(for: upperHalf(of: longest), now)
    }

    /// There is no server now.
    private mutating func left() {
        settling = nil
        target = nil
    }

    // MARK: Rounds

    private mutating func tryNext(_ now: Instant, _ effects: inout [Effect]) {
        guard round.isEmpty else { return pause(for: drawn(limits.nextPause), now) }
        roundsDone += 1
        startRound(with: nil)
        pause(for: upperHalf(of: pause(ofRoundAfterLogin: hasLoggedIn)), now)
        effects.append(.remark(.roundOver))
    }

    private mutating func startRound(with first: Address?) {
        let others = servers.filter { $0 != first && canLogIn(at: $0) }
        round = (first.map { [$0] } ?? []) + shuffled(others)
    }

    /// Adds servers to the known ones: first the given servers, then the new ones, then the older ones.
    mutating func remember(_ told: [Address]) {
        var all = given
        for address in told + servers where !all.contains(address) && all.count < limits.servers {
            all.append(address)
        }
        servers = all
    }

    // MARK: Pauses

    private mutating func pause(for pause: Duration, _ now: Instant) { state = .pausing(until: now + pause) }

    private func pause(ofRoundAfterLogin hasLoggedIn: Bool) -> Duration {
        min(.milliseconds(100 << min(roundsDone, 10)), hasLoggedIn ? limits.longestPause : limits.longestFirstPause)
    }

    private func drawn(_ longest: Duration) -> Duration {
        .nanoseconds(Int64(Double(longest.wholeNanoseconds) * draw()))
    }

    private func upperHalf(of longest: Duration) -> Duration { longest / 2 + drawn(longest / 2) }

    private func shuffled(_ addresses: [Address]) -> [Address] {
        var addresses = addresses
        for index in addresses.indices.dropFirst().reversed() {
            addresses.swapAt(index, Int(draw() * Double(index + 1)))
        }
        return addresses
    }
}
