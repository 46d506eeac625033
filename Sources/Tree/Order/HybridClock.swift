/// A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014). A stamp is the time where that is ahead
/// of every stamp seen, and otherwise a counter above the greatest stamp seen.
///
/// So stamps grow along every causal chain, even across nodes whose clocks differ. The wall clock is read once, at the
/// start; from then on the clock follows the monotonic clock, so that setting the machine's clock doesn't move stamps.
/// A better clock does: the clock server, or another node before this one has been told the time.
struct HybridClock {
    /// The greatest stamp given or seen.
    private(set) var latest = Stamp.zero
    /// The wall clock minus the monotonic clock, in milliseconds.
    private var offset: Int64
    /// The same for the time by which stamps are judged: the greatest time that the clock server's wall clock has
    /// shown. It doesn't go back with that machine's clock, and no stamp of a peer moves it ahead.
    private var stampsOffset: Int64?
    /// Whether this clock knows no time but the machine's: it has given no stamp, was told no time by the clock server
    /// or another node, and has seen no stamp that agrees with the machine.
    private(set) var isUntold = true

    init(at moment: Moment) {
        offset = Int64(moment.wallMilliseconds) - Self.milliseconds(moment.instant)
    }

    private static func milliseconds(_ instant: Instant) -> Int64 { Int64(instant.nanoseconds / 1_000_000) }

    /// Wall-clock milliseconds since 1970, as this clock has them.
    func milliseconds(at instant: Instant) -> UInt64 {
        UInt64(max(0, Self.milliseconds(instant) + offset))
    }

    /// The time up to which stamps are given now, in milliseconds since 1970.
    func stampsMilliseconds(at instant: Instant) -> UInt64 {
        UInt64(max(0, Self.milliseconds(instant) + max(offset, stampsOffset ?? offset)))
    }

    /// Gives a stamp greater than all that were seen or given before.
    mutating func next(at instant: Instant) -> Stamp {
        isUntold = false
        latest = max(Stamp(milliseconds: milliseconds(at: instant)), latest.next)
        return latest
    }

    /// A peer showed a stamp: all later stamps of this clock are greater. The caller decides whether the stamp can be
    /// believed: one that is far ahead would take all later ones along for good.
    mutating func witness(_ stamp: Stamp) {
        latest = max(latest, stamp)
    }

    /// A peer has given a stamp by a clock that agrees with this one: that counts as being told the time.
    mutating func confirm(by stamp: Stamp, skew: Duration, at instant: Instant) {
        if stamp.milliseconds + UInt64(skew.wholeMilliseconds) >= milliseconds(at: instant) { isUntold = false }
    }

    /// The clock server gave this stamp when its wall clock showed `wallMilliseconds`.
    ///
    /// - Parameter skew: if the server's wall clock is further behind its stamps than this, that machine was set back:
    ///   its stamps are right, and its time isn't.
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

    /// Sets the clock to the time of a better one, in wall-clock milliseconds since 1970.
    mutating func set(to wallMilliseconds: UInt64, at instant: Instant) {
        isUntold = false
        offset = Int64(wallMilliseconds) - Self.milliseconds(instant)
    }

    /// Whether the clock is untold and has seen no stamp at all.
    var isFresh: Bool { isUntold && latest == .zero }
}
