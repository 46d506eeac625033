import Tree

/// Every limit of the clock, with its unit and its reason.
public struct ClockLimits: Hashable, Sendable {
    // MARK: Stamps

    /// How far the saved bound is put ahead of the clock. A restart skips at most so much.
    public var reserve: Duration = .seconds(3)
    /// The bound is moved on when less than this is left: the disk may be so slow before anybody waits for it.
    public var extendBelow: Duration = .milliseconds(1500)
    /// After so many ticks (seconds) in which nobody asked, an idle clock leaves the disk alone.
    public var idleTicks = 60
    /// A `seen` further ahead than this is refused.
    public var seenAhead: Duration = .seconds(10)
    /// Stamps in one batch: as many as one millisecond has.
    public var batch = 1 << Int(Stamp.counterBits)

    // MARK: Connections

    /// Bytes of a line. The longest request has about 80.
    public var lineBytes = 4096
    /// Connections at once; who comes past it is told and closed. Each node keeps one.
    public var connections = 4096
    /// A connection that has sent no whole request for so long after it was opened, or that has stopped in the
    /// middle of one, is closed.
    public var patience: Duration = .seconds(10)
    /// Answers that wait for a reader who doesn't read, in bytes; past it the connection is closed.
    public var unreadBytes = 64 * 1024
    /// How long the last word to a connection may take.
    public var goodbye: Duration = .seconds(2)
    /// How long the clock waits for its connections when it is told to end.
    public var endGoodbye: Duration = .milliseconds(500)

    public init() {}
}
