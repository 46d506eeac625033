/// One entry of the log: its origin, its number there, its stamp and its content.
public struct Entry: Hashable, Sendable {
    public let origin: Origin
    /// From 1, without holes.
    public let sequence: UInt64
    public let stamp: Stamp
    public let body: Body

    public init(origin: Origin, sequence: UInt64, stamp: Stamp, body: Body) {
        self.origin = origin
        self.sequence = sequence
        self.stamp = stamp
        self.body = body
    }

    public enum Body: Hashable, Sendable {
        /// An activity of a client, for all clients to read.
        case activity(Activity)
        /// A change of the accounts. It is numbered like an activity, but only nodes read it.
        case account(AccountChange)
    }
}

/// An activity, in the form in which clients read it.
public struct Activity: Hashable, Sendable {
    /// The name that was logged in.
    public let sender: String
    /// The processed activity: the text of a JSON object, with the sender's own bytes except for `authenticated_user`.
    public let text: [UInt8]
    /// Nil for clients that don't number what they say.
    public let retry: RetryKey?

    public init(sender: String, text: [UInt8], retry: RetryKey?) {
        self.sender = sender
        self.text = text
        self.retry = retry
    }
}

/// How a client numbers what it says, so that every node recognises its retries.
public struct RetryKey: Hashable, Sendable {
    /// Chosen by the node or the client at login. It is no secret: it counts only together with the sender's name.
    public let session: String
    /// From 1.
    public let sequence: UInt64

    public init(session: String, sequence: UInt64) {
        self.session = session
        self.sequence = sequence
    }
}

/// The text of activities on the wire. The node is given a format at its start, since it knows no wire format itself.
///
/// All its methods are pure functions.
public protocol EntryFormat {
    /// The text of an activity as all clients see it: `authenticated_user` is set to the sender, whatever the client
    /// wrote there. All other bytes stay as they are.
    func process(_ text: [UInt8], sender: String) -> [UInt8]

    /// Appends the whole line of an entry. The digit that says how many nodes hold the entry is written as 1, and
    /// stands `copiesFromEnd` bytes before the line's end: the log changes it in place when the entry becomes safe.
    func appendLine(of entry: Entry, to bytes: inout [UInt8])

    /// Appends a line as clients read it in total order: the line itself, or a copy that is marked as late.
    func append(_ line: Span<UInt8>, isLate: Bool, to bytes: inout [UInt8])

    /// How far before the line's end the digit of the copies stands, in bytes: 1 is the last byte of the line.
    var copiesFromEnd: Int { get }
}
