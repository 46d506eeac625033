/// A point on the monotonic clock of whoever runs the node.
public struct Instant: Hashable, Comparable, Sendable {
    /// Counted from an arbitrary start.
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    public static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: UInt64(max(0, Int64(instant.nanoseconds) + duration.wholeNanoseconds)))
    }

    public static func - (a: Instant, b: Instant) -> Duration {
        .nanoseconds(Int64(a.nanoseconds) - Int64(b.nanoseconds))
    }
}

/// What time it is when an event is handled, on both clocks.
public struct Moment: Hashable, Sendable {
    /// For intervals and deadlines.
    public let instant: Instant
    /// Wall-clock milliseconds since 1970, for stamps and for telling people. It may jump.
    public let wallMilliseconds: UInt64

    public init(instant: Instant, wallMilliseconds: UInt64) {
        self.instant = instant
        self.wallMilliseconds = wallMilliseconds
    }
}

extension Duration {
    /// Parts of a nanosecond are dropped.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Not by way of nanoseconds: of a stamp that somebody sends there may be more than fit.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
