// Labels and who learns of them (docs/protocol.md#labels).

extension Node {
    // MARK: Upward

    /// Only a node without a parent may raise its label (rule L5).
    func raiseLabel(above term: UInt64) {
        precondition(parentLink == nil, "a node with a parent must not raise its label: \(topology.label)")
        topology.label = Label(term: max(term, topology.label.term) + 1, root: origin.node, depth: 0)
        topology.path = []
        topology.positionChanged = true
    }

    /// Nobody could be found: this node rules what is below it.
    func promote() {
        let begins = now.wallMilliseconds
        // Over a long way a dial takes more than a round.
        let dialled = topology.search?.dials.map(\.contact) ?? []
        endSearch()
        raiseLabel(above: topology.label.term)
        topology.standing = .root
        topology.reign = begins
        report(.promoted(term: topology.label.term))
        scheduleProbe()
        probeHeirs(and: dialled)
        admitParked()
    }

    /// A root's reign begins with its first child: an old root that comes back empty must not outrank the one that
    /// was there all the time.
    func beginReignIfFirstChild() {
        guard case .root = topology.standing, topology.reign == nil else { return }
        topology.reign = now.wallMilliseconds
    }

    /// Somebody below could not attach, since labels are too low. A request that comes back to who caused it is
    /// dropped, and one root raises at most once a second (rule L7).
    func raise(above term: UInt64, askedBy asker: Origin) {
        guard asker != origin else { return }
        switch topology.standing {
        case .attached(let parent): send(.raise(term: term, by: asker), to: parent.connection)
        case .root:
            guard topology.search?.asking == nil, topology.label.term <= term else { return }
            if let lastRaise = topology.lastRaise, now.instant - lastRaise < limits.raisePause { return }
            topology.lastRaise = now.instant
            raiseLabel(above: term)
        case .joining, .orphan: break
        }
    }

    // MARK: Downward

    /// What a child is told of its place; nil for whoever is no child.
    func position(for link: Link?) -> TreePosition {
        let isRoot = isWithoutParentByRight
        let eldest = children.prefix(limits.relatives + 1)
        return TreePosition(
            label: topology.label, path: [configuration.contact] + topology.path,
            heirs: isRoot ? eldest.prefix(limits.relatives).map(\.contact) : topology.deadpool.position?.heirs ?? [],
            siblings: eldest.filter { $0 !== link }.prefix(limits.relatives).map(\.contact),
            uncles: isRoot ? [] : topology.deadpool.position?.siblings ?? [], claim: treeClaim)
    }

    /// Rules, or never had a parent: an orphan still passes on who its lost root's heirs are.
    private var isWithoutParentByRight: Bool {
        switch topology.standing {
        case .root, .joining: true
        case .attached, .orphan: false
        }
    }

    /// Tells the children what has changed above or beside them.
    func pushPosition() {
        topology.positionChanged = false
        for link in links where link.role == .child {
            switch link.kind {
            case .node:
                let position = position(for: link)
                guard position != link.toldPosition else { continue }
                link.toldPosition = position
                send(.tree(position), to: link.connection)
            case .original: tellBackup(link)
            case .base: break
            }
        }
    }

    /// The parent says where it stands now.
    func received(_ position: TreePosition, on link: Link) {
        guard case .attached(let parent) = topology.standing, parent === link else { return }
        if position.path.contains(where: { isSame($0, origin) }) {
            report(.foundMyselfAbove(link.contact))
            return lose(link, why: .broken)
        }
        guard position.label.depth < limits.depth else {
            // Below here nodes would stand too deep (rule L8). There is room elsewhere, or a loop that this ends.
            report(.tooDeep(link.contact))
            return lose(link, why: .broken)
        }
        guard take(position.label, from: link) else { return }
        topology.path = position.path
        topology.deadpool.learn(position, at: now.instant)
        topology.positionChanged = true
    }

    /// The parent's label may only raise its child's (rule L4). False if the link had to go.
    func take(_ parentLabel: Label, from link: Link) -> Bool {
        let raised = parentLabel.ofChild
        if raised < topology.label, mutation != .ancestorCheckOnly {
            report(.labelWentBack(link.contact))
            lose(link, why: .broken)
            return false
        }
        if raised != topology.label {
            topology.label = raised
            topology.positionChanged = true
        }
        return true
    }

    // MARK: Claims

    /// What this node would show as a root.
    var ownClaim: RootClaim {
        RootClaim(priority: configuration.priority, reign: topology.reign, root: configuration.contact)
    }

    /// What is known of the root above, or of this node as one.
    var treeClaim: RootClaim {
        if case .attached = topology.standing, let claim = topology.deadpool.position?.claim { return claim }
        return ownClaim
    }
}
