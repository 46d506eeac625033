import JSON
import Session
import Tree
import Wire

/// Any JSON. It is written as a literal: `["object": "hello", "n": 1]`.
public typealias JSON = JSONValue

/// Why something could not be done: `reason` for programs, `description` for people.
public typealias ClientFault = Session.ClientFault

/// What a client tells its program.
public enum ClientEvent: Sendable {
    case message(Message)
    case gap(Gap)
    case connected(Connected)
    case caughtUp(CaughtUp)
    case lost(Lost)
    case notice(ServerNotice)
    case skipped(Skipped)
}

/// Something that somebody has said; each is told once, and those of one sender in the order in which they were said.
public struct Message: Sendable {
    /// An object. Numbers in it that 64 bits don't hold have another value here, and their own in `text`.
    public let activity: JSON
    /// The name under which the sender is logged in: `anonymous`, or one that the server has checked.
    public let sender: String
    /// `<origin>.<sequence>`: which entry of the log it is; nil from servers of the base protocol.
    public let id: String?
    /// 46 bits of milliseconds since 1970 above 18 bits of counter: `stamp >> 18` is the time.
    public let stamp: UInt64?
    /// What the sender's session is called; with `cseq` it names the message, wherever it was taken.
    public let session: String?
    public let cseq: UInt64?
    /// How many nodes are known to hold it.
    public let copies: Int?
    /// In total order: it comes after its position, since the network was cut for long.
    public let isLate: Bool
    /// This client has said it.
    public let isOwn: Bool
    private let line: [UInt8]

    /// The activity as it was said, without `authenticated_user`.
    public var text: String { String(decoding: broadcast.content, as: UTF8.self) }

    private var broadcast: Broadcast { Broadcast(line: line, activity: activity.object ?? JSONMembers()) }

    init(_ broadcast: Broadcast, isOwn: Bool) {
        activity = .object(broadcast.activity)
        sender = broadcast.sender
        id = broadcast.id?.text
        stamp = broadcast.stamp?.value
        session = broadcast.session
        cseq = broadcast.sequence
        copies = broadcast.copies
        isLate = broadcast.isLate
        self.isOwn = isOwn
        line = broadcast.line
    }
}

/// The entries `first` to `last` of `origin` don't come: no server that was asked still has them.
public struct Gap: Sendable {
    public let origin: String
    public let first: UInt64
    public let last: UInt64
}

/// The client is logged in.
public struct Connected: Sendable {
    public let server: String
    /// The client's name as others see it.
    public let name: String
    /// False at the first login.
    public let resumed: Bool
}

/// Everything that was said while the client had no server has come.
public struct CaughtUp: Sendable {
    /// So many messages of it.
    public let missed: Int
}

/// The server was lost, or has sent the client on. Another one is being looked for.
public struct Lost: Sendable {
    public let server: String
    public let reason: String
}

/// The server says something that people should know.
public struct ServerNotice: Sendable {
    public let info: String
    /// True: the server takes messages only as fast as the slowest link does; false: at any rate again.
    public let waits: Bool?
}

/// So many events came before the program asked for any, and were not kept.
public struct Skipped: Sendable {
    public let count: Int
}

/// A message of this client is safe: so many nodes hold it that it is shown to everybody.
public struct Receipt: Sendable, Equatable {
    /// The number of the message in the client's session.
    public let cseq: UInt64
    /// How many nodes are known to hold it.
    public let copies: Int
    /// How many are to hold it. Fewer `copies` mean that the server had no neighbours left.
    public let promised: Int
    /// Nil if a later message came back first: this one lies in a gap.
    public let id: String?
    public let stamp: UInt64?

    init(_ receipt: ClientSession.Receipt) {
        cseq = receipt.sequence
        copies = receipt.copies
        promised = receipt.promised
        id = receipt.id?.text
        stamp = receipt.stamp?.value
    }
}

extension ClientEvent {
    init(_ telling: ClientSession.Telling) {
        self =
            switch telling {
            case .message(let broadcast, let isOwn): .message(Message(broadcast, isOwn: isOwn))
            case .gap(let gap): .gap(Gap(origin: gap.origin, first: gap.from, last: gap.through))
            case .connected(let address, let name, let resumed):
                .connected(Connected(server: "\(address)", name: name, resumed: resumed))
            case .caughtUp(let missed): .caughtUp(CaughtUp(missed: missed))
            case .lost(let address, let reason, _, _): .lost(Lost(server: "\(address)", reason: reason))
            case .notice(let info, let waits): .notice(ServerNotice(info: info, waits: waits))
            }
    }
}
