/// Decides how far a draining node has got, and what it does next.
struct Draining {
    enum Stage {
        /// A root hands over to its heir, and attaches below it. Becomes emptying when it has attached, or failed to.
        case handingOver(heir: Contact, triesLeft: Int)
        /// Children and clients are sent to other nodes, and the node's own entries become safe. Ends when nothing is
        /// left.
        case emptying
    }

    /// The stage under way, and its deadlines.
    private struct Progress {
        var stage: Stage
        /// How long the node waits for other nodes: an heir that leaves too, or a child that is stopped, doesn't
        /// answer.
        let patience: Instant
        /// When the node ends in any case.
        let deadline: Instant
    }

    /// The conditions for the next step.
    struct Situation {
        var hasParent = false
        var isSearching = false
        /// Whether the heir to which the root hands over is still below it.
        var isHeirBelow = false
        var hasChildren = false
        var hasClients = false
        /// Whether messages that were accepted here are not safe yet.
        var hasQueued = false
    }

    enum Step: Equatable {
        /// Tell children and clients where to go.
        case sendEverybodyOn
        /// Attach to the heir.
        case goUnder(heir: Contact)
        /// Close all links and stop.
        case leave
    }

    /// Set for good once the node drains: from then on it takes no child and no client.
    private(set) var hasBegun = false
    /// Whether this node sends no more entries: it has drained.
    private(set) var isDone = false
    private var progress: Progress?
    /// Clients that are to go to other nodes, as an operator wants. The node itself may stay.
    var moves = ClientMoves()

    /// When the node ends in any case; nil while it doesn't drain.
    var deadline: Instant? { progress?.deadline }

    /// The heir to which a draining root hands over; nil in every other stage.
    var heir: Contact? {
        if case .handingOver(let heir, _)? = progress?.stage { heir } else { nil }
    }

    /// Whether children and clients are being sent to other nodes.
    var isEmptying: Bool {
        if case .emptying? = progress?.stage { true } else { false }
    }

    /// Whether an operator has to hear of the end of a link. A node that leaves closes its links itself, and its
    /// children close theirs since it has sent them on: it has said that it leaves, and none of that is a fault.
    func isNews(_ why: LossReason, isChild: Bool) -> Bool {
        guard hasBegun else { return true }
        return progress != nil && !(isChild && why == .closed)
    }

    /// Begins to drain.
    ///
    /// - Parameter heir: the node that rules after this one; nil if this is no root, or has no child.
    /// - Returns: until when the node waits for other nodes.
    mutating func begin(heir: Contact?, at now: Instant, limits: Limits) -> Instant {
        hasBegun = true
        let patience = now + limits.drainPatience / 5
        progress = Progress(
            stage: heir.map { .handingOver(heir: $0, triesLeft: limits.handOvers) } ?? .emptying,
            patience: patience, deadline: now + limits.drainPatience)
        return patience
    }

    /// The next step; nil for none now. After `sendEverybodyOn` another may be due at once.
    mutating func next(_ situation: Situation, at now: Instant) -> Step? {
        guard let drain = progress else { return nil }
        let isImpatient = now >= drain.patience
        switch drain.stage {
        case .handingOver(let heir, let triesLeft):
            if situation.hasParent || isImpatient || (triesLeft == 0 && !situation.isSearching) {
                progress?.stage = .emptying
                return .sendEverybodyOn
            }
            guard !situation.isHeirBelow, !situation.isSearching else { return nil }
            progress?.stage = .handingOver(heir: heir, triesLeft: triesLeft - 1)
            return .goUnder(heir: heir)
        case .emptying:
            let isEmpty =
                !situation.hasQueued && (!situation.hasChildren || isImpatient) && !situation.hasClients
            guard isEmpty || now >= drain.deadline else { return nil }
            progress = nil
            return .leave
        }
    }

    /// The node sends its last messages.
    mutating func saidTheLast() { isDone = true }
}

// How a node leaves in order (docs/protocol.md#leaving): no other node or client has to find out by a broken link.

extension Node {
    func beginDraining() {
        guard !draining.hasBegun else { return }
        report(.draining)
        var heir: Link?
        // If the reign is being passed already, it goes to that child.
        let follower = topology.passingLock.passing.flatMap { links[$0.connection] }
        if case .root = topology.standing { heir = follower ?? children.first }
        timers[.drain] = draining.begin(heir: heir?.contact, at: now.instant, limits: limits)
        // Other nodes must not redirect clients here any more.
        announce()
        if follower != nil { return }
        if let heir {
            send(.handOver(term: topology.label.term), to: heir.connection)
        } else {
            endSearch()
            sendEverybodyOn()
        }
    }

    /// The draining root hands over to this node, its heir.
    func takeOver(above term: UInt64, from link: Link) {
        guard link === parentLink, !draining.hasBegun, topology.label.depth == 1 else { return }
        topology.parentHandedOver(term: term)
        lose(link, why: .leaving)
        promote()
    }

    /// The parent drains, and names other nodes to attach to.
    func parentLeaves(_ link: Link, others: [Contact]) {
        guard link === parentLink else { return }
        topology.deadpool.failed(link.contact.address, at: now.instant)
        topology.deadpool.refer(to: others, at: now.instant)
        lose(link, why: .leaving)
    }

    private func sendEverybodyOn() {
        let others = topology.path + (topology.deadpool.position?.heirs ?? []).filter { $0.node != origin.node }
        for child in children { send(.leaving(others: others), to: child.connection) }
        sendMoreOn()
    }

    /// Redirects some of the clients. There may be twenty thousand, and a turn serves nobody else, so the others follow
    /// in later turns.
    private func sendMoreOn() {
        for connection in sessions.connections.prefix(limits.crowdPerTurn) { sendOn(connection) }
        if !sessions.isEmpty { timers[.continuation] = now.instant }
    }

    // MARK: Continuing

    func continueDraining() {
        guard let deadline = draining.deadline else { return }
        if timers[.drain] == nil { timers[.drain] = deadline }
        if draining.isEmptying, !sessions.isEmpty { sendMoreOn() }
        while let step = draining.next(drainSituation, at: now.instant) {
            switch step {
            case .sendEverybodyOn: sendEverybodyOn()
            case .goUnder(let heir): return beginMerging(under: heir)
            case .leave:
                timers[.drain] = nil
                tellLastWatermarks()
                for link in links { lose(link, why: .leaving, manner: .afterFlush) }
                return emit(.stop(.drained))
            }
        }
    }

    private var drainSituation: Draining.Situation {
        Draining.Situation(
            hasParent: parentLink != nil, isSearching: topology.search != nil,
            isHeirBelow: links.contains { $0.origin == draining.heir?.origin && $0.role == .child },
            hasChildren: hasChildren, hasClients: !sessions.isEmpty,
            hasQueued: replication.queue.count != 0 || !ordering.unstamped.isEmpty)
    }
}
