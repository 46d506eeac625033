import Tree

/// An answer of the clock server.
struct ClockAnswer {
    let first: Stamp
    let count: Int
    let wallMilliseconds: UInt64
}

/// The clock server. All hosts share it. It may be out of reach at times, and it may be restarted on a machine whose
/// time was set back.
///
/// It saves a bound above every stamp before it hands the stamp out, so that a restart knows where to begin.
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
    /// The bound on the disk. Every stamp handed out is below it.
    private var bound = Stamp.zero

    /// This many stamps; nil while the clock is out of reach, or if the asker has seen a stamp that is too far ahead.
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

    /// Uses up a stamp for an asker that doesn't wait for the answer any longer.
    mutating func waste(at now: UInt64) { _ = answer(count: 1, seen: .zero, at: now) }

    /// Restarts the clock, after its machine's time was set back.
    mutating func restart(setBackMilliseconds: UInt64) {
        setBack += setBackMilliseconds
        next = bound
    }
}
