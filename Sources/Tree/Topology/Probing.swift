/// A connection attempt that carries a probe, or a connection that is listened to.
struct ProbeDial {
    enum Purpose {
        /// A root searches for other trees.
        case outside
        /// The first contacts of the deadpool are tried.
        case verify
        /// A candidate that was asked to take this node and said nothing may later show what it is.
        case listen
        /// Asks whether another life of a node lives there.
        case life
        /// An unjoined node tries its configured parent.
        case parent
        /// A root has asked which nodes reach another tree.
        case reach(QuestionID)
    }

    let attempt: AttemptID
    let contact: Contact
    let purpose: Purpose
    let deadline: Instant
    /// Nil until the connection stands.
    fileprivate(set) var connection: ConnectionID?
}

/// Tracks the probes under way. Decides which roots of other trees are probed next, and how many addresses a root
/// probes at a time.
struct Probing {
    /// The probes under way.
    private var probes: [ProbeDial] = []
    /// Roots of other trees that this node was told of and has not probed yet.
    private var foreignRoots: [Contact] = []
    /// Addresses of nodes that can't be in this tree, which were reported.
    private var mismatched: [Address] = []
    /// Grows while probes fail, and is 0 once all addresses have failed.
    private var probesAtOnce = 1

    /// How many probes are under way.
    var count: Int { probes.count }

    // MARK: Probes under way

    /// Begins a probe.
    mutating func begin(
        _ attempt: AttemptID, to contact: Contact, _ purpose: ProbeDial.Purpose, until deadline: Instant
    ) {
        probes.append(ProbeDial(attempt: attempt, contact: contact, purpose: purpose, deadline: deadline))
    }

    /// A candidate that was asked to take this node has said nothing: its connection is listened to.
    mutating func listen(
        on connection: ConnectionID, of attempt: AttemptID, to contact: Contact, until deadline: Instant
    ) {
        probes.append(
            ProbeDial(
                attempt: attempt, contact: contact, purpose: .listen, deadline: deadline, connection: connection))
    }

    /// The connection of a probe stands. Nil if the attempt is no probe's.
    mutating func connected(_ attempt: AttemptID, _ connection: ConnectionID) -> ProbeDial? {
        guard let index = probes.firstIndex(where: { $0.attempt == attempt }) else { return nil }
        probes[index].connection = connection
        return probes[index]
    }

    /// The connection of a probe could not be made: the probe has ended. Nil if the attempt is no probe's.
    mutating func connectFailed(_ attempt: AttemptID) -> ProbeDial? {
        probes.firstIndex { $0.attempt == attempt }.map { probes.remove(at: $0) }
    }

    /// A probe's answer has come, or its connection is lost: the probe has ended. Nil if the connection is no probe's.
    mutating func ended(on connection: ConnectionID) -> ProbeDial? {
        probes.firstIndex { $0.connection == connection }.map { probes.remove(at: $0) }
    }

    /// Whether a `ReachQuestion` waits for further probes.
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

    /// A root begins to probe addresses outside of its tree.
    ///
    /// - Parameter isAnyAnswering: whether an address is left that has not failed lately.
    /// - Returns: how many addresses it probes at once.
    mutating func roundBegan(isAnyAnswering: Bool) -> Int {
        probesAtOnce = isAnyAnswering ? max(1, probesAtOnce) : 0
        return max(1, probesAtOnce)
    }

    /// An address that a root has probed doesn't answer.
    ///
    /// - Returns: whether the next probe follows soon: among many dead nodes, the few live ones are found this way.
    mutating func outsideFailed(limits: Limits) -> Bool {
        guard probesAtOnce > 0 else { return false }
        probesAtOnce = min(limits.parallelDials, probesAtOnce * 2)
        return true
    }

    /// A node has answered.
    mutating func answered() { probesAtOnce = 1 }

    // MARK: Roots of other trees

    /// A root was named that has to be probed.
    ///
    /// - Returns: false if it waits for its probe already, or there are too many.
    @discardableResult
    mutating func heard(ofRoot root: Contact, limits: Limits) -> Bool {
        guard foreignRoots.count < limits.foreignRoots,
            !foreignRoots.contains(where: { $0.address == root.address })
        else { return false }
        foreignRoots.append(root)
        return true
    }

    /// Takes the root that is probed before all other addresses; nil for none.
    mutating func takeForeignRoot() -> Contact? { foreignRoots.isEmpty ? nil : foreignRoots.removeFirst() }

    /// Takes all of them, to be probed now.
    mutating func takeForeignRoots() -> [Contact] {
        defer { foreignRoots.removeAll() }
        return foreignRoots
    }

    // MARK: Nodes that can't be in this tree

    /// A node was met that has another order or time.
    ///
    /// - Returns: whether that is to be reported.
    mutating func metMismatched(_ address: Address, limits: Limits) -> Bool {
        guard !mismatched.contains(address), mismatched.count < limits.knownNodes else { return false }
        mismatched.append(address)
        return true
    }

    /// A node was met that may be in this tree.
    mutating func metMatching(_ address: Address) { mismatched.removeAll { $0 == address } }
}

// Which addresses are probed (docs/protocol.md#merging). A probe is only a question: it takes no lock and changes
// nothing.

extension Node {
    // MARK: Asking outside

    func scheduleProbe() {
        timers[.probe] = now.instant + random.duration(in: limits.probePause)
    }

    /// A root probes addresses outside of its tree: usually one, more while they fail.
    func probeOutside() {
        guard case .root = topology.standing, !draining.hasBegun, !isApart else { return }
        scheduleProbe()
        giveUpPassing()
        defer { lookForBridge() }
        guard topology.search == nil else { return }
        if let root = topology.probing.takeForeignRoot() { return probe(root, .outside) }
        let outside = contactsOutside()
        // Addresses that failed lately are tried when no other is left. About every other time one of the seeds is
        // tried: so parts of a network that remember many dead nodes find each other.
        let answering = outside.filter { !topology.deadpool.hasFailed($0, at: now.instant) }
        let seeds = answering.filter { topology.deadpool.isSeed($0) }
        let choice = !seeds.isEmpty && Bool.random(using: &random) ? seeds : answering.isEmpty ? outside : answering
        let count = topology.probing.roundBegan(isAnyAnswering: !answering.isEmpty)
        for contact in choice.shuffled(using: &random).prefix(count) { probe(contact, .outside) }
    }

    /// Known contacts that aren't in this tree, as far as this node knows.
    ///
    /// - Parameter triedElsewhere: whether to include the configured parent of an unjoined node. That address is tried
    ///   at times of its own, but only by this node.
    func contactsOutside(triedElsewhere: Bool = false) -> [Contact] {
        topology.deadpool.candidates(at: now.instant) { contact in
            if !triedElsewhere, joining.unjoined != nil, contact.address == configuration.parent { return true }
            // The node that was heard of last at an address is there now, whatever a former parent said long ago. A
            // seed is known only by its address, and may be in this tree.
            guard let node = topology.deadpool.contact(at: contact.address)?.node ?? contact.node else { return false }
            return links.contains { $0.origin?.node == node } || directory.hasHeard(of: node, since: insideSince)
        }
    }

    /// A node that begins to rule tells the other children of the lost root, so that they don't begin to rule
    /// themselves.
    ///
    /// - Parameter dialled: candidates whose connection attempts were under way. One of them may rule: the former root
    ///   itself, if only a link broke.
    func probeHeirs(and dialled: [Contact]) {
        let others = (topology.deadpool.position?.heirs ?? []) + (topology.deadpool.position?.siblings ?? []) + dialled
        var told: [Address] = [configuration.address]
        for contact in others where !told.contains(contact.address) && told.count <= limits.children {
            told.append(contact.address)
            if !links.contains(where: { $0.contact.address == contact.address }) { probe(contact, .outside) }
        }
    }

    /// A node that announced itself after this instant counts as being in this tree. The span is no longer than an
    /// announcement may be late. With a longer one, a node that was restarted as a root, at the address of one that
    /// died here, would not be found.
    var insideSince: Instant {
        let memory = max(Limits.insideMemory, configuration.announceInterval * 3 / 2)
        return before(memory) ?? Instant(nanoseconds: 0)
    }

    /// A root that attached to another one before it had probed all roots that it was told of probes them now. The root
    /// above hears of them by the answers.
    func askForeignRoots() {
        for root in topology.probing.takeForeignRoots() where root.node != topology.label.root { probe(root, .verify) }
    }

    func probe(_ contact: Contact, _ purpose: ProbeDial.Purpose) {
        guard topology.probing.count < limits.openProbes else { return }
        let attempt = links.newAttempt()
        let deadline = now.instant + limits.connectTimeout
        topology.probing.begin(attempt, to: contact, purpose, until: deadline)
        timers.set(.probeAnswer, noLaterThan: deadline)
        emit(.connect(attempt, contact.address, proving: secret(for: contact)))
    }

    /// The connection of an attempt stands: sends the probe.
    ///
    /// - Returns: false if the attempt is no probe's.
    func probeConnected(_ attempt: AttemptID, _ connection: ConnectionID) -> Bool {
        guard let dial = topology.probing.connected(attempt, connection) else { return false }
        let secret = secret(for: dial.contact)
        secrets.show(secret, on: connection)
        let probe = Probe(
            secret: secret, sender: ownContact, label: topology.label,
            claim: knownClaim, clock: clockReading)
        send(.probe(probe), to: connection)
        return true
    }

    /// - Parameters:
    ///   - server: the server that answers there instead of a node; nil for none.
    ///   - why: why the connection could not be made.
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

    /// Tries the first contacts of the deadpool while all is well; those that don't answer move back. One of the
    /// configured addresses is tried too: a node that found its position elsewhere may be the only one here that knows
    /// of the tree there.
    func verifyDeadpool() {
        timers[.verify] = now.instant + random.around(limits.verifyDeadpool)
        topology.deadpool.forgetOld(at: now.instant)
        // A child may not have been able to read its position.
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
            // The configured parent of an unjoined node is tried at times of its own.
            if joining.unjoined != nil, contact.address == configuration.parent { continue }
            probe(contact, .verify)
        }
    }

    /// Whether the node at an address is known to be in this node's tree.
    private func isInside(_ contact: Contact) -> Bool {
        if topology.path.contains(where: { $0.address == contact.address }) { return true }
        guard let node = topology.deadpool.contact(at: contact.address)?.node else { return false }
        return directory.hasHeard(of: node, since: insideSince)
    }

    // MARK: Answers

    /// The other side of a probe's connection sends a message.
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
        if answer.sender.origin == origin { topology.deadpool.ledHere(dial.contact.address) }
        metTwin(answer)
        topology.probing.answered()
        topology.deadpool.foreign.forget(dial.contact.address)
        topology.deadpool.worked(dial.contact.address)
        topology.deadpool.heard(of: answer.sender, at: now.instant)
        if let refusal = reasonToStayApart(from: answer.clock) { noteFailure(of: dial.contact.address, refusal) }
        defer { if case .reach(let question) = dial.purpose { triedToReach(for: question) } }
        if mustStayApart(from: answer) { return }
        if case .reach(let question) = dial.purpose { reached(answer, at: dial.contact.address, for: question) }
        if dial.contact.address == configuration.parent { parentAnswered(answer) }
        if let claim = answer.claim { met(claim, from: answer.sender) }
    }
}
