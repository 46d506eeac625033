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

/// A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): the wall clock where it runs ahead of
/// everything seen, a counter above the greatest stamp seen where it doesn't.
///
/// So stamps grow along every causal chain, also across nodes whose wall clocks differ. An answer of the clock server
/// moves the wall clock used here by `correction`, which keeps the nodes' stamps close to one another.
struct HybridClock {
    private(set) var latest: Stamp
    /// Added to the wall clock, in milliseconds.
    private(set) var correction: Int64 = 0

    init(above latest: Stamp = .zero) {
        self.latest = latest
    }

    /// A stamp above everything seen or given before.
    mutating func next(wallMilliseconds: UInt64) -> Stamp {
        let wall = Stamp(milliseconds: UInt64(max(0, Int64(wallMilliseconds) + correction)))
        latest = max(wall, latest.next)
        return latest
    }

    /// Further ahead of the wall clock no stamp is believed: it would carry every later one along, for good.
    static let believedAhead: UInt64 = 24 * 3600 * 1000

    /// Somebody showed a stamp: what is stamped here from now on is greater, unless the stamp is absurd.
    mutating func witness(_ stamp: Stamp, wallMilliseconds: UInt64) {
        let wall = UInt64(max(0, Int64(wallMilliseconds) + correction))
        guard stamp.milliseconds < wall + Self.believedAhead else { return }
        latest = max(latest, stamp)
    }

    mutating func follow(clock: Stamp, wallMilliseconds: UInt64) {
        correction = Int64(clock.milliseconds) - Int64(wallMilliseconds)
    }
}
