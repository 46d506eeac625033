/// A connection of a node's own that asks who rules where the other side stands.
struct ProbeDial {
    enum Purpose {
        /// A root looks for other trees.
        case outside
        /// The first of the deadpool are tried.
        case verify
        /// A candidate that was asked for a position and said nothing may say later what it is.
        case listen
        /// Does another life of a node live there?
        case life
        /// A node that goes on without its configured parent asks there.
        case parent
        /// The root wants to know whether somebody of another tree answers there.
        case reach(QuestionID)
    }

    let attempt: AttemptID
    let contact: Contact
    let purpose: Purpose
    let deadline: Instant
    /// Nil until it stands.
    fileprivate(set) var connection: ConnectionID?
}

/// Decides which probes are under way, which roots of other trees are asked next, and at how many addresses a root asks
/// at a time.
struct Probing {
    /// Connections that carry a probe: of another tree by a root, of the deadpool by anybody.
    private var probes: [ProbeDial] = []
    /// Roots of other trees that this one was told of and has not reached yet.
    private var foreignRoots: [Contact] = []
    /// Nodes that were met and can't be in this tree, as was reported.
    private var mismatched: [Address] = []
    /// Grows while probes fail, and is 0 once everybody has failed.
    private var probesAtOnce = 1

    /// Probes under way.
    var count: Int { probes.count }

    // MARK: Probes under way

    /// A connection is to be made that carries a probe.
    mutating func begin(
        _ attempt: AttemptID, to contact: Contact, _ purpose: ProbeDial.Purpose, until deadline: Instant
    ) {
        probes.append(ProbeDial(attempt: attempt, contact: contact, purpose: purpose, deadline: deadline))
    }

    /// A candidate that was asked for a position has said nothing: its connection is listened to.
    mutating func listen(
        on connection: ConnectionID, of attempt: AttemptID, to contact: Contact, until deadline: Instant
    ) {
        probes.append(
            ProbeDial(
                attempt: attempt, contact: contact, purpose: .listen, deadline: deadline, connection: connection))
    }

    /// The connection of a probe stands; nil if the attempt was none of a probe.
    mutating func connected(_ attempt: AttemptID, _ connection: ConnectionID) -> ProbeDial? {
        guard let index = probes.firstIndex(where: { $0.attempt == attempt }) else { return nil }
        probes[index].connection = connection
        return probes[index]
    }

    /// The connection of a probe can't be had: the probe has ended. Nil if the attempt was none of a probe.
    mutating func connectFailed(_ attempt: AttemptID) -> ProbeDial? {
        probes.firstIndex { $0.attempt == attempt }.map { probes.remove(at: $0) }
    }

    /// A probe's connection brings its answer, or is gone: the probe has ended. Nil if the connection is none of a
    /// probe.
    mutating func ended(on connection: ConnectionID) -> ProbeDial? {
        probes.firstIndex { $0.connection == connection }.map { probes.remove(at: $0) }
    }

    /// Whether a question of who is reached waits for further probes.
    func isReaching(for question: QuestionID) -> Bool {
        probes.contains { if case .reach(question) = $0.purpose { true } else { false } }
    }

    func isProbing(on connection: ConnectionID) -> Bool { probes.contains { $0.connection == connection } }

    /// Ends the probes whose time is over.
    mutating func takeLate(at now: Instant) -> [ProbeDial] {
        defer { probes.removeAll { $0.deadline <= now } }
        return probes.filter { $0.deadline <= now }
    }

    /// When the next probe is late; nil if none is under way.
    var earliestDeadline: Instant? { probes.map(\.deadline).min() }

    // MARK: How many at a time

    /// A root asks outside of its tree.
    ///
    /// - Parameter isAnyAnswering: whether an address is left that has not failed lately.
    /// - Returns: at how many addresses it asks.
    mutating func roundBegan(isAnyAnswering: Bool) -> Int {
        probesAtOnce = isAnyAnswering ? max(1, probesAtOnce) : 0
        return max(1, probesAtOnce)
    }

    /// Nobody answers where a root has asked.
    ///
    /// - Returns: whether it asks the next soon: where many are dead the few that live are found so.
    mutating func outsideFailed(limits: Limits) -> Bool {
        guard probesAtOnce > 0 else { return false }
        probesAtOnce = min(limits.parallelDials, probesAtOnce * 2)
        return true
    }

    /// Somebody has answered.
    mutating func answered() { probesAtOnce = 1 }

    // MARK: Roots of other trees

    /// A root was named that has to be asked. False if it is to be asked already, or if there are too many.
    @discardableResult
    mutating func heard(ofRoot root: Contact, limits: Limits) -> Bool {
        guard foreignRoots.count < limits.foreignRoots,
            !foreignRoots.contains(where: { $0.address == root.address })
        else { return false }
        foreignRoots.append(root)
        return true
    }

    /// The root that is asked before all other addresses; nil for none.
    mutating func takeForeignRoot() -> Contact? { foreignRoots.isEmpty ? nil : foreignRoots.removeFirst() }

    /// All of them, to be asked now.
    mutating func takeForeignRoots() -> [Contact] {
        defer { foreignRoots.removeAll() }
        return foreignRoots
    }

    // MARK: Nodes that can't be in this tree

    /// A node was met that has another order, or another time. True if that is to be told.
    mutating func metMismatched(_ address: Address, limits: Limits) -> Bool {
        guard !mismatched.contains(address), mismatched.count < limits.knownNodes else { return false }
        mismatched.append(address)
        return true
    }

    /// A node was met that may be in this tree.
    mutating func metMatching(_ address: Address) { mismatched.removeAll { $0 == address } }
}

// Who is asked who rules where it stands (docs/protocol.md#merging). A probe is only a question: it takes no lock and
// changes nothing.

extension Node {
    // MARK: Asking outside

    func scheduleProbe() {
        timers[.probe] = now.instant + random.duration(in: limits.probePause)
    }

    /// A root asks one address outside of its tree.
    func probeOutside() {
        guard case .root = topology.standing, !draining.hasBegun, !isApart else { return }
        scheduleProbe()
        giveUpPassing()
        defer { lookForBridge() }
        guard topology.search == nil else { return }
        if let root = topology.probing.takeForeignRoot() { return probe(root, .outside) }
        let outside = contactsOutside()
        // A node that did not answer a moment ago is tried when no other is left. Every other time one of the seeds is
        // tried: by them parts of a network find each other that remember many dead nodes.
        let answering = outside.filter { !topology.deadpool.hasFailed($0, at: now.instant) }
        let seeds = answering.filter { topology.deadpool.isSeed($0) }
        let choice = !seeds.isEmpty && Bool.random(using: &random) ? seeds : answering.isEmpty ? outside : answering
        let count = topology.probing.roundBegan(isAnyAnswering: !answering.isEmpty)
        for contact in choice.shuffled(using: &random).prefix(count) { probe(contact, .outside) }
    }

    /// Who is known, and isn't in this tree as far as is known.
    ///
    /// - Parameter triedElsewhere: with the configured parent that could not be had. It is tried at times of its own,
    ///   but from here alone.
    func contactsOutside(triedElsewhere: Bool = false) -> [Contact] {
        topology.deadpool.candidates(at: now.instant) { contact in
            if !triedElsewhere, joining.unjoined != nil, contact.address == configuration.parent { return true }
            // The node that was heard of last at an address is there now, whatever the former parent said long ago. A
            // seed is known by its address alone, and may be in this tree as well.
            guard let node = topology.deadpool.contact(at: contact.address)?.node ?? contact.node else { return false }
            return links.contains { $0.origin?.node == node } || directory.hasHeard(of: node, since: insideSince)
        }
    }

    /// A node that begins to rule tells the other children of the lost root, so that they need not rule themselves.
    ///
    /// - Parameter dialled: the candidates that it was about to reach. One of them may rule: the former root itself, if
    ///   only a link broke.
    func probeHeirs(and dialled: [Contact]) {
        let others = (topology.deadpool.position?.heirs ?? []) + (topology.deadpool.position?.siblings ?? []) + dialled
        var told: [Address] = [configuration.address]
        for contact in others where !told.contains(contact.address) && told.count <= limits.children {
            told.append(contact.address)
            if !links.contains(where: { $0.contact.address == contact.address }) { probe(contact, .outside) }
        }
    }

    /// A node that announced itself since then is in this tree. That is no longer ago than one announcement may be
    /// late: a node that was started anew by itself, at the address of one that died here, is found by this alone.
    var insideSince: Instant {
        let memory = max(limits.insideMemory, configuration.announceInterval * 3 / 2)
        return before(memory) ?? Instant(nanoseconds: 0)
    }

    /// A root that has come under another one before it had asked all other roots that it was told of asks them now: by
    /// the answers the root above hears of them.
    func askForeignRoots() {
        for root in topology.probing.takeForeignRoots() where root.node != topology.label.root { probe(root, .verify) }
    }

    func probe(_ contact: Contact, _ purpose: ProbeDial.Purpose) {
        guard topology.probing.count < limits.openProbes else { return }
        let attempt = links.newAttempt()
        let deadline = now.instant + limits.connectTimeout
        topology.probing.begin(attempt, to: contact, purpose, until: deadline)
        timers.set(.probeAnswer, noLaterThan: deadline)
        emit(.connect(attempt, contact.address))
    }

    /// True if the attempt was a probe's.
    func probeConnected(_ attempt: AttemptID, _ connection: ConnectionID) -> Bool {
        guard let dial = topology.probing.connected(attempt, connection) else { return false }
        let probe = Probe(
            secret: secret(for: dial.contact), sender: configuration.contact, label: topology.label,
            claim: knownClaim, clock: clockReading)
        send(.probe(probe), to: connection)
        return true
    }

    /// - Parameters:
    ///   - server: what is there instead of a node; nil if nobody is.
    ///   - why: what became of the connection.
    func probeFailed(_ dial: ProbeDial, _ server: ForeignServer? = nil, why: ConnectFailure = .timedOut) {
        noteFailure(of: dial.contact.address, Refusal(reason: nil, info: why.info))
        if case .life = dial.purpose { lifeAnswered(dial, nil) }
        defer { if case .reach(let question) = dial.purpose { triedToReach(for: question) } }
        topology.deadpool.failed(dial.contact.address, at: now.instant)
        if let server { foundForeign(server, at: dial.contact) }
        guard case .outside = dial.purpose, case .root = topology.standing,
            topology.probing.outsideFailed(limits: limits)
        else { return }
        timers.set(.probe, noLaterThan: now.instant + random.duration(in: limits.joinPause))
    }

    func giveUpProbes() {
        for dial in topology.probing.takeLate(at: now.instant) {
            emit(dial.connection.map { .close($0, .now) } ?? .abandon(dial.attempt))
            probeFailed(dial, dial.connection == nil ? nil : .silent)
        }
        if let earliest = topology.probing.earliestDeadline { timers.set(.probeAnswer, noLaterThan: earliest) }
    }

    /// The first two of the deadpool are tried while all is well, and stand back if they don't answer. So is one of the
    /// configured addresses: a node that found its position elsewhere may be the only one here who knows of the tree
    /// there.
    func verifyDeadpool() {
        timers[.verify] = now.instant + random.around(limits.verifyDeadpool)
        topology.deadpool.forgetOld(at: now.instant)
        // A child may not have been able to read what it was told of its position.
        for child in children { child.doubtsPosition() }
        topology.notePositionChange()
        var contacts = Array(topology.deadpool.list.prefix(limits.contactsVerified))
        if parentLink != nil,
            let seed = topology.deadpool.seeds.filter({ !isInside($0) }).randomElement(using: &random),
            !contacts.contains(where: { $0.address == seed.address })
        {
            contacts.append(seed)
        }
        contacts.removeAll { topology.deadpool.foreign.pause(of: $0.address, at: now.instant) != nil }
        for contact in contacts where !links.contains(where: { $0.contact.address == contact.address }) {
            // Tried at times of its own.
            if joining.unjoined != nil, contact.address == configuration.parent { continue }
            probe(contact, .verify)
        }
    }

    /// Whether somebody at this address is known to be in this node's own tree.
    private func isInside(_ contact: Contact) -> Bool {
        if topology.path.contains(where: { $0.address == contact.address }) { return true }
        guard let node = topology.deadpool.contact(at: contact.address)?.node else { return false }
        return directory.hasHeard(of: node, since: insideSince)
    }

    // MARK: Answers

    /// The other side of a probe's connection says something.
    func probeAnswered(_ message: Message, _ dial: ProbeDial) {
        if case .listen = dial.purpose { return heard(message, from: dial) }
        emit(.close(dial.connection!, .now))
        guard case .probed(let answer) = message else {
            let server = ForeignServer(message)
            probeFailed(dial, server)
            if server == nil, case .authenticationFail(let refusal) = message {
                noteFailure(of: dial.contact.address, refusal)
            }
            return
        }
        if case .life = dial.purpose { lifeAnswered(dial, answer) }
        metTwin(answer)
        topology.probing.answered()
        topology.deadpool.foreign.forget(dial.contact.address)
        topology.deadpool.worked(dial.contact.address)
        topology.deadpool.heard(of: answer.sender, at: now.instant)
        if let refusal = reasonToStayApart(from: answer.clock) { noteFailure(of: dial.contact.address, refusal) }
        defer { if case .reach(let question) = dial.purpose { triedToReach(for: question) } }
        if mustStayApart(from: answer) { return }
        if case .reach(let question) = dial.purpose { reached(answer, for: question) }
        if dial.contact.address == configuration.parent { parentAnswered(answer) }
        if let claim = answer.claim { met(claim, from: answer.sender) }
    }
}
