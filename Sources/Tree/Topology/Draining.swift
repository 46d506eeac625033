/// Decides how far a node has got with leaving in order, and what it does next.
struct Draining {
    enum Stage {
        /// A root lets its heir rule first, and goes under it. Becomes emptying when it is under it, or when that
        /// fails.
        case handingOver(heir: Contact, triesLeft: Int)
        /// Children and clients are sent on; what was accepted here becomes safe. Ends when nothing is left.
        case emptying
    }

    /// The stage that is under way, and its deadlines.
    private struct Progress {
        var stage: Stage
        /// For so long other nodes are waited for: an heir that leaves too, or a child that is stopped, answers
        /// nothing.
        let patience: Instant
        /// Then the node goes, whatever is left.
        let deadline: Instant
    }

    /// What the next step depends on.
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
        /// Children and clients are told where else to go.
        case sendEverybodyOn
        /// The root attaches under its heir.
        case goUnder(heir: Contact)
        /// The node closes its links and stops.
        case leave
    }

    /// Set for good once the node leaves: it takes nobody any more.
    private(set) var hasBegun = false
    /// Nothing comes from here any more: the node has left in order.
    private(set) var isDone = false
    private var progress: Progress?

    /// When the node goes, whatever is left; nil while it doesn't leave.
    var deadline: Instant? { progress?.deadline }

    /// The heir to which a leaving root hands over; nil in every other stage.
    var heir: Contact? {
        if case .handingOver(let heir, _)? = progress?.stage { heir } else { nil }
    }

    /// Whether children and clients are being sent on.
    var isEmptying: Bool {
        if case .emptying? = progress?.stage { true } else { false }
    }

    /// The operator wants the node to leave.
    ///
    /// - Parameter heir: who rules after this node; nil if it is no root, or has no child.
    /// - Returns: for how long other nodes are waited for.
    mutating func begin(heir: Contact?, at now: Instant, limits: Limits) -> Instant {
        hasBegun = true
        let patience = now + limits.drainPatience / 5
        progress = Progress(
            stage: heir.map { .handingOver(heir: $0, triesLeft: limits.handOvers) } ?? .emptying,
            patience: patience, deadline: now + limits.drainPatience)
        return patience
    }

    /// What is to be done now; nil for nothing. After `sendEverybodyOn` the next step may be due at once.
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

    /// The node has said the last that it says.
    mutating func saidTheLast() { isDone = true }
}

// How a node leaves in order (docs/protocol.md#leaving): nobody who depends on it has to find out by a broken link.

extension Node {
    func beginDraining() {
        guard !draining.hasBegun else { return }
        report(.draining)
        var heir: Link?
        // A reign that is being passed goes to whom it is passed.
        let follower = topology.passingLock.passing.flatMap { links[$0.connection] }
        if case .root = topology.standing { heir = follower ?? children.first }
        timers[.drain] = draining.begin(heir: heir?.contact, at: now.instant, limits: limits)
        // Nobody is to be sent here any more, from wherever.
        announce()
        if follower != nil { return }
        if let heir {
            send(.handOver(term: topology.label.term), to: heir.connection)
        } else {
            endSearch()
            sendEverybodyOn()
        }
    }

    /// The root wants this node, its heir, to follow it.
    func takeOver(above term: UInt64, from link: Link) {
        guard link === parentLink, !draining.hasBegun, topology.label.depth == 1 else { return }
        topology.parentHandedOver(term: term)
        lose(link, why: .leaving)
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
        sendMoreOn()
    }

    /// Sends some of the clients on: there may be twenty thousand, and while a turn lasts nobody else is served. The
    /// others follow in the turns after this one.
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
