/// How long the turns of a node's loop took: while one lasts, nobody is read from and no heartbeat is sent.
public struct TurnReport: Hashable, Sendable {
    /// Turns since the start.
    public var count: UInt64
    /// Microseconds that half of the turns, 99 of 100 and 999 of 1000 took at the most.
    public var median: UInt64
    public var p99: UInt64
    public var p999: UInt64
    /// Microseconds of the longest.
    public var longest: UInt64

    public init(count: UInt64, median: UInt64, p99: UInt64, p999: UInt64, longest: UInt64) {
        self.count = count
        self.median = median
        self.p99 = p99
        self.p999 = p999
        self.longest = longest
    }
}
