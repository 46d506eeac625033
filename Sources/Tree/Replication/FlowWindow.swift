/// Decides how many bytes may be under way at once on a path whose speed isn't known, so that they never wait much
/// longer than a target at its slowest place, and that place never runs dry.
///
/// The window is the path's rate times its delay plus the target. Both are measured from what arrives: the rate as the
/// greatest of the last two seconds (delivery rate as in BBR: Cardwell, Cheng et al., "BBR: Congestion-Based Congestion
/// Control", 2016), the delay from pieces that set off when nothing else was under way, so that the own queue isn't
/// taken for distance. A faster path shows itself within some round trips: whatever fits into the window arrives at its
/// speed. It sends nothing by itself.
///
/// ```
///   bytes under way     [ distance: rate x delay | queue at the slowest place: rate x target ]
/// ```
struct FlowWindow {
    /// A piece that has set off, with what is needed to learn from its arrival.
    struct Departure {
        /// All bytes up to its end.
        let bytes: UInt64
        let at: Instant
        fileprivate let arrivedBefore: UInt64
        fileprivate let lastArrivalBefore: Instant
        fileprivate let isAlone: Bool
    }

    /// How long a byte may wait at the slowest place.
    let target: Duration
    /// The window is never smaller, in bytes: below it there would be a round trip for each message.
    let leastBytes: UInt64
    /// Bytes that have set off, and that have arrived.
    private(set) var departed: UInt64 = 0
    private(set) var arrived: UInt64 = 0
    private var lastArrival = Instant(nanoseconds: 0)
    /// Bytes a second: the greatest since the generation began, and of the one before it.
    private var greatest: UInt64 = 0
    private var greatestBefore: UInt64 = 0
    private var generation = Instant(nanoseconds: 0)
    /// Of a piece that nothing waits before, in nanoseconds.
    private var delay: UInt64 = 0
    /// Until something has arrived, in bytes.
    private let firstBytes: UInt64

    init(target: Duration, leastBytes: Int, firstBytes: Int) {
        self.target = target
        self.leastBytes = UInt64(leastBytes)
        self.firstBytes = UInt64(firstBytes)
    }

    /// Bytes a second; 0 as long as nothing has arrived.
    var rate: UInt64 { max(greatest, greatestBefore) }
    var underWay: UInt64 { departed - arrived }

    /// How many bytes may be under way.
    var bytes: UInt64 {
        guard rate > 0 else { return max(firstBytes, leastBytes) }
        let nanoseconds = min(delay, Self.longestDelay) + UInt64(target.wholeNanoseconds)
        return max(leastBytes, Self.product(rate, nanoseconds))
    }

    /// Beyond it a path doesn't count as far away: somebody on it stands still.
    private static let longestDelay: UInt64 = 2_000_000_000
    /// What arrives within less is a burst, and says little of how fast the path is.
    private static let shortestSpan: UInt64 = 10_000_000
    private static let generationSpan: UInt64 = 1_000_000_000

    private static func product(_ bytesPerSecond: UInt64, _ nanoseconds: UInt64) -> UInt64 {
        // Milliseconds are fine enough, and can't overflow below a terabyte a second.
        min(bytesPerSecond, 1 << 40) * (nanoseconds / 1_000_000) / 1000
    }

    /// So many more bytes set off.
    mutating func departs(_ bytes: UInt64, at now: Instant) -> Departure {
        let isAlone = underWay == 0
        if isAlone { lastArrival = now }
        departed += bytes
        return Departure(
            bytes: departed, at: now, arrivedBefore: arrived, lastArrivalBefore: lastArrival, isAlone: isAlone)
    }

    /// A piece, and so all before it, has arrived.
    mutating func arrives(_ piece: Departure, at now: Instant) {
        arrived = max(arrived, piece.bytes)
        lastArrival = now
        let span = max(now.nanoseconds - piece.lastArrivalBefore.nanoseconds, Self.shortestSpan)
        learn(rate: (arrived - piece.arrivedBefore) * 1_000_000_000 / span, at: now)
        let took = now.nanoseconds - piece.at.nanoseconds
        delay = piece.isAlone ? took : min(delay, took)
    }

    private mutating func learn(rate sample: UInt64, at now: Instant) {
        if now.nanoseconds - generation.nanoseconds >= Self.generationSpan {
            greatestBefore = greatest
            greatest = sample
            generation = now
        } else {
            greatest = max(greatest, sample)
        }
    }
}
