import Tree

/// What the clock server answers.
struct ClockAnswer {
    let first: Stamp
    let count: Int
    let wallMilliseconds: UInt64
}

/// The clock server: one for all, at times out of reach, and started anew, with a machine that was set back.
///
/// It saves a bound above all that it hands out before it does, so that a restart knows where to begin.
struct SimulatedClock {
    static let startMilliseconds: UInt64 = 1_700_000_000_000
    private static let reserveMilliseconds: UInt64 = 3000
    private static let reserveStampsMilliseconds: UInt64 = 256
    private static let seenAheadMilliseconds: UInt64 = 10_000

    var isDown = false
    /// How far its wall clock was set back, in milliseconds.
    private var setBack: UInt64 = 0
    /// The least stamp that was not handed out yet.
    private var next = Stamp.zero
    /// On the disk: everything handed out is below.
    private var bound = Stamp.zero

    /// So many stamps; nil while it is out of reach, or doesn't believe what the asker has seen.
    mutating func answer(count: Int, seen: Stamp, at now: UInt64) -> ClockAnswer? {
        guard !isDown else { return nil }
        let wall = Self.startMilliseconds + now / millisecond - setBack
        let least = max(next, Stamp(milliseconds: wall))
        guard seen.milliseconds <= least.milliseconds + Self.seenAheadMilliseconds else { return nil }
        let first = max(least, seen.next)
        next = Stamp(first.value + UInt64(count))
        if next > bound {
            bound = Stamp(
                milliseconds: max(next.milliseconds + Self.reserveStampsMilliseconds, wall + Self.reserveMilliseconds))
        }
        return ClockAnswer(first: first, count: count, wallMilliseconds: wall)
    }

    /// Somebody asked who doesn't wait for the answer any longer.
    mutating func waste(at now: UInt64) { _ = answer(count: 1, seen: .zero, at: now) }

    /// Killed and started again, after its machine's time was set back.
    mutating func restart(setBackMilliseconds: UInt64) {
        setBack += setBackMilliseconds
        next = bound
    }
}
