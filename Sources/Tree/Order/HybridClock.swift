/// A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): the time where it runs ahead of
/// everything seen, a counter above the greatest stamp seen where it doesn't.
///
/// So stamps grow along every causal chain, also across nodes whose clocks differ. The wall clock is read once, at the
/// start, and from then on the monotonic clock is counted by: somebody who sets the machine's clock doesn't move
/// stamps. A better clock may: the clock server, or the parent at the first joining.
struct HybridClock {
    /// The greatest stamp given or seen.
    private(set) var latest = Stamp.zero
    /// Wall-clock milliseconds less those of the monotonic clock.
    private var offset: Int64
    /// The same for the time by which stamps are judged: the most that the clock server's wall clock has ever shown. It
    /// doesn't go back with that machine's clock, and no stamps that were seen take it ahead.
    private var stampsOffset: Int64?
    /// Whether all that it knows of the time is the machine's: it has given no stamp yet, was told no time by the clock
    /// server or another node, and has seen no stamp that agrees with the machine.
    private(set) var isUntold = true

    init(at moment: Moment) {
        offset = Int64(moment.wallMilliseconds) - Self.milliseconds(moment.instant)
    }

    private static func milliseconds(_ instant: Instant) -> Int64 { Int64(instant.nanoseconds / 1_000_000) }

    /// Wall-clock milliseconds since 1970, as this clock has them.
    func milliseconds(at instant: Instant) -> UInt64 {
        UInt64(max(0, Self.milliseconds(instant) + offset))
    }

    /// Up to where stamps are now, in milliseconds.
    func stampsMilliseconds(at instant: Instant) -> UInt64 {
        UInt64(max(0, Self.milliseconds(instant) + max(offset, stampsOffset ?? offset)))
    }

    /// A stamp above everything seen or given before.
    mutating func next(at instant: Instant) -> Stamp {
        isUntold = false
        latest = max(Stamp(milliseconds: milliseconds(at: instant)), latest.next)
        return latest
    }

    /// Somebody showed a stamp: what is stamped here from now on is greater. Whether it is to be believed is for the
    /// caller to say: one that is far ahead would carry every later one along, for good.
    mutating func witness(_ stamp: Stamp) {
        latest = max(latest, stamp)
    }

    /// Somebody has stamped by a clock that shows what this one shows: that is as good as being told.
    mutating func confirm(by stamp: Stamp, skew: Duration, at instant: Instant) {
        if stamp.milliseconds + UInt64(skew.wholeMilliseconds) >= milliseconds(at: instant) { isUntold = false }
    }

    /// The clock server handed this one out, at so many milliseconds by its wall clock.
    ///
    /// - Parameter skew: if its wall clock is further behind its own stamps, its machine was set back: then its stamps
    ///   are right, and its time isn't.
    mutating func follow(_ stamp: Stamp, wallMilliseconds: UInt64, skew: Duration, at instant: Instant) {
        isUntold = false
        let own = stampsOffset ?? offset
        let shown = Int64(stamp.milliseconds) - Self.milliseconds(instant)
        guard wallMilliseconds + UInt64(skew.wholeMilliseconds) >= stamp.milliseconds else {
            stampsOffset = max(own, shown)
            return
        }
        set(to: wallMilliseconds, at: instant)
        stampsOffset = max(stampsOffset ?? shown, offset)
    }

    /// A better clock shows so many wall-clock milliseconds now.
    mutating func set(to wallMilliseconds: UInt64, at instant: Instant) {
        isUntold = false
        offset = Int64(wallMilliseconds) - Self.milliseconds(instant)
    }

    /// Untold, and has seen no stamp at all.
    var isFresh: Bool { isUntold && latest == .zero }
}
