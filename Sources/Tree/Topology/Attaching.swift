// How a server becomes another one's child (docs/protocol.md#attaching).
//
// The asker shows its label. The asked node takes it only if the rules L1, L2, L6 and L8 allow it, and counts it as its
// child from the moment it answers (L3). The asker then checks the rules again with the label in the answer. Each side
// compares labels at the moment it acts, which makes cycles impossible with any delay in between.

extension Node {
    // MARK: Being asked

    /// A server wants to attach here.
    func consider(_ request: Authenticate, on connection: ConnectionID) {
        if case .node(let newcomer) = request.kind, let refusal = refusal(ofUnprotectedLink: connection) {
            noteRefusal(of: newcomer.contact, refusal)
            return refuseChild(connection, refusal)
        }
        if var refusal = refusal(ofNodeSecret: request.secret, on: connection) {
            // The base protocol prescribes this text.
            if refusal == .wrongSecret { refusal.info += ": \(request.secret.text)" }
            noteRefusal(of: request, refusal)
            return refuseChild(connection, refusal)
        }
        switch request.kind {
        case .base, .original: considerBaseServer(request.kind, on: connection)
        case .node(let newcomer): consider(newcomer, on: connection)
        }
    }

    private func consider(_ newcomer: Newcomer, on connection: ConnectionID) {
        topology.deadpool.heard(of: newcomer.contact, at: now.instant)
        topology.deadpool.foreign.forget(newcomer.contact.address)
        if let refusal = reasonToRefuse(newcomer) {
            noteRefusal(of: newcomer.contact, refusal)
            return refuseChild(connection, refusal)
        }
        guard leftOut(of: newcomer.stored) != nil else {
            return refuseChild(connection, refusal(.vector, "not all that is left out of the vector is known here"))
        }
        if newcomer.claim != nil { noteContact(with: newcomer.claim!) }
        let rank = links.firstIndex { $0.origin == newcomer.origin && $0.role == .child }
        let older = links.filter { $0.origin?.node == newcomer.origin.node }
        let link = open(
            connection, role: .child, origin: newcomer.origin, attempt: newcomer.attempt, contact: newcomer.contact,
            size: newcomer.size, versions: newcomer.versions)
        if let rank, rank < links.count - 1 {
            // A replacing link of the same life keeps its rank among the heirs.
            links.moveLast(to: rank)
        }
        for old in older { lose(old, why: .replaced) }
        beginPromises(on: link, isFresh: newcomer.isFirstJoining, newcomer.clock, stored: newcomer.stored)
        topology.tookChild(at: now.wallMilliseconds)
        // A node that names every origin may not know which origins the peer can omit.
        let acceptance = acceptance(for: link, isWhole: newcomer.stored.leftOut == 0)
        link.tells(position: acceptance.member?.position)
        send(.authenticationSuccess(acceptance), to: connection)
        synchronise(link, stored: newcomer.stored, safe: newcomer.safe, told: log.marks)
        report(.tookChild(newcomer.contact))
        notePlainness(of: link)
        if mutation == .teardownByNode, !older.isEmpty {
            links.forget(newcomer.origin.node, and: connection)
        }
    }

    /// Why a newcomer is refused; nil if it can be taken. Permanent reasons are checked before those that may pass.
    private func reasonToRefuse(_ newcomer: Newcomer) -> Refusal? {
        if let refusal = reasonNotToSpeak(with: newcomer.versions) { return refusal }
        if let refusal = reasonToRefuseAsTwin(newcomer) { return refusal }
        if let refusal = reasonToLeaveAlone(newcomer.origin) { return refusal }
        if isApart { return refusal(.busy, "another process with this node's identity lives: this one stands apart") }
        if let known = links.first(where: { $0.origin == newcomer.origin }), newcomer.attempt < known.attempt {
            return refusal(.busy, "a newer link of this node stands")
        }
        if let refusal = reasonToStayApart(from: newcomer.clock) { return refusal }
        if topology.path.contains(where: { isSame($0, newcomer.origin) }) {
            return refusal(.loop, "the asker is above this node")
        }
        if draining.hasBegun { return refusal(.draining, "it is leaving") }
        if case .joining = topology.standing { return refusal(.busy, "it has not found its own place yet") }
        if isWaitingFor(elder: newcomer.origin.node) {
            return refusal(.busy, "the root is lost, and the asker is the one to follow it")
        }
        if topology.search?.asking?.isLocked == true, mutation != .childlessWithoutLock {
            return refusal(.busy, "it is attaching itself")
        }
        let isNew = !children.contains { $0.origin?.node == newcomer.origin.node }
        let room = limits.children + (newcomer.hasNoOtherWay ? limits.childrenInNeed : 0)
        if (isNew && children.count >= room) || topology.label.depth + 1 > limits.depth {
            return refusal(.full, "it has as many children as it takes", others: roomierChildren())
        }
        if newcomer.isChildless || topology.label > newcomer.label || mutation == .ancestorCheckOnly { return nil }
        return reasonToRefuseAsLow(newcomer)
    }

    /// Nodes that may have room for a newcomer when this one has none: the children with the smallest branches. Their
    /// order is random, so that newcomers that come at once don't all go to the same child.
    private func roomierChildren() -> [Contact] {
        let bySize = children.enumerated().sorted { ($0.element.size, $0.offset) < ($1.element.size, $1.offset) }
        return bySize.prefix(limits.relatives).map(\.element.contact).shuffled(using: &random)
    }

    /// Why an asker that has children is refused if this node's label isn't greater than the asker's; nil if the label
    /// could be raised. A root can raise its label; any other node asks its root to do so.
    private func reasonToRefuseAsLow(_ newcomer: Newcomer) -> Refusal? {
        switch topology.standing {
        case .root:
            if topology.search?.asking != nil { return refusal(.busy, "it is attaching itself") }
            if isPassingReign { return refusal(.busy, "it is passing its reign to another node") }
            topology.raiseLabel(above: step(toward: newcomer.label.term))
            if topology.label > newcomer.label { return nil }
        case .attached(let parent):
            send(.raise(term: newcomer.label.term, by: newcomer.origin), to: parent.connection)
        case .orphan, .joining:
            break
        }
        return refusal(.low, "its label is not above the asker's")
    }

    func refusal(_ reason: Refusal.Reason, _ info: String, others: [Contact] = []) -> Refusal {
        var contacts = others
        // Every refused node is told at least the root.
        if let root = topology.path.last { contacts.append(root) }
        return Refusal(reason: reason, info: info, others: contacts)
    }

    /// Why no link can stand between this node and another one; nil if they have a version in common.
    private func reasonNotToSpeak(with versions: WireVersions) -> Refusal? {
        guard !configuration.versions.haveOneInCommon(with: versions) else { return nil }
        let (own, other) = (configuration.versions, versions)
        return refusal(
            .version,
            "one node speaks version \(own) of the protocol between nodes, the other one version \(other): "
                + "upgrade the node that speaks version \(min(own.newest, other.newest))")
    }

    private func refuseChild(_ connection: ConnectionID, _ refusal: Refusal) {
        send(.authenticationFail(refusal), to: connection)
        emit(.close(connection, .afterFlush))
    }

    func acceptance(for link: Link, isWhole: Bool = false) -> Acceptance {
        var acceptance = Acceptance(backup: backup(for: link), isRoot: parentLink == nil, member: nil)
        if link.isNode {
            let vectors = vectors(isWhole: isWhole)
            acceptance.member = Acceptance.Member(
                origin: origin, position: position(for: link), size: branchSize(for: link), clock: clockReading,
                stored: vectors.stored, safe: vectors.safe, versions: configuration.versions)
        }
        return acceptance
    }

    /// The server to which a server of the original system goes when this node is lost: this node's parent, or a root's
    /// first child. Without any it is the eldest server of the original system. That one itself gets none, or the two
    /// would go to each other.
    private func backup(for link: Link) -> Contact? {
        if let node = parentLink ?? children.first {
            var contact = node.contact
            contact.secret = secret(for: contact)
            return contact
        }
        let eldest = links.first { $0.kind == .original && $0.contact.address.port != 0 }
        return eldest === link || link.kind != .original ? nil : eldest?.contact
    }

    // MARK: Asking

    /// Asks a candidate whose connection stands to take this node.
    func ask(_ dial: Search.Dial, on connection: ConnectionID, in search: Search) {
        let isChildless = !hasChildren
        let asking = search.asked(
            dial, on: connection, isLocked: isChildless, told: log.marks, at: now.instant, limits: limits)
        timers.set(.attempt, noLaterThan: asking.deadline)
        emit(.prefer(connection))
        let secret = secret(for: dial.contact)
        secrets.show(secret, on: connection)
        let vectors = vectors(isWhole: search.namesAll(to: dial.contact.address))
        let newcomer = Newcomer(
            contact: ownContact, origin: origin, attempt: dial.attempt, label: topology.label,
            isChildless: isChildless, claim: search.isMerging ? ownClaim : nil,
            size: UInt32(min(componentSize, Int(limits.nodes))), clock: clockReading, stored: vectors.stored,
            safe: vectors.safe, hasNoOtherWay: hasNoOtherWay(than: dial.contact, in: search),
            versions: configuration.versions)
        send(
            .authenticate(Authenticate(secret: secret, kind: .node(newcomer))), to: connection)
    }

    /// The candidate that was asked sends a message.
    func candidateAnswered(_ message: Message) {
        guard let search = topology.search, let asking = search.asking else { return }
        if let server = ForeignServer(message) { return receivedForeign(server, on: asking.connection) }
        topology.deadpool.foreign.forget(asking.contact.address)
        switch message {
        case .authenticationSuccess(let acceptance):
            attach(acceptance, to: asking, in: search)
        case .authenticationFail(let refusal):
            emit(.close(asking.connection, .now))
            search.questionEnded()
            candidateRefused(refusal, by: asking.contact, in: search)
        case .serverAnnounce:
            break
        default:
            emit(.close(asking.connection, .now))
            search.questionEnded()
            let refusal = Refusal(reason: nil, info: "it answers what was not asked")
            candidateRefused(refusal, by: asking.contact, in: search)
        }
    }

    /// Whether this node may attach: checks the rules again with the label in the answer (L1 and L2), and, as a second
    /// line of defence, depth and path.
    private func mayAttach(_ member: Acceptance.Member, to asking: Search.Asking) -> Bool {
        let isAbove = member.position.label > topology.label || mutation == .ancestorCheckOnly
        let isStillChildless = asking.isLocked && (!hasChildren || mutation == .childlessWithoutLock)
        return (isAbove || isStillChildless) && member.origin.node != origin.node
            && member.position.label.depth < limits.depth
            && !member.position.path.contains { isSame($0, origin) }
    }

    /// Whether a node on a path is this life of a node (rule L8).
    func isSame(_ contact: Contact, _ origin: Origin) -> Bool {
        Topology.isSame(contact, origin, mutation: mutation)
    }

    private func attach(_ acceptance: Acceptance, to asking: Search.Asking, in search: Search) {
        search.questionEnded()
        guard let member = acceptance.member, mayAttach(member, to: asking) else {
            emit(.close(asking.connection, .now))
            topology.deadpool.failed(asking.contact.address, at: now.instant)
            return advanceSearch()
        }
        if let refusal = reasonNotToSpeak(with: member.versions) ?? reasonToStayApart(from: member.clock) {
            emit(.close(asking.connection, .now))
            return candidateRefused(refusal, by: asking.contact, in: search)
        }
        guard leftOut(of: member.stored) != nil else {
            // The candidate takes this node, but this node can't infer what the candidate's vector leaves out: it asks
            // again, with every origin named.
            emit(.close(asking.connection, .now))
            search.askAgainNamingAll(asking.contact, at: now.instant)
            return advanceSearch()
        }
        if case .joining = topology.standing { ordering.giveUpRequestedStamps() }
        endSearch()
        let position = member.position
        for old in links where old.origin?.node == member.origin.node { lose(old, why: .replaced) }
        let contact = position.path.first ?? asking.contact
        let link = open(
            asking.connection, role: .parent, origin: member.origin, attempt: asking.attempt, contact: contact,
            size: member.size, versions: member.versions)
        topology.attached(to: link, at: position)
        timers[.probe] = nil
        endUnjoined()
        topology.deadpool.worked(asking.contact.address)
        topology.deadpool.learn(position, at: now.instant)
        timers.set(.verify, noLaterThan: now.instant + random.duration(in: limits.probePause))
        synchronise(link, stored: member.stored, safe: member.safe, told: asking.told)
        beginPromises(on: link, isFresh: false, member.clock, stored: member.stored)
        askForeignRoots()
        report(.joined(contact))
        notePlainness(of: link)
    }

    // MARK: Links

    /// Adds a link to a node.
    func open(
        _ connection: ConnectionID, role: Link.Role, origin: Origin, attempt: AttemptID, contact: Contact, size: UInt32,
        versions: WireVersions
    ) -> Link {
        add(
            Link(
                connection: connection, serial: links.newSerial(), role: role, kind: .node(origin), attempt: attempt,
                contact: contact, size: min(size, limits.nodes),
                versions: versions, at: now.instant, limits: limits))
    }

    @discardableResult
    func add(_ link: Link) -> Link {
        links.add(link)
        forgetStranger(link.connection)
        emit(.prefer(link.connection))
        if link.isNode {
            failureDetection.linkOpened()
            timers[.alone] = nil
            timers.set(.silence, noLaterThan: now.instant + limits.silence)
        }
        return link
    }

    /// Takes a link down. It is identified by its connection, never by the node behind it (rule L6).
    func lose(_ link: Link, why: LossReason, manner: CloseManner = .now) {
        guard links.remove(link) else { return }
        emit(.close(link.connection, manner))
        log.forgetHops(arrival: link.serial)
        if topology.passingLock.ended(on: link.connection) != nil {
            topology.bridging.passingFailed(at: now.instant)
        }
        holdFor(lost: link, why: why)
        if mutation != .pruneWithoutDeparted { mindDeparted(link) }
        abandonQuestions(on: link)
        withdraw(knownBy: link)
        topology.notePositionChange()
        let isNews = draining.isNews(why, isChild: link.role == .child)
        guard link.isNode else {
            if isNews { reportLoss(ofBaseServer: link, why: why) }
            return
        }
        if why == .closed || why == .silent { topology.deadpool.failed(link.contact.address, at: now.instant) }
        if why == .closed { noteClosed(link) }
        if nodeLinks.isEmpty && !draining.hasBegun {
            failureDetection.lastLinkLost()
            timers[.alone] = now.instant + limits.aloneGrace
        }
        switch link.role {
        case .child: if isNews { report(.childLost(link.contact, why: why)) }
        case .parent:
            if isNews { report(.parentLost(link.contact, why: why)) }
            if case .attached(let parent) = topology.standing, parent === link {
                beginHealing(without: why == .silent ? link.contact.address : nil)
            }
        }
    }
}
