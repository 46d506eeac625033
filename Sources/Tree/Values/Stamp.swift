/// The time at which an entry was accepted, as a number that never repeats and never goes back.
///
/// The upper 46 bits are wall-clock milliseconds, the lower 18 a counter. So stamps compare as numbers, tell the time,
/// and leave room for 262,144 of them in one millisecond.
public struct Stamp: Hashable, Comparable, Sendable {
    public static let counterBits: UInt64 = 18
    /// Greater than every stamp that a clock can reach before the year 4199.
    public static let limit = Stamp(1 << 63 - 1)

    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    /// The first stamp of a millisecond.
    public init(milliseconds: UInt64) {
        value = milliseconds << Self.counterBits
    }

    public static let zero = Stamp(0)

    /// Wall-clock milliseconds since 1970.
    public var milliseconds: UInt64 { value >> Self.counterBits }

    public var next: Stamp { Stamp(value + 1) }

    public static func < (a: Stamp, b: Stamp) -> Bool { a.value < b.value }
}

/// The key of the total order: the stamp, and where stamps are equal the origin and the sequence.
public struct OrderKey: Hashable, Comparable, Sendable {
    public let stamp: Stamp
    public let origin: Origin
    public let sequence: UInt64

    public init(stamp: Stamp, origin: Origin, sequence: UInt64) {
        self.stamp = stamp
        self.origin = origin
        self.sequence = sequence
    }

    public static func < (a: OrderKey, b: OrderKey) -> Bool {
        if a.stamp != b.stamp { return a.stamp < b.stamp }
        return (a.origin, a.sequence) < (b.origin, b.sequence)
    }
}
