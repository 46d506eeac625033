/// How long the turns of a node's event loop took. During a turn the node reads from no connection and sends no
/// heartbeat.
public struct TurnReport: Hashable, Sendable {
    /// Turns since the start.
    public var count: UInt64
    /// Upper bounds in microseconds for 50 %, 99 % and 99.9 % of the turns.
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
