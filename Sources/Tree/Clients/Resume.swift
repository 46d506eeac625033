/// A client that said what it saw last, until it can follow the log like everybody else.
struct Resume {
    /// What the client has, or is being sent.
    private(set) var passed = Marks()
    /// How far the client has seen every origin.
    private(set) var seen: VersionVector
    /// So many of them may be ahead of this node: only the last of those is looked at until it isn't any more.
    private var aheadCount: Int
    var cursor: LogPosition
    /// From here on the log has nothing that the client has seen; nil as long as something of that is still to come.
    var newFrom: LogPosition?
    /// The greatest that the client has seen in the one order of all entries: what is below comes late.
    var last: OrderKey?
    /// Until then the client isn't read from while it is ahead of this node; nil once it is read from.
    var waitsUntil: Instant?
    /// Every node has answered that it doesn't hold what the client was waiting for.
    var isHeldByNobody = false
    /// Since when it has taken nothing of what it was sent; nil while it takes it.
    var congestedSince: Instant?
    /// It stands among those that are ready because of what happened to it alone.
    var isWoken = false
    /// It stands among those that wait for the order to pass what it saw.
    var restsForOrder = false
    /// In which rest it stands among those that rest.
    var restsIn = -1
    /// Gaps that the client is told of when its cursor has come to where this node learnt of them.
    var gapsToTell: [(at: LogPosition, gap: Log.Gap)] = []

    /// - Parameters:
    ///   - seen: how far the client has seen each origin.
    ///   - cursor: how far this node's clients have been shown the log.
    init(seen: VersionVector, cursor: LogPosition, last: OrderKey?) {
        self.seen = seen
        aheadCount = seen.components.count
        self.cursor = cursor
        self.last = last
    }

    /// What the client has and this node hasn't, or not safely; some of it this node may have by now.
    var ahead: ArraySlice<VersionVector.Component> { seen.components.prefix(aheadCount) }

    /// It is shown nothing that it has seen already: all that is left is to be sent in order.
    var hasNothingAhead: Bool { aheadCount == 0 && gapsToTell.isEmpty }

    /// Looks how much of what the client has seen this node's clients have been shown. What was shown once stays so:
    /// each component is stepped over once, and one that isn't shown is all that is looked at.
    mutating func update(isShown: (VersionVector.Component) -> Bool) {
        while aheadCount > 0, isShown(seen.components[aheadCount - 1]) { aheadCount -= 1 }
    }

    /// Takes over what the client has of the origins that this node knows.
    mutating func recall(_ table: OriginTable) {
        if table.origins.count < seen.components.count {
            for (number, origin) in table.origins.enumerated() { passed.raise(number, to: seen[origin]) }
        } else {
            for component in seen.components {
                if let number = table.knownNumber(of: component.origin) { passed.raise(number, to: component.sequence) }
            }
        }
    }

    /// The first entry of an origin comes, of which this node may not have known before.
    private mutating func recall(_ number: Int, _ origin: Origin) {
        if passed[number] == 0 { passed.raise(number, to: seen[origin]) }
    }

    /// What the client has seen is remembered no longer.
    mutating func forget() {
        seen = VersionVector()
        aheadCount = 0
    }

    /// The client is sent the log from here on, and told of what is no longer in it.
    mutating func start(at start: Log.Start) {
        cursor = start.position
        newFrom = aheadCount == 0 ? start.newFrom : nil
        // What is still to be told to this client stands among them.
        gapsToTell = start.later
    }

    /// The client isn't read from until this node has what it saw, or until this instant.
    mutating func wait(until instant: Instant) { waitsUntil = instant }

    /// This node has what the client saw.
    ///
    /// - Returns: whether the client waited for that.
    mutating func stopWaiting() -> Bool {
        defer { waitsUntil = nil }
        return waitsUntil != nil
    }

    /// All that comes from here on is new to the client, if nothing is ahead of this node any more.
    mutating func allIsNew(from position: LogPosition) {
        if newFrom == nil, aheadCount == 0 { newFrom = position }
    }

    /// The client passes an entry.
    ///
    /// - Returns: whether it is to be shown it; it has seen it already otherwise.
    mutating func pass(_ number: Int, _ sequence: UInt64, of origin: Origin) -> Bool {
        recall(number, origin)
        return passed.raise(number, to: sequence)
    }

    mutating func shown(_ key: OrderKey) { last = max(last ?? key, key) }

    mutating func advance() { cursor = cursor.next }

    /// The client passes entries that this node lacks. It may have seen elsewhere some of them.
    ///
    /// - Returns: the rest, of which it is to be told; nil if it has seen all.
    mutating func pass(_ gap: Log.Gap, number: Int) -> Log.Gap? {
        recall(number, gap.origin)
        let rest = Log.Gap(origin: gap.origin, from: max(gap.from, passed[number] + 1), through: gap.through)
        return passed.raise(number, to: rest.through) ? rest : nil
    }

    /// The next gap that the client has come to.
    mutating func nextGap() -> Log.Gap? {
        guard let (position, gap) = gapsToTell.first, position <= cursor else { return nil }
        gapsToTell.removeFirst()
        return gap
    }
}
