import DequeModule

/// Which protocol a server that is no node reads: what it is sent is written for that (docs/protocol.md#leaves).
public enum Dialect: Hashable, Sendable {
    /// The base protocol.
    case base
    /// The original system's: every field is a string, and messages are numbered.
    case original
}

/// What the `ACTIVITY_BROADCAST` of a server that is no node is called, if it is called anything.
public enum BroadcastID: Hashable, Sendable {
    /// An entry, as nodes call it.
    case entry(Origin, UInt64)
    /// A message of the original system whose `id` and `serial` are this number.
    case number(UInt32)
}

/// What a node keeps of a link to a server that is no node.
struct BaseServer {
    let dialect: Dialect
    /// Where its connection comes from. Nil until the runner has said so.
    var remote: Address?
    /// Questions about names that it asked and that are not answered yet.
    var openQuestions = 0
    /// It was told once that these are too many.
    var hasAskedTooMuch = false
    /// It left a question unanswered. Nobody waits for it until it answers one.
    var isMute = false
    var numbers: MessageNumbers
    var echoes = Echoes()

    init(_ dialect: Dialect, random: inout RandomNumbers) {
        self.dialect = dialect
        numbers = MessageNumbers(random: &random)
    }
}

/// The numbers under which a server of the original system is told messages.
///
/// Its receivers show the first message of a sender (`id`) only if `serial` equals `id`, and then only the next serial.
/// A receiver that came later, or missed one, would never see that sender again. So each message gets a number of its
/// own as both: it is the first of its sender, everywhere. The numbers fit into a Java `int`. They begin anywhere in
/// its upper half, so that the numbers which another node gave earlier, or a client drew for itself, don't come again.
struct MessageNumbers {
    private let first: UInt32
    private var count: UInt32 = 0

    private static let lowest: UInt32 = 1 << 30
    private static let mask: UInt32 = 1 << 30 - 1

    init(random: inout RandomNumbers) {
        first = UInt32.random(in: 0...Self.mask, using: &random)
    }

    mutating func next() -> UInt32 {
        defer { count &+= 1 }
        return Self.lowest | (first &+ count) & Self.mask
    }

    /// Whether this number was given. After 2^30 numbers, which takes years, all were.
    func hasGiven(_ number: UInt32) -> Bool {
        number >= Self.lowest && number <= Self.lowest | Self.mask && (number &- first) & Self.mask < count
    }
}

/// What a server that is no node was told about names lately: some servers flood everything to everybody, also to whom
/// it came from. Taken at its word, such a server would deny its own network's registrations.
struct Echoes {
    struct Told: Equatable {
        enum Kind {
            case request
            case denial
        }

        let kind: Kind
        let username: String
        let secret: SecretDigest
    }

    private var told: Deque<(told: Told, at: Instant)> = []

    mutating func note(_ told: Told, at now: Instant) {
        if self.told.count >= Limits.echoes { self.told.removeFirst() }
        self.told.append((told, now))
    }

    /// Whether this is what was told a moment ago. Each is taken as an echo once.
    mutating func take(_ heard: Told, at now: Instant) -> Bool {
        while let oldest = told.first, now - oldest.at > Limits.echoMemory { told.removeFirst() }
        guard let index = told.firstIndex(where: { $0.told == heard }) else { return false }
        told.remove(at: index)
        return true
    }
}
