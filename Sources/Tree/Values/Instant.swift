/// A point in time on the runner's monotonic clock.
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

/// The time when an event is handled, on both clocks.
public struct Moment: Hashable, Sendable {
    /// For intervals and deadlines.
    public let instant: Instant
    /// Wall-clock milliseconds since 1970, for stamps and for people. It may jump.
    public let wallMilliseconds: UInt64

    public init(instant: Instant, wallMilliseconds: UInt64) {
        self.instant = instant
        self.wallMilliseconds = wallMilliseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded towards zero.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The duration in milliseconds, rounded towards zero. It isn't computed from nanoseconds: a stamp that a peer
    /// sends may be too great for them.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
