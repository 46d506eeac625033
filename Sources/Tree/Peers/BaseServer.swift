import DequeModule

/// The protocol of a base server: what it is sent is written in this dialect (docs/protocol.md#leaves).
public enum Dialect: Hashable, Sendable {
    /// The base protocol.
    case base
    /// The original system's protocol: every field is a string, and messages are numbered.
    case original
}

/// The id in an `ACTIVITY_BROADCAST` of a base server, if it has one.
public enum BroadcastID: Hashable, Sendable {
    /// An entry's origin and sequence.
    case entry(Origin, UInt64)
    /// A message of the original system whose `id` and `serial` are this number.
    case number(UInt32)
}

/// The state that a node keeps for a link to a base server.
struct BaseServer {
    let dialect: Dialect
    /// The address that its connection comes from. Nil until the runner has told it.
    var remote: Address?
    /// How many of its questions about names are not answered yet.
    var openQuestions = 0
    /// Whether it has been reported that these are too many.
    var hasAskedTooMuch = false
    /// Whether it left a question unanswered. The node doesn't wait for it until it answers one.
    var isMute = false
    var numbers: MessageNumbers
    var echoes = Echoes()

    init(_ dialect: Dialect, random: inout RandomNumbers) {
        self.dialect = dialect
        numbers = MessageNumbers(random: &random)
    }
}

/// The numbers of the messages that a server of the original system is sent.
///
/// A receiver of that system shows the first message of a sender (`id`) only if `serial` equals `id`, and from then on
/// only the next serial. A receiver that came later or missed a message would never show that sender again. So each
/// message gets a number of its own as both fields: everywhere it is the first of its sender. The numbers fit into a
/// Java `int`. They start at a random point of its upper half, so that they differ from the numbers that another node
/// gave earlier, or that a client drew for itself.
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

    /// Whether this number was given. After 2^30 numbers, which take years, all were.
    func hasGiven(_ number: UInt32) -> Bool {
        number >= Self.lowest && number <= Self.lowest | Self.mask && (number &- first) & Self.mask < count
    }
}

/// The questions and denials about names that a base server was sent lately. Some servers flood everything to all their
/// links, even to the one that it came from. If the node took that as an answer, such a server would deny the
/// registrations of its own network.
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

    /// Whether this repeats something that was sent within `Limits.echoMemory`. Each message counts as echoed once.
    mutating func take(_ heard: Told, at now: Instant) -> Bool {
        while let oldest = told.first, now - oldest.at > Limits.echoMemory { told.removeFirst() }
        guard let index = told.firstIndex(where: { $0.told == heard }) else { return false }
        told.remove(at: index)
        return true
    }
}
