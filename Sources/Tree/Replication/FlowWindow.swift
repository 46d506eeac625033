/// Decides how many bytes may be under way at once on a path of unknown speed, so that they don't wait much longer than
/// a target at its slowest link, and that link never runs dry.
///
/// The window is the path's rate times the sum of its delay and the target. Rate and delay are measured by what
/// arrives. The rate is the greatest of the last two seconds (delivery rate as in BBR: Cardwell, Cheng et al., "BBR:
/// Congestion-Based Congestion Control", 2016). The delay is that of pieces that departed when nothing else was under
/// way, so that this node's own queue doesn't count as distance. If the path becomes faster, that shows within some
/// round trips, since whatever fits into the window arrives at the path's speed. The window sends nothing itself.
///
/// ```
///   bytes under way     [ distance: rate x delay | queue at the slowest link: rate x target ]
/// ```
struct FlowWindow {
    /// A piece that has departed, with what is needed to learn from its arrival.
    struct Departure {
        /// All bytes that departed up to its end.
        let bytes: UInt64
        let at: Instant
        fileprivate let arrivedBefore: UInt64
        fileprivate let lastArrivalBefore: Instant
        fileprivate let isAlone: Bool
    }

    /// How long a byte may wait at the slowest link.
    let target: Duration
    /// The smallest window, in bytes: a smaller one would mean a round trip for each message.
    let leastBytes: UInt64
    /// Bytes that have departed, and that have arrived.
    private(set) var departed: UInt64 = 0
    private(set) var arrived: UInt64 = 0
    private var lastArrival = Instant(nanoseconds: 0)
    /// The greatest rates in bytes a second: of this generation, and of the one before.
    private var greatest: UInt64 = 0
    private var greatestBefore: UInt64 = 0
    private var generation = Instant(nanoseconds: 0)
    /// The delay of a piece that waits for no other, in nanoseconds.
    private var delay: UInt64 = 0
    /// The window until something has arrived, in bytes.
    private let firstBytes: UInt64

    init(target: Duration, leastBytes: Int, firstBytes: Int) {
        self.target = target
        self.leastBytes = UInt64(leastBytes)
        self.firstBytes = UInt64(firstBytes)
    }

    /// The rate in bytes a second; 0 until something has arrived.
    var rate: UInt64 { max(greatest, greatestBefore) }
    var underWay: UInt64 { departed - arrived }

    /// How many bytes may be under way.
    var bytes: UInt64 {
        guard rate > 0 else { return max(firstBytes, leastBytes) }
        let nanoseconds = min(delay, Self.longestDelay) + UInt64(target.wholeNanoseconds)
        return max(leastBytes, Self.product(rate, nanoseconds))
    }

    /// A greater delay, in nanoseconds, isn't distance: a node on the path has stopped.
    private static let longestDelay: UInt64 = 2_000_000_000
    /// The shortest time, in nanoseconds, by which a rate is measured: a burst says little about the path's speed.
    private static let shortestSpan: UInt64 = 10_000_000
    private static let generationSpan: UInt64 = 1_000_000_000

    private static func product(_ bytesPerSecond: UInt64, _ nanoseconds: UInt64) -> UInt64 {
        // Milliseconds are precise enough, and can't overflow below a terabyte a second.
        min(bytesPerSecond, 1 << 40) * (nanoseconds / 1_000_000) / 1000
    }

    /// Bytes depart.
    mutating func departs(_ bytes: UInt64, at now: Instant) -> Departure {
        let isAlone = underWay == 0
        if isAlone { lastArrival = now }
        departed += bytes
        return Departure(
            bytes: departed, at: now, arrivedBefore: arrived, lastArrivalBefore: lastArrival, isAlone: isAlone)
    }

    /// A piece has arrived, and with it all earlier ones.
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
