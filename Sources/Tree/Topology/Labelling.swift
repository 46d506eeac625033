// Labels and who learns of them (docs/protocol.md#labels).

extension Node {
    // MARK: Upward

    /// No parent could be found: this node rules what is below it.
    func promote() {
        let begins = now.wallMilliseconds
        // Over a long way a dial takes more than a round.
        let dialled = topology.search?.dials.map(\.contact) ?? []
        endSearch()
        topology.promoted(at: begins)
        report(.promoted(term: topology.label.term))
        scheduleProbe()
        probeHeirs(and: dialled)
        admitParked()
    }

    /// A node below could not attach, since labels are too low. A request that comes back to the node that caused it is
    /// dropped, and one root raises at most once a second (rule L7).
    func raise(above term: UInt64, askedBy asker: Origin) {
        guard asker != origin else { return }
        switch topology.standing {
        case .attached(let parent): send(.raise(term: term, by: asker), to: parent.connection)
        case .root:
            guard topology.search?.asking == nil, !isPassingReign else { return }
            topology.raiseLabelForOthers(
                above: topology.step(toward: term, limits: limits), at: now.instant, limits: limits)
        case .joining, .orphan: break
        }
    }

    // MARK: Downward

    /// What a child is told of its position; nil for a link to somebody else.
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

    /// The parent says where it stands now.
    func parentMoved(to position: TreePosition, on link: Link) {
        guard case .attached(let parent) = topology.standing, parent === link else { return }
        let fault = topology.parentMoved(to: position, at: now.instant, limits: limits, mutation: mutation)
        if let fault { leave(parent, for: fault) }
    }

    /// The parent shows its label in a heartbeat.
    func parentShowed(_ label: Label, on parent: Link) {
        if let fault = topology.parentShowed(label, mutation: mutation) { leave(parent, for: fault) }
    }

    /// There is room under another parent, or a loop that this ends.
    private func leave(_ parent: Link, for fault: Topology.ParentFault) {
        switch fault {
        case .loop: report(.foundMyselfAbove(parent.contact))
        case .tooDeep: report(.tooDeep(parent.contact))
        case .labelWentBack: report(.labelWentBack(parent.contact))
        }
        lose(parent, why: .broken)
    }

    // MARK: Claims

    /// What this node would show as a root.
    var ownClaim: RootClaim {
        RootClaim(
            priority: topology.passedPriority ?? configuration.priority, reign: topology.reign,
            root: configuration.contact)
    }

    /// What is known of the root above, or of this node as one.
    var treeClaim: RootClaim {
        if case .attached = topology.standing, let claim = topology.deadpool.position?.claim { return claim }
        return ownClaim
    }
}
