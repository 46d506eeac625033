import Tree
import UV

/// Decides how much of each client is read in one turn, and who has to wait, so that a loud client doesn't make the
/// others wait.
///
/// A client is loud when it has filled several times in a row what was lent to it, or half of the whole buffer, about
/// what the kernel keeps for one that is read seldom: it sends faster than the node reads. What it says costs the time
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

    /// Whether loud clients have to share.
    private func isShared(at now: Instant) -> Bool { now < quietUntil }

    /// Whether a client that has filled what was lent to it so often in a row is loud.
    func isLoud(_ fullReads: UInt8) -> Bool { fullReads >= settings.fullReads }

    /// Bytes of a client were read.
    ///
    /// - Parameter fullReads: how often in a row the client has filled what was lent to it.
    /// - Returns: the same, with this time.
    mutating func didRead(_ count: Int, _ fullReads: UInt8, at now: Instant) -> UInt8 {
        if count >= min(bytes, Self.whole / 2) { return min(fullReads, .max - 1) + 1 }
        // The rest of what a loud client had to say is no sign of a quiet one.
        if fullReads == 0, count <= settings.quietBytes { quietUntil = now + settings.memory }
        return 0
    }

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
        let piece = costOfByte > 0 ? Int(min(settings.mostTokens / costOfByte, Double(Self.whole))) : Self.whole
        bytes = max(piece, settings.leastBytes)
        return tokens > 0 && (waiting < 2 || Double(waiting) <= settings.mostWaiting * Double(listeners))
    }
}
