/// Decides when clients of this node are sent to other nodes, and how many: while an operator drains it, or to even
/// loads out.
struct ClientMoves {
    /// Evening out: so many clients are to go, and to whom.
    struct Balancing: Equatable {
        /// How many are left to move.
        var left: Int
        /// The load that each node is to have.
        let target: Int
        /// When it ends in any case.
        let deadline: Instant
    }

    /// Whether the node is drained: it takes no new client, and sends those that it has to others, until that is
    /// stopped.
    private(set) var isDraining = false
    private(set) var balancing: Balancing?
    /// Whether it was said that all clients are gone.
    private var hasToldEnd = false
    private var perSecond = 1
    /// Moves that may be made now, and since when more have come together.
    private var budget = 0.0
    private var countedAt: Instant?

    var isBusy: Bool { isDraining || balancing != nil }

    mutating func drain(perSecond: Int, at now: Instant) {
        if !isDraining { hasToldEnd = false }
        isDraining = true
        balancing = nil
        begin(perSecond, at: now)
    }

    mutating func balance(_ balancing: Balancing, perSecond: Int, at now: Instant) {
        guard !isDraining, balancing.left > 0 else { return }
        self.balancing = balancing
        begin(perSecond, at: now)
    }

    private mutating func begin(_ perSecond: Int, at now: Instant) {
        self.perSecond = max(1, perSecond)
        // One goes at once: whoever waits sees that it has begun.
        budget = 1
        countedAt = now
    }

    /// No more clients are moved.
    ///
    /// - Returns: whether the node was drained.
    mutating func stop() -> Bool {
        defer { isDraining = false }
        balancing = nil
        return isDraining
    }

    /// How many clients may be moved now.
    mutating func due(at now: Instant, atMost limit: Int) -> Int {
        guard isBusy else { return 0 }
        if let balancing, balancing.deadline <= now || balancing.left == 0 {
            self.balancing = nil
            return 0
        }
        if let countedAt {
            let seconds =
                Double((now - countedAt).components.attoseconds) / 1e18
                + Double((now - countedAt).components.seconds)
            // What could not be moved for a while isn't made up for by a crowd.
            budget = min(budget + seconds * Double(perSecond), max(1, Double(perSecond) / 4))
        }
        countedAt = now
        return min(Int(budget), limit, balancing?.left ?? .max)
    }

    mutating func moved(_ count: Int) {
        budget -= Double(count)
        balancing?.left -= count
        if balancing?.left == 0 { balancing = nil }
    }

    /// No client is left on a node that is drained.
    ///
    /// - Returns: whether that is to be said now.
    mutating func isEmptied() -> Bool {
        guard isDraining, !hasToldEnd else { return false }
        hasToldEnd = true
        return true
    }
}
