/// A node of a self-healing broadcast tree, without any I/O: events in, effects out.
///
/// `handle` is the only way in. It never blocks, reads no clock, has no source of randomness but its seed, and touches
/// nothing outside of the node. So the node that serves clients and the node that is simulated are the same. The rules
/// stand in the folders beside this one, as extensions in files of their own names: ARCHITECTURE.md has the map.
///
/// The runner's side of the contract: it performs effects at once and in order; after `close` it sends no more events
/// of that connection; `turnEnded` follows every batch of events; `timePassed` comes when `nextDeadline` has come, or
/// earlier.
public final class Node {
    public internal(set) var configuration: Configuration
    public internal(set) var log: Log
    var now: Moment
    var random: RandomNumbers
    var timers = Timers()
    /// The effects of the event that is being handled.
    private var effects: [Effect] = []

    var topology: Topology
    var joining = Joining()
    var draining = Draining()
    var links = LinkTable()
    var failureDetection = FailureDetector()
    var backpressure: Backpressure
    var replication: Replication
    var retention = Retention()
    var ordering: Ordering
    var sessions: ClientSessions
    var resuming = ResumingClients()
    var admission = Admission()
    var secrets: NetworkSecrets
    var queries = TreeQueries()
    var directory = Directory()
    var accounts: Accounts
    var bans: Bans
    var counters = StatusCounters()

    /// A rule that is left out. Only tests of the simulator set it.
    package var mutation: Mutation? {
        didSet {
            sessions.leaveOut(mutation)
            accounts.leaveOut(mutation)
        }
    }

    /// - Parameters:
    ///   - format: how entries look to clients; the node stores what it makes.
    ///   - accounts: what the disk has of earlier lives, by the same rules of names; nil for none.
    ///   - bans: the same of bans.
    public init(
        configuration: Configuration, format: any EntryFormat, accounts: Accounts? = nil, bans: Bans = Bans(),
        at moment: Moment
    ) {
        let secrets = NetworkSecrets(
            own: [configuration.ownSecret] + [configuration.otherOwnSecret].compactMap(\.self),
            parent: configuration.parentSecret)
        var configuration = configuration
        configuration.remembered = configuration.remembered.map(secrets.kept)
        self.configuration = configuration
        self.secrets = secrets
        self.accounts = accounts ?? Accounts(names: configuration.names)
        self.bans = bans
        log = Log(format: format)
        replication = Replication(ownNumber: log.number(of: configuration.origin))
        backpressure = Backpressure(configuration.limits)
        now = moment
        random = RandomNumbers(seed: configuration.randomSeed)
        let duplicates = DuplicateFilter(
            memory: configuration.limits.retryMemory, sessions: configuration.limits.retrySessions)
        sessions = ClientSessions(
            seed: random.next(), duplicates: duplicates,
            hasAdmitted: configuration.parent == nil && !configuration.asksClock)
        topology = Topology(configuration: configuration, at: moment.instant)
        let total =
            configuration.order == .total
            ? TotalOrder(retries: duplicates, isOpen: configuration.parent == nil, at: log.stored) : nil
        ordering = Ordering(at: moment, total: total)
        timers[.announce] = moment.instant + configuration.announceInterval
        timers[.heartbeat] = moment.instant + configuration.limits.heartbeat
        timers[.idleExchange] = moment.instant + configuration.limits.idleExchange
        timers[.verify] = moment.instant + configuration.limits.verifyDeadpool
        timers[.retention] = moment.instant + configuration.limits.stabilityPause
        timers[.removals] = moment.instant + configuration.limits.removalSweep
        if configuration.asksClock { timers[.clock] = moment.instant }
        if !bans.isEmpty { timers[.bans] = moment.instant }
        switch topology.standing {
        case .joining:
            timers[.search] = moment.instant
        default: scheduleProbe()
        }
    }

    var limits: Limits { configuration.limits }
    public var origin: Origin { configuration.origin }
    /// Whether the node has found its position in a tree, or goes on as a root.
    public var hasPosition: Bool {
        if case .joining = topology.standing { false } else { true }
    }
    /// Logged-in clients.
    public var load: Int { sessions.load }
    /// Whether backpressure holds this node's clients back: too many bytes of what they said are still on their way.
    package var isHeldUp: Bool { backpressure.isClosed }

    /// Handles one event, and appends its effects.
    ///
    /// - Parameter moment: no earlier than that of the event before.
    public func handle(_ event: Event, at moment: Moment, into effects: inout [Effect]) {
        now = moment
        swap(&self.effects, &effects)
        handle(event)
        swap(&self.effects, &effects)
    }

    /// When `timePassed` is due; nil for never.
    public var nextDeadline: Instant? { timers.earliest }

    private func handle(_ event: Event) {
        switch event {
        case .connected(let attempt, let connection): connected(attempt, connection)
        case .connectFailed(let attempt, let why): connectFailed(attempt, why)
        case .opened(let connection, let address): opened(connection, from: address)
        case .encrypted(let connection, let name, let isProved, let isCertified):
            admission.encrypted.add(connection, vouchedName: name, isProved: isProved, isCertified: isCertified)
        case .namedWrongKey(let connection): noteWrongNodeSecret(on: connection)
        case .secretsChanged(let own, let parent): secretsChanged(own: own, parent: parent)
        case .received(let connection, var message):
            message.changeContacts { secrets.received($0, on: connection) }
            received(message, on: connection)
        case .read(let connection, let bytes): countRead(bytes, of: connection)
        case .receivedForeign(let connection, let server): receivedForeign(server, on: connection)
        case .located(let connection, let address): located(connection, at: address)
        case .unfollowed(let connection, let offset): unfollowed(connection, at: offset)
        case .receivedMalformed(let connection, let info): receivedMalformed(connection, info: info)
        case .closed(let connection): closed(connection)
        case .congested(let connection): setCongested(true, connection)
        case .drained(let connection): setCongested(false, connection)
        case .fellBehind(let connection): clientFellBehind(connection)
        case .standsStill(let connection):
            if let link = links[connection] { return linkStandsStill(link) }
            clientFellBehind(connection, standsStill: true)
        case .timePassed: timePassed()
        case .turnEnded: turnEnded()
        case .hashed(let ticket, let hash):
            hashed(ticket, hash)
            hashEnded()
        case .verified(let ticket, let isRight):
            verified(ticket, isRight)
            hashEnded()
        case .vouched(let ticket, let vouching): vouched(ticket, vouching)
        case .persisted(let ticket, let failure): persisted(ticket, failure: failure)
        case .persistedBans(let ticket, let failure): persistedBans(ticket, failure: failure)
        case .described(let id, let traits): described(id, traits)
        case .clockAnswered(let first, let count, _, let wallMilliseconds):
            clockAnswered(first: first, count: count, wallMilliseconds: wallMilliseconds)
        case .clockSilent: clockSilent()
        case .turnsMeasured(let report): counters.turnsMeasured(report)
        case .workCounted(let report): counters.workCounted(report)
        case .counted(let counts): counters.runnerCounted(counts)
        case .adjusted(let adjustment): adjust(adjustment)
        case .seedsNamed(let addresses): seedsNamed(addresses)
        case .drainRequested: beginDraining()
        }
    }

    // MARK: Messages

    private func received(_ message: Message, on connection: ConnectionID) {
        if case .unknown = message {
            receivedUnknown(on: connection)
        } else if sessions.contains(connection) {
            receivedFromClient(message, on: connection)
        } else if hasImpossibleTerm(message) {
            receivedMalformed(connection, info: "a term far beyond that of any network")
        } else if let link = links[connection] {
            link.receiving.heard(at: now.instant)
            received(message, on: link)
        } else if topology.search?.isAsking(on: connection) == true {
            candidateAnswered(message)
        } else if let dial = topology.probing.ended(on: connection) {
            probeAnswered(message, dial)
        } else {
            receivedFirst(message, on: connection)
        }
    }

    /// The first message on a connection that a peer opened says what the peer is.
    private func receivedFirst(_ message: Message, on connection: ConnectionID) {
        admission.pending.hasSpoken(connection)
        switch message {
        case .authenticate(let request): consider(request, on: connection)
        case .probe(let probe): answer(probe, on: connection)
        case .status(let question): answer(question, on: connection)
        case .administer(let request):
            limitRate(of: connection)
            administer(request, on: connection)
        case .login, .register, .changeSecret, .logout, .activity, .ping, .invalidMessage, .unavailable:
            receivedFromClient(message, on: connection)
        case .authenticationFail: emit(.close(connection, .now))
        default: refuse(connection, info: message.reasonToRefuse(isClient: false))
        }
    }

    private func received(_ message: Message, on link: Link) {
        guard link.isNode else { return receivedFromBaseServer(message, on: link) }
        switch message {
        case .entry(let entry, let hop): store(entry, hop: hop, from: link)
        case .acknowledge(let acknowledgement): acknowledged(acknowledgement, on: link)
        case .synchronised: receivedSynchronised(link)
        case .vectors(let stored, let safe): heardVectors(stored: stored, safe: safe, on: link)
        case .gap(let gap, let stamp): skip(gap, stamp, from: link)
        case .watermark(let stamp): heardWatermark(stamp, on: link)
        case .stable(let changes, let isWhole): heardHeld(changes, isWhole: isWhole, on: link)
        case .heartbeat(let heartbeat): heardHeartbeat(heartbeat, on: link)
        case .tree(let position): parentMoved(to: position, on: link)
        case .raise(let term, let by): raise(above: term, askedBy: by)
        case .met(let claim): if link.role == .child { met(claim) }
        case .leaving(let others): parentLeaves(link, others: others)
        case .handOver(let term): takeOver(above: term, from: link)
        case .reachRequest(let question): consider(reach: question, from: link)
        case .reached(let answer): reachAnswered(answer, on: link)
        case .passReign(let passing): takeReign(passing, from: link)
        case .reignTaken(let position): reignTaken(by: link, position)
        case .redirected(let username, let node): wasRedirected(username, to: node, from: link)
        case .serverAnnounce(let announcement): learn(announcement, from: link)
        case .lockRequest(let question): consider(lock: question, from: link)
        case .lockAllowed(let answer): nameAnswered(answer, .allowed, on: link)
        case .lockDenied(let answer): nameAnswered(answer, .denied, on: link)
        case .loginRequest(let question): consider(login: question, from: link)
        case .loginAllowed(let answer): nameAnswered(answer, .allowed, on: link)
        case .loginDenied(let answer): nameAnswered(answer, answer.isUnknown ? .unknown : .denied, on: link)
        case .status(let question): consider(status: question, from: link)
        case .statusAnswer(let answer): statusAnswered(answer, on: link)
        case .recordRequest(let question): consider(record: question, from: link)
        case .recorded(let answer): recordAnswered(answer, on: link)
        case .heldRequest(let question): consider(held: question, from: link)
        case .held(let answer): heldAnswered(answer, on: link)
        case .compareAccounts(let ranges): compare(ranges, with: link)
        case .compareEntries(let ranges): compare(ranges, with: link)
        case .comparedAccounts(let differences): received(differences, on: link)
        case .fetchAccounts(let prefix, let digests): fetchAccounts(prefix, digests, for: link)
        case .accounts(let records, let isAnswer): received(records, isAnswer: isAnswer, on: link)
        case .compareBans(let sum): compare(bans: sum, with: link)
        case .comparedBans(let digests): compared(digests, with: link)
        case .fetchBans(let digests): fetchBans(digests, for: link)
        case .bans(let records): received(records, on: link)
        case .sessionsRequest(let question): consider(sessions: question, from: link)
        case .sessionsAnswer(let id, let answer): sessionsAnswered(id, answer, on: link)
        case .invalidMessage(let info), .unavailable(let info, _):
            report(.badFrame(link.contact, info: info))
            sayAgain(on: link)
        case .authenticationFail: lose(link, why: .closed)
        // These have no meaning between nodes. They don't close the link: one such message must not cut off a branch.
        case .authenticate, .authenticationSuccess, .login, .loginSuccess, .loginFailed, .logout, .register,
            .registerSuccess, .registerFailed, .changeSecret, .secretChanged, .changeFailed, .redirect, .activity,
            .ping, .pong, .probe, .probed, .administer, .administered, .notice, .unknown:
            report(.badFrame(link.contact, info: "a message that has no meaning on a link"))
        // An entry without its hop count is read as a base server's broadcast.
        case .broadcast: receivedMalformed(link.connection, info: "the field hop is missing")
        }
    }

    /// A message with a command that this version doesn't know. A node of a later version may send some.
    private func receivedUnknown(on connection: ConnectionID) {
        guard let link = links[connection], link.isNode, link.versions.newest > configuration.versions.newest else {
            return receivedMalformed(connection, info: "unknown message")
        }
        link.receiving.heard(at: now.instant)
    }

    private func receivedMalformed(_ connection: ConnectionID, info: String) {
        if let link = links[connection], link.isNode {
            link.receiving.heard(at: now.instant)
            link.receivedUnreadable()
            askToSayAgain(on: link)
            return report(.badFrame(link.contact, info: info))
        }
        let server = ForeignServer.unknown("its answer is no message: \(info)")
        if topology.search?.isAsking(on: connection) == true
            || topology.probing.isProbing(on: connection)
        {
            return receivedForeign(server, on: connection)
        }
        refuse(connection, info: info)
    }

    /// Takes a connection of any kind down from this side.
    func forget(_ connection: ConnectionID, manner: CloseManner) {
        if let link = links[connection] { return lose(link, why: .broken, manner: manner) }
        emit(.close(connection, manner))
        closed(connection)
    }

    /// The connection is gone: whatever depended on it is taken down.
    private func closed(_ connection: ConnectionID) {
        if let link = links[connection] {
            lose(link, why: .closed)
        } else if sessions[connection] != nil {
            clientLeft(connection)
        } else if topology.search?.uses(connection) == true {
            candidateLost(connection)
        } else if let dial = topology.probing.ended(on: connection) {
            probeFailed(dial, .closes)
        }
        sessions.unpark(connection)
        admission.gate.forget(connection)
        admission.encrypted.forget(connection)
        admission.vouched.forget(connection)
        secrets.forget(connection)
        admission.rateLimiters.forget(connection)
        forgetStranger(connection)
    }

    // MARK: Effects

    func emit(_ effect: Effect) {
        if case .close(let connection, _) = effect {
            forgetStranger(connection)
            admission.encrypted.forget(connection)
            admission.vouched.forget(connection)
            secrets.forget(connection)
        }
        effects.append(effect)
    }

    func send(_ message: Message, to connection: ConnectionID) {
        var message = message
        message.changeContacts { secrets.sent($0, on: connection) }
        effects.append(.send(connection, message))
    }

    func report(_ notice: Notice) {
        effects.append(.report(notice))
    }

    /// Tells the other side what is wrong, and closes the connection.
    func refuse(_ connection: ConnectionID, info: String, for cause: RefusalCause? = .invalid) {
        if let cause { counters.refused(for: cause) }
        send(.invalidMessage(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }
}
