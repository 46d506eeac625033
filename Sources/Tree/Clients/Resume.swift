/// A resuming client, which has said how far it has read, until it can follow the log.
struct Resume {
    /// How far the client has each origin, or is being sent it.
    private(set) var passed = Marks()
    /// How far the client has seen each origin.
    private(set) var seen: VersionVector
    /// How many of these components may be ahead of this node, the first ones. Only the last of them is checked, until
    /// it isn't ahead any more.
    private var aheadCount: Int
    var cursor: LogPosition
    /// From this position on the log has no entry that the client has seen; nil while it may still get such entries.
    var newFrom: LogPosition?
    /// The greatest key that the client has seen in the total order: entries below it are late for it.
    var last: OrderKey?
    /// While the client is ahead of this node, it isn't read from until this instant; nil if it is read from.
    var waitsUntil: Instant?
    /// Whether it has followed the lines here, and comes from nowhere else.
    private(set) var hasFollowed = false
    /// Whether every node has answered that it doesn't hold what the client was waiting for.
    var isHeldByNobody = false
    /// Since when the client has taken nothing of what it was sent; nil while it takes it.
    var congestedSince: Instant?
    /// Whether it is in `ResumingClients.ready` because of an event of its own.
    var isWoken = false
    /// Whether it is in `ResumingClients.restingForOrder`.
    var restsForOrder = false
    /// The number of the rest in which it was put into `ResumingClients.resting`; -1 for none.
    var restsIn = -1
    /// Gaps that the client is told of when its cursor reaches the position where this node learnt of them.
    var gapsToTell: [(at: LogPosition, gap: Log.Gap)] = []

    /// - Parameters:
    ///   - seen: how far the client has seen each origin.
    ///   - cursor: the end of the entries that this node's clients have been shown.
    init(seen: VersionVector, cursor: LogPosition, last: OrderKey?) {
        self.seen = seen
        aheadCount = seen.components.count
        self.cursor = cursor
        self.last = last
    }

    /// A client that has followed the lines up to a position, and is to be told of gaps.
    ///
    /// - Parameter passed: how far this node's entries before that position go.
    init(followingTo cursor: LogPosition, having passed: Marks, gaps: [(at: LogPosition, gap: Log.Gap)]) {
        self.init(seen: VersionVector(), cursor: cursor, last: nil)
        self.passed = passed
        hasFollowed = true
        newFrom = cursor
        gapsToTell = gaps
    }

    /// The components that the client has and this node hasn't, or doesn't know to be safe. This node may have some of
    /// them by now.
    var ahead: ArraySlice<VersionVector.Component> { seen.components.prefix(aheadCount) }

    /// Whether nothing of what it has seen can come any more, and no gap has to be told: all other entries are sent in
    /// order.
    var hasNothingAhead: Bool { aheadCount == 0 && gapsToTell.isEmpty }

    /// Checks how much of what the client has seen was shown to this node's clients. What was shown stays so: each
    /// component is passed once, and the check ends at the first that wasn't shown.
    mutating func update(isShown: (VersionVector.Component) -> Bool) {
        while aheadCount > 0, isShown(seen.components[aheadCount - 1]) { aheadCount -= 1 }
    }

    /// Takes over how far the client has the origins that this node knows.
    mutating func recall(_ table: OriginTable) {
        if table.origins.count < seen.components.count {
            for (number, origin) in table.origins.enumerated() { passed.raise(number, to: seen[origin]) }
        } else {
            for component in seen.components {
                if let number = table.knownNumber(of: component.origin) { passed.raise(number, to: component.sequence) }
            }
        }
    }

    /// The same for one origin, which this node may not have known before its first entry.
    private mutating func recall(_ number: Int, _ origin: Origin) {
        if passed[number] == 0 { passed.raise(number, to: seen[origin]) }
    }

    /// Forgets what the client has seen.
    mutating func forget() {
        seen = VersionVector()
        aheadCount = 0
    }

    /// The client gets the entries from a position on, and is told of gaps.
    mutating func start(at start: Log.Start) {
        cursor = start.position
        newFrom = aheadCount == 0 ? start.newFrom : nil
        // Gaps that were still to be told are among these.
        gapsToTell = start.later
    }

    /// The client isn't read from until this node has what it saw, or until an instant.
    mutating func wait(until instant: Instant) { waitsUntil = instant }

    /// The client need not wait any longer.
    ///
    /// - Returns: whether it was waiting.
    mutating func stopWaiting() -> Bool {
        defer { waitsUntil = nil }
        return waitsUntil != nil
    }

    /// If nothing is ahead of this node any more, all entries from a position on are new to the client.
    mutating func allIsNew(from position: LogPosition) {
        if newFrom == nil, aheadCount == 0 { newFrom = position }
    }

    /// The client's cursor passes an entry.
    ///
    /// - Returns: whether to show it; false if the client has seen it already.
    mutating func pass(_ number: Int, _ sequence: UInt64, of origin: Origin) -> Bool {
        recall(number, origin)
        return passed.raise(number, to: sequence)
    }

    mutating func shown(_ key: OrderKey) { last = max(last ?? key, key) }

    mutating func advance() { cursor = cursor.next }

    /// The client's cursor passes a gap. The client may have seen some of its entries elsewhere.
    ///
    /// - Returns: the part of the gap that the client is told of; nil if it has seen all of it.
    mutating func pass(_ gap: Log.Gap, number: Int) -> Log.Gap? {
        recall(number, gap.origin)
        let rest = Log.Gap(origin: gap.origin, from: max(gap.from, passed[number] + 1), through: gap.through)
        return passed.raise(number, to: rest.through) ? rest : nil
    }

    /// Takes the next gap that the cursor has reached; nil for none.
    mutating func nextGap() -> Log.Gap? {
        guard let (position, gap) = gapsToTell.first, position <= cursor else { return nil }
        gapsToTell.removeFirst()
        return gap
    }
}
