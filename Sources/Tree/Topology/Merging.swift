/// A connection of a node's own that asks who rules where the other side stands.
struct ProbeDial {
    enum Purpose {
        /// A root looks for other trees.
        case outside
        /// The first of the deadpool are tried.
        case verify
        /// What was asked for a place and said nothing may say later what it is.
        case listen
        /// Does another life of a node live there?
        case life
        /// A node that goes on without its configured parent asks there.
        case parent
    }

    let attempt: AttemptID
    let contact: Contact
    let purpose: Purpose
    let deadline: Instant
    var connection: ConnectionID?
}

// How two trees become one (docs/protocol.md#merging).
//
// A probe is only a question: it takes no lock and changes nothing. The root that loses attaches under the one that
// wins, as any newcomer would; one link is added and nothing is taken apart.

extension Node {
    // MARK: Asking outside

    func scheduleProbe() {
        timers[.probe] = now.instant + random.duration(in: limits.probePause)
    }

    /// A root asks one address outside of its tree.
    func probeOutside() {
        guard case .root = topology.standing, !draining.hasBegun, !isApart else { return }
        scheduleProbe()
        guard topology.search == nil else { return }
        if !topology.probing.foreignRoots.isEmpty {
            return probe(topology.probing.foreignRoots.removeFirst(), .outside)
        }
        let outside = topology.deadpool.candidates(at: now.instant) { contact in
            // It is tried at times of its own.
            if joining.unjoined != nil, contact.address == configuration.parent { return true }
            // Who was heard of last at an address is there now, whatever the former parent said long ago. A seed is
            // known by its address alone, and may be in this tree as well.
            guard let node = topology.deadpool.contact(at: contact.address)?.node ?? contact.node else { return false }
            return links.contains { $0.origin?.node == node } || directory.hasHeard(of: node, since: insideSince)
        }
        // Who did not answer a moment ago is tried when nobody else is left. Every other time it is one of the seeds,
        // by which parts find each other that know many who are dead.
        let answering = outside.filter { !topology.deadpool.hasFailed($0, at: now.instant) }
        let seeds = answering.filter { topology.deadpool.isSeed($0) }
        let choice = !seeds.isEmpty && Bool.random(using: &random) ? seeds : answering.isEmpty ? outside : answering
        topology.probing.probesAtOnce = answering.isEmpty ? 0 : max(1, topology.probing.probesAtOnce)
        for contact in choice.shuffled(using: &random).prefix(max(1, topology.probing.probesAtOnce)) {
            probe(contact, .outside)
        }
    }

    /// A node that begins to rule tells the other children of the lost root, so that they need not rule themselves.
    ///
    /// - Parameter dialled: whom it was about to reach: one of them may rule, the former root itself if only a link
    ///   broke.
    func probeHeirs(and dialled: [Contact]) {
        let others = (topology.deadpool.position?.heirs ?? []) + (topology.deadpool.position?.siblings ?? []) + dialled
        var told: [Address] = [configuration.address]
        for contact in others where !told.contains(contact.address) && told.count <= limits.children {
            told.append(contact.address)
            if !links.contains(where: { $0.contact.address == contact.address }) { probe(contact, .outside) }
        }
    }

    /// Who announced itself since then is in this tree. No longer ago than one announcement may be late: who was
    /// started anew by itself, at the address of one that died here, is found by this alone.
    var insideSince: Instant {
        let memory = max(limits.insideMemory, configuration.announceInterval * 3 / 2)
        return before(memory) ?? Instant(nanoseconds: 0)
    }

    /// The next probe asks this root. False if it is to be asked already.
    @discardableResult
    func noteForeignRoot(_ root: Contact) -> Bool {
        guard topology.probing.foreignRoots.count < limits.foreignRoots,
            !topology.probing.foreignRoots.contains(where: { $0.address == root.address })
        else {
            return false
        }
        topology.probing.foreignRoots.append(root)
        return true
    }

    /// A root that has come under another one before it had asked all other roots that it was told of asks them now: by
    /// the answers the root above hears of them.
    func askForeignRoots() {
        for root in topology.probing.foreignRoots where root.node != topology.label.root { probe(root, .verify) }
        topology.probing.foreignRoots.removeAll()
    }

    func probe(_ contact: Contact, _ purpose: ProbeDial.Purpose) {
        guard topology.probing.probes.count < limits.openProbes else { return }
        let attempt = links.newAttempt()
        let deadline = now.instant + limits.connectTimeout
        topology.probing.probes.append(
            ProbeDial(attempt: attempt, contact: contact, purpose: purpose, deadline: deadline))
        timers.set(.probeAnswer, noLaterThan: deadline)
        emit(.connect(attempt, contact.address))
    }

    /// True if the attempt was a probe's.
    func probeConnected(_ attempt: AttemptID, _ connection: ConnectionID) -> Bool {
        guard let index = topology.probing.probes.firstIndex(where: { $0.attempt == attempt }) else { return false }
        topology.probing.probes[index].connection = connection
        let probe = Probe(
            secret: secret(for: topology.probing.probes[index].contact), sender: configuration.contact,
            label: topology.label,
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
        topology.deadpool.failed(dial.contact.address, at: now.instant)
        if let server { foundForeign(server, at: dial.contact) }
        guard case .outside = dial.purpose, case .root = topology.standing, topology.probing.probesAtOnce > 0 else {
            return
        }
        // Where many are dead the few that live are found soon: more are tried at a time, until one answers.
        topology.probing.probesAtOnce = min(limits.parallelDials, topology.probing.probesAtOnce * 2)
        timers.set(.probe, noLaterThan: now.instant + random.duration(in: limits.joinPause))
    }

    func giveUpProbes() {
        for dial in topology.probing.probes where dial.deadline <= now.instant {
            emit(dial.connection.map { .close($0, .now) } ?? .abandon(dial.attempt))
            probeFailed(dial, dial.connection == nil ? nil : .silent)
        }
        topology.probing.probes.removeAll { $0.deadline <= now.instant }
        if let earliest = topology.probing.probes.map(\.deadline).min() {
            timers.set(.probeAnswer, noLaterThan: earliest)
        }
    }

    /// The first two of the deadpool are tried while all is well, and stand back if they don't answer. So is one of the
    /// configured addresses: who found its place elsewhere may be the only one here who knows of the tree there.
    func verifyDeadpool() {
        timers[.verify] = now.instant + random.around(limits.verifyDeadpool)
        topology.deadpool.forgetOld(at: now.instant)
        // A child may not have been able to read what it was told of its place.
        for child in children { child.toldPosition = nil }
        topology.positionChanged = true
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

    func receivedProbed(_ message: Message, _ dial: ProbeDial) {
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
        topology.probing.probesAtOnce = 1
        topology.deadpool.foreign.forget(dial.contact.address)
        topology.deadpool.worked(dial.contact.address)
        topology.deadpool.heard(of: answer.sender, at: now.instant)
        if let refusal = reasonToStayApart(from: answer.clock) { noteFailure(of: dial.contact.address, refusal) }
        if mustStayApart(from: answer) { return }
        if dial.contact.address == configuration.parent { parentAnswered(answer) }
        if let claim = answer.claim { met(claim, from: answer.sender) }
    }

    /// Somebody asks who rules here.
    func answer(_ probe: Probe, on connection: ConnectionID) {
        guard let secret = probe.secret,
            configuration.digest(secret) == configuration.digest(configuration.ownSecret)
        else {
            let refusal = Refusal(reason: .secret, info: "the supplied secret is incorrect")
            noteRefusal(of: probe.sender, refusal)
            send(.authenticationFail(refusal), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        if isApart, probe.sender.node == origin.node {
            // To the one that is in this one's place this one isn't there.
            send(.authenticationFail(refusal(.duplicate, "it stands apart")), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        topology.deadpool.heard(of: probe.sender, at: now.instant)
        topology.deadpool.foreign.forget(probe.sender.address)
        send(
            .probed(
                Probe(
                    secret: nil, sender: configuration.contact, label: topology.label, claim: knownClaim,
                    clock: clockReading)),
            to: connection)
        emit(.close(connection, .afterFlush))
        metTwin(probe)
        if mustStayApart(from: probe) { return }
        if let claim = probe.claim, claim.root.node == probe.sender.node {
            hear(ofRoot: probe.sender, label: probe.label)
        }
        if let claim = probe.claim { met(claim, from: probe.sender) }
    }

    /// Another tree with another order, or another time: it is said once, and the two don't merge.
    private func mustStayApart(from probe: Probe) -> Bool {
        guard let refusal = reasonToStayApart(from: probe.clock) else {
            topology.probing.mismatched.removeAll { $0 == probe.sender.address }
            return false
        }
        if !topology.probing.mismatched.contains(probe.sender.address),
            topology.probing.mismatched.count < limits.knownNodes
        {
            topology.probing.mismatched.append(probe.sender.address)
            report(.mismatch(probe.sender, refusal))
        }
        return true
    }

    /// Nil while this node searches for a root itself.
    private var knownClaim: RootClaim? {
        switch topology.standing {
        case .joining, .orphan: nil
        case .root, .attached: isApart ? nil : treeClaim
        }
    }

    func noteContact(with claim: RootClaim) {
        topology.deadpool.heard(of: claim.root, at: now.instant)
    }

    /// The root of some tree was named. A root compares it with itself; others pass it up.
    ///
    /// - Parameter member: whom the claim came from, in an exchange that showed it this node's own; nil if it came from
    ///   below.
    func met(_ claim: RootClaim, from member: Contact? = nil) {
        let bySelf = member.map { $0.node == claim.root.node } ?? false
        if claim.root.node == origin.node { heardOfTwin(claim.root) }
        guard claim.root.node != nil, claim.root.node != origin.node, !isApart else { return }
        switch topology.standing {
        case .attached(let parent):
            if claim.root.node != topology.label.root { send(.met(claim), to: parent.connection) }
        case .root:
            noteContact(with: claim)
            guard topology.search == nil, !draining.hasBegun else { return }
            if ownClaim < claim {
                report(.mergingUnder(claim.root))
                beginMerging(under: claim.root, by: bySelf ? nil : member)
            } else if !bySelf, noteForeignRoot(claim.root) {
                // The other root loses; it learns of this one by being asked.
                timers.set(.probe, noLaterThan: now.instant + .milliseconds(1))
            }
        case .joining, .orphan: break
        }
    }
}
