/// When an entry was accepted, as a number that never repeats and never goes back.
///
/// 46 bits of wall-clock milliseconds above 18 bits of counter, so that stamps compare as numbers, tell the time, and
/// leave room for 262,144 of them in one millisecond.
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

/// Where an entry stands in the one order of all entries: by stamp, and by who numbered it where stamps are equal.
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
