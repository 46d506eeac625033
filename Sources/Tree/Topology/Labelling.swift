// Labels and positions, and how nodes tell them to each other (docs/protocol.md#labels).

extension Node {
    // MARK: Upward

    /// No parent was found: this node rules the nodes below it.
    func promote() {
        let begins = now.wallMilliseconds
        // Over a long distance a connection attempt takes longer than a round.
        let dialled = topology.search?.dials.map(\.contact) ?? []
        endSearch()
        topology.promoted(at: begins)
        report(.promoted(term: topology.label.term))
        scheduleProbe()
        probeHeirs(and: dialled)
        admitParked()
    }

    /// A node below could not attach, because labels are too low. A request that comes back to the node that caused it
    /// is dropped, and a root raises its label for others at most once in `Limits.raisePause` (rule L7).
    func raise(above term: UInt64, askedBy asker: Origin) {
        guard asker != origin else { return }
        switch topology.standing {
        case .attached(let parent): send(.raise(term: term, by: asker), to: parent.connection)
        case .root:
            guard topology.search?.asking == nil, !isPassingReign else { return }
            topology.raiseLabelForOthers(
                above: step(toward: term), at: now.instant, limits: limits)
        case .joining, .orphan: break
        }
    }

    // MARK: Downward

    /// The position that a child is told.
    ///
    /// - Parameter link: the link to the child; nil for a position without a child.
    func position(for link: Link?) -> TreePosition {
        let isRoot = isWithoutParentByRight
        let eldest = children.prefix(limits.relatives + 1)
        return TreePosition(
            label: topology.label, path: [ownContact] + topology.path,
            heirs: isRoot ? eldest.prefix(limits.relatives).map(\.contact) : topology.deadpool.position?.heirs ?? [],
            siblings: eldest.filter { $0 !== link }.prefix(limits.relatives).map(\.contact),
            uncles: isRoot ? [] : topology.deadpool.position?.siblings ?? [], claim: treeClaim)
    }

    /// Whether this node rules or never had a parent. An orphan doesn't count: it still passes on the heirs of its lost
    /// root.
    private var isWithoutParentByRight: Bool {
        switch topology.standing {
        case .root, .joining: true
        case .attached, .orphan: false
        }
    }

    /// Tells the children their positions, if these have changed.
    func pushPosition() {
        topology.positionTold()
        for link in links where link.role == .child {
            switch link.kind {
            case .node:
                let position = position(for: link)
                guard link.tells(position: position) else { continue }
                send(.tree(position), to: link.connection)
            case .original: tellBackup(link)
            case .base: break
            }
        }
    }

    /// The parent tells its new position.
    func parentMoved(to position: TreePosition, on link: Link) {
        guard case .attached(let parent) = topology.standing, parent === link else { return }
        let fault = topology.parentMoved(to: position, at: now.instant, limits: limits, mutation: mutation)
        if let fault { leave(parent, for: fault) }
    }

    /// The parent shows its label in a heartbeat.
    func parentShowed(_ label: Label, on parent: Link) {
        if let fault = topology.parentShowed(label, mutation: mutation) { leave(parent, for: fault) }
    }

    /// Leaves a parent. The node finds another one, and a loop, if there was one, ends.
    private func leave(_ parent: Link, for fault: Topology.ParentFault) {
        switch fault {
        case .loop: report(.foundMyselfAbove(parent.contact))
        case .tooDeep: report(.tooDeep(parent.contact))
        case .labelWentBack: report(.labelWentBack(parent.contact))
        }
        lose(parent, why: .broken)
    }

    // MARK: Claims

    /// The claim that this node has as a root.
    var ownClaim: RootClaim {
        RootClaim(
            priority: topology.passedPriority ?? configuration.priority, reign: topology.reign,
            root: ownContact)
    }

    /// The claim of this tree's root, as far as this node knows.
    var treeClaim: RootClaim {
        if case .attached = topology.standing, let claim = topology.deadpool.position?.claim { return claim }
        return ownClaim
    }
}
