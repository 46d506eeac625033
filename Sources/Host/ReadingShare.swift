import Tree
import UV

/// Decides how much of each client is read in one turn, and who has to wait, so that a loud client doesn't make the
/// others wait.
///
/// A client is loud when several reads in a row were: they filled what was lent to it, or half of the whole buffer,
/// about what the kernel keeps for one that is read seldom, or it took long to handle them. What it says costs the time
/// of handling it, and the time of delivering it to everybody who listens. As long as nobody talks besides, loud
/// clients are read as far as the loop's buffer goes, all the time: large pieces are the cheapest. When there is a
/// quiet client, the loud ones together get a share of the time, in pieces that make no turn long. What they have to
/// say meanwhile waits in the kernel, and so slows them down. This is a token bucket whose tokens are nanoseconds.
struct ReadingShare {
    private static let whole = UVLimits.readBufferBytes

    private let settings: Settings.Sharing
    private var listeners = 0
    /// Until then there is somebody quiet.
    private var quietUntil = Instant(nanoseconds: 0)
    /// What loud clients may cost now, in nanoseconds; below 0, they wait.
    private var tokens: Double
    private var refilledAt: Instant?
    /// What a byte of loud clients has cost lately, in nanoseconds.
    private var costOfByte = 0.0
    /// How many bytes of each client are read in the next turn.
    private(set) var bytes = Self.whole

    init(_ settings: Settings.Sharing) {
        self.settings = settings
        tokens = settings.mostTokens
    }

    /// Whether loud clients have to share: there is a quiet one.
    func isShared(at now: Instant) -> Bool { now < quietUntil }

    /// Whether a client is loud of whom so many reads in a row were.
    func isLoud(_ loudReads: UInt8) -> Bool { loudReads >= settings.loudReads }

    /// Whether a read of so many bytes is loud, whatever it costs.
    private func isFull(_ count: Int) -> Bool { count >= min(bytes, Self.whole / 2) }

    /// Bytes of a client were read.
    ///
    /// - Parameter loudReads: how many reads of the client in a row were loud before.
    /// - Returns: the same, with this one. What neither fills a buffer nor is short is judged by `didTake`.
    mutating func didRead(_ count: Int, _ loudReads: UInt8, at now: Instant) -> UInt8 {
        if isFull(count) { return Self.more(loudReads, by: 1) }
        guard count <= settings.quietBytes else { return loudReads }
        // The rest of what a loud client had to say is no sign of a quiet one.
        if loudReads == 0 { quietUntil = now + settings.memory }
        return 0
    }

    /// Whether it matters how long it takes to handle a read.
    func isWeighed(_ count: Int) -> Bool { count > settings.quietBytes }

    /// What was read of a client has been handled.
    ///
    /// - Parameters:
    ///   - count: how many bytes were read.
    ///   - time: how long handling them took, in nanoseconds.
    ///   - loudReads: how many reads of the client in a row were loud.
    /// - Returns: the same, now that the cost is known.
    func didTake(_ count: Int, in time: UInt64, _ loudReads: UInt8) -> UInt8 {
        guard isWeighed(count) else { return loudReads }
        // One that takes as long as several loud ones counts as so many.
        let cost = Int(min(Double(time) / settings.loudTime, 100))
        return cost > 0 || isFull(count) ? Self.more(loudReads, by: cost) : 0
    }

    private static func more(_ reads: UInt8, by count: Int) -> UInt8 { UInt8(clamping: Int(reads) + count) }

    /// What a loud client said has been handled.
    ///
    /// - Parameter time: how long that took, in nanoseconds.
    /// - Returns: whether loud clients wait from now on, until `turnEnded` says otherwise.
    mutating func didHandle(_ count: Int, in time: UInt64, at now: Instant) -> Bool {
        let cost = Double(time) + Double(count * listeners) * settings.nanosecondsPerDelivered
        // An average over about the last eight pieces.
        costOfByte += (cost / Double(max(1, count)) - costOfByte) / 8
        guard isShared(at: now) else { return false }
        tokens -= cost
        return tokens < 0
    }

    /// Until when a loud client may be handled in one go that begins now; nil for no end.
    func end(of start: Instant) -> Instant? {
        isShared(at: start) ? start + .nanoseconds(Int64(settings.mostTokens)) : nil
    }

    /// A turn ends.
    ///
    /// - Parameters:
    ///   - listeners: the clients that hear what is said.
    ///   - waiting: how many of them take it more slowly than it comes. When many do, it isn't they who are slow.
    /// - Returns: whether those who wait are read from again.
    mutating func turnEnded(listeners: Int, waiting: Int = 0, at now: Instant) -> Bool {
        self.listeners = listeners
        let since = refilledAt.map { Double((now - $0).wholeNanoseconds) } ?? 0
        refilledAt = now
        tokens = min(settings.mostTokens, tokens + since * settings.share)
        guard isShared(at: now) else {
            bytes = Self.whole
            return true
        }
        let piece =
            costOfByte > 0 ? Int(min(settings.mostTokens / costOfByte, Double(Self.whole))) : settings.unknownBytes
        bytes = max(piece, settings.leastBytes)
        return tokens > 0 && (waiting < 2 || Double(waiting) <= settings.mostWaiting * Double(listeners))
    }
}
