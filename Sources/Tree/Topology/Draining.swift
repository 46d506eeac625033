/// How far a node has got with leaving in order.
struct Drain {
    enum Stage {
        /// A root lets its heir rule first, and goes under it. Becomes emptying when it is under it, or when that
        /// fails.
        case handingOver(heir: Contact, triesLeft: Int)
        /// Children and clients are sent on; what was accepted here becomes safe. Ends when nothing is left.
        case emptying
    }

    var stage: Stage
    /// For so long other nodes are waited for: an heir that leaves too, or a child that is stopped, answers nothing.
    let patience: Instant
    /// Then it goes, whatever is left.
    let deadline: Instant
}

// How a node leaves in order (docs/protocol.md#leaving): nobody who depends on it has to find out by a broken link.

/// Whether and how the node leaves in order.
struct Draining {
    var hasBegun = false
    var drain: Drain?
    /// Nothing comes from here any more: the node has left in order.
    var isDone = false
}

extension Node {
    func beginDraining() {
        guard !draining.hasBegun else { return }
        draining.hasBegun = true
        report(.draining)
        let deadline = now.instant + limits.drainPatience
        let patience = now.instant + limits.drainPatience / 5
        timers[.drain] = patience
        if case .root = topology.standing, let heir = children.first {
            draining.drain = Drain(
                stage: .handingOver(heir: heir.contact, triesLeft: limits.handOvers), patience: patience,
                deadline: deadline)
            send(.handOver(term: topology.label.term), to: heir.connection)
        } else {
            if topology.search != nil { endSearch() }
            draining.drain = Drain(stage: .emptying, patience: patience, deadline: deadline)
            sendEverybodyOn()
        }
    }

    /// The root wants this node, its heir, to follow it.
    func takeOver(above term: UInt64, from link: Link) {
        guard link === parentLink, !draining.hasBegun, topology.label.depth == 1 else { return }
        // The label rises once there is no parent any more (rule L5).
        topology.standing = .root
        lose(link, why: .leaving)
        topology.label.term = max(topology.label.term, term)
        promote()
    }

    /// The parent leaves: others to go to were named.
    func parentLeaves(_ link: Link, others: [Contact]) {
        guard link === parentLink else { return }
        topology.deadpool.failed(link.contact.address, at: now.instant)
        topology.deadpool.refer(to: others, at: now.instant)
        lose(link, why: .leaving)
    }

    private func sendEverybodyOn() {
        let others = topology.path + (topology.deadpool.position?.heirs ?? []).filter { $0.node != origin.node }
        for child in children { send(.leaving(others: others), to: child.connection) }
        for connection in sessions.connections { sendOn(connection) }
    }

    /// Tells a client where else to go.
    func sendOn(_ connection: ConnectionID) {
        guard let target = directory.addresses(limit: limits.drainTargets).randomElement(using: &random) else {
            return refuse(connection, info: "this server is leaving, and knows of no other one: try again later")
        }
        send(.redirect(target), to: connection)
        forget(connection, manner: .afterFlush)
    }

    // MARK: Going on

    func continueDraining() {
        guard let drain = draining.drain else { return }
        let isImpatient = now.instant >= drain.patience
        let isLate = now.instant >= drain.deadline
        if timers[.drain] == nil { timers[.drain] = drain.deadline }
        switch drain.stage {
        case .handingOver(let heir, let triesLeft):
            let heirIsBelow = links.contains { $0.origin == heir.origin && $0.role == .child }
            if parentLink != nil || isImpatient || (triesLeft == 0 && topology.search == nil) {
                draining.drain!.stage = .emptying
                sendEverybodyOn()
                continueDraining()
            } else if !heirIsBelow && topology.search == nil {
                draining.drain!.stage = .handingOver(heir: heir, triesLeft: triesLeft - 1)
                beginMerging(under: heir)
            }
        case .emptying:
            guard
                isLate
                    || (replication.queue.count == 0 && ordering.unstamped.isEmpty && (!hasChildren || isImpatient)
                        && sessions.isEmpty)
            else { return }
            draining.drain = nil
            timers[.drain] = nil
            tellLastWatermarks()
            for link in links { lose(link, why: .leaving, manner: .afterFlush) }
            emit(.stop(.drained))
        }
    }
}
