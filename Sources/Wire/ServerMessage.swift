import JSON
import Tree

/// A server's message to a client or a tool, as far as one of them uses it (docs/protocol.md#clients).
///
/// A client reads more leniently than a node, since it also talks to servers of the base protocol and to later
/// versions. A field that is absent or has another type counts as not given, and the name of an origin is any text.
public enum ServerMessage: Equatable, Sendable {
    case loginSuccess(LoginSuccess)
    case loginFailed(info: String)
    case registerSuccess(info: String)
    case registerFailed(info: String)
    /// - durable: how many nodes have the new secret on disk.
    case secretChanged(info: String, durable: Int64)
    case changeFailed(info: String)
    case authenticationFail(info: String)
    case invalidMessage(info: String)
    /// The server takes no client now. `servers` names others.
    case unavailable(info: String, servers: [Address])
    /// `resumeToken`: what the client shows there instead of its secret.
    case redirect(Address, resumeToken: ClientToken? = nil)
    case broadcast(Broadcast)
    case gap(Gap)
    /// `waits`: true if the server takes the client's messages only as fast as the slowest link, false if it takes them
    /// at any rate again; nil if the notice is about something else.
    case notice(info: String, waits: Bool? = nil)
    case status(TreeStatus)
    case administered(AdministrationAnswer)
    /// A command that a client doesn't know. It is ignored: a later server may send more commands than this client
    /// knows.
    case unknown(command: String, info: String)
    /// A known command without a field that the client needs.
    case malformed(Command, info: String)
    /// The line is no object, or has no command.
    case noMessage

    /// `LOGIN_SUCCESS`. A server of the base protocol gives none of these fields.
    public struct LoginSuccess: Equatable, Sendable {
        /// The user's name as others see it, where it isn't spelled as the client spelled it.
        public var username: String?
        /// For each origin, the highest sequence that the client need not ask for.
        public var vector: [String: UInt64]?
        public var servers: [Address]
        /// What the session is called in broadcasts.
        public var shownSession: String?
        /// What the client may show at a later login instead of its secret.
        public var resumeToken: ClientToken?
        /// What stands for the account in any session, if the client has asked for it.
        public var bearerToken: ClientToken?
        /// The session that belongs to it, if the client chose none.
        public var session: String?
        /// How many nodes have to hold a message before it is shown.
        public var copies: Int?
        /// The longest line that the server takes, in bytes without the line end.
        public var lineBytes: Int?
        /// The server closes a client that sends nothing for so many seconds.
        public var idleSeconds: Int?
        /// Why the server closed the session's connection before, if the client may not have read it.
        public var cut: String?

        public init(
            username: String? = nil, vector: [String: UInt64]? = nil, servers: [Address] = [],
            shownSession: String? = nil, resumeToken: ClientToken? = nil, bearerToken: ClientToken? = nil,
            session: String? = nil, copies: Int? = nil, lineBytes: Int? = nil, idleSeconds: Int? = nil,
            cut: String? = nil
        ) {
            self.username = username
            self.vector = vector
            self.servers = servers
            self.shownSession = shownSession
            self.resumeToken = resumeToken
            self.bearerToken = bearerToken
            self.session = session
            self.copies = copies
            self.lineBytes = lineBytes
            self.idleSeconds = idleSeconds
            self.cut = cut
        }
    }

    /// Entries that will not come any more.
    public struct Gap: Equatable, Sendable {
        public let origin: String
        public let from: UInt64
        public let through: UInt64

        public init(origin: String, from: UInt64, through: UInt64) {
            self.origin = origin
            self.from = from
            self.through = through
        }
    }
}

/// An activity that was said, as it came.
public struct Broadcast: Equatable, Sendable {
    /// The whole line, without its end.
    public let line: [UInt8]
    /// Numbers in it that 64 bits don't hold have another value here.
    public let activity: JSONMembers
    /// Nil from servers of the base protocol, like all that follows.
    public let id: EntryName?
    /// When the message was accepted. In total order it is also its position.
    public let stamp: Stamp?
    /// In total order: the message is shown after its position had gone by.
    public let isLate: Bool
    /// The session and the number that the sender gave the message.
    public let session: String?
    public let sequence: UInt64?
    /// How many nodes are known to hold it.
    public let copies: Int?

    public init(
        line: [UInt8] = [], activity: JSONMembers, id: EntryName? = nil, stamp: Stamp? = nil, isLate: Bool = false,
        session: String? = nil, sequence: UInt64? = nil, copies: Int? = nil
    ) {
        self.line = line
        self.activity = activity
        self.id = id
        self.stamp = stamp
        self.isLate = isLate
        self.session = session
        self.sequence = sequence
        self.copies = copies
    }

    /// The name of the sender, as the server has set it.
    public var sender: String { activity["authenticated_user"]?.string ?? "" }

    /// The activity without the name of its sender, on one line, with its numbers as they were written.
    public var content: [UInt8] {
        guard let range = JSONText.valueRange(ofKey: "activity", in: line) else { return [] }
        return JSONText.compact(Array(line[range]), without: "authenticated_user")
    }
}

// MARK: Reading

extension ServerMessage {
    /// - Parameter line: with or without its end.
    public init(line: [UInt8]) {
        guard let object = try? JSONObject(parsing: line, bigNumbers: .allowedIn(["activity"])),
            let name = object.string("command")
        else {
            self = .noMessage
            return
        }
        let info = object.string("info") ?? ""
        let command = Command(rawValue: name)
        let message: ServerMessage? =
            switch command {
            case .loginSuccess: .loginSuccess(LoginSuccess(object))
            case .loginFailed: .loginFailed(info: info)
            case .registerSuccess: .registerSuccess(info: info)
            case .registerFailed: .registerFailed(info: info)
            case .secretChanged: .secretChanged(info: info, durable: object.int("durable") ?? 0)
            case .changeFailed: .changeFailed(info: info)
            case .authenticationFail: .authenticationFail(info: info)
            case .invalidMessage:
                object.array("servers").map { servers in
                    .unavailable(info: info, servers: servers.compactMap { Address(lenient: $0) })
                } ?? .invalidMessage(info: info)
            case .redirect:
                Address(lenient: .object(object.members)).map { .redirect($0, resumeToken: ClientToken(object)) }
            case .activityBroadcast: Broadcast(object, line).map { .broadcast($0) }
            case .gap: Gap(object).map { .gap($0) }
            case .notice: .notice(info: info, waits: object.bool("waits"))
            case .status: TreeStatus(object).map { .status($0) }
            case .administered: AdministrationAnswer(object).map { .administered($0) }
            default: .unknown(command: name, info: info)
            }
        self = message ?? .malformed(command!, info: info)
    }

    /// The text for people; the command where the server gives none.
    public var words: String {
        func words(_ info: String, _ command: Command) -> String { info.isEmpty ? command.rawValue : info }
        return switch self {
        case .loginSuccess: Command.loginSuccess.rawValue
        case .loginFailed(let info): words(info, .loginFailed)
        case .registerSuccess(let info): words(info, .registerSuccess)
        case .registerFailed(let info): words(info, .registerFailed)
        case .secretChanged(let info, _): words(info, .secretChanged)
        case .changeFailed(let info): words(info, .changeFailed)
        case .authenticationFail(let info): words(info, .authenticationFail)
        case .invalidMessage(let info), .unavailable(let info, _): words(info, .invalidMessage)
        case .redirect: Command.redirect.rawValue
        case .broadcast: Command.activityBroadcast.rawValue
        case .gap: Command.gap.rawValue
        case .notice(let info, _): words(info, .notice)
        case .status: Command.status.rawValue
        case .administered(.failed(let info)): words(info, .administered)
        case .administered: Command.administered.rawValue
        case .unknown(let command, let info): info.isEmpty ? command : info
        case .malformed(let command, let info): words(info, command)
        case .noMessage: "it doesn't speak the protocol"
        }
    }
}

extension ServerMessage.LoginSuccess {
    fileprivate init(_ object: borrowing JSONObject) {
        self.init(
            username: object.string("username"), vector: object.object("vector").map(Self.counts),
            servers: (object.array("servers") ?? []).compactMap { Address(lenient: $0) },
            shownSession: object.string("shown"), resumeToken: ClientToken(object),
            bearerToken: ClientToken(object, .bearer),
            session: object.string("session"), copies: object.int("copies").map { Int($0) },
            lineBytes: object.int("max_line_bytes").map { Int($0) },
            idleSeconds: object.int("idle_timeout").map { Int($0) }, cut: object.string("cut"))
    }

    /// Members that are no counts are left out.
    private static func counts(_ members: JSONMembers) -> [String: UInt64] {
        var counts: [String: UInt64] = [:]
        for member in members.list { counts[member.key] = member.value.integer.flatMap { UInt64(exactly: $0) } }
        return counts
    }
}

extension ClientToken {
    /// A token without a life counts as one that is good for ever: the server says when it is void.
    fileprivate init?(_ object: borrowing JSONObject, _ field: TokenField = .resume) {
        guard let text = object.string(field.key), text.utf8.count <= FieldBounds.resumeTokenBytes else {
            return nil
        }
        let seconds = object.int(field.life).map { max(0, min($0, 1 << 40)) } ?? 1 << 40
        self.init(secret: Secret(text), life: .seconds(seconds))
    }
}

extension ServerMessage.Gap {
    fileprivate init?(_ object: borrowing JSONObject) {
        guard let origin = object.string("origin"), let from = object.int("from").flatMap({ UInt64(exactly: $0) }),
            let through = object.int("through").flatMap({ UInt64(exactly: $0) }), from <= through
        else { return nil }
        self.init(origin: origin, from: from, through: through)
    }
}

extension Broadcast {
    fileprivate init?(_ object: borrowing JSONObject, _ line: [UInt8]) {
        guard let activity = object.object("activity") else { return nil }
        self.init(
            line: line, activity: activity, id: object.string("id").flatMap { EntryName($0) },
            stamp: object.string("stamp").flatMap { UInt64($0) }.map { Stamp($0) },
            isLate: object.bool("late") == true, session: object.string("session"),
            sequence: object.int("cseq").flatMap { UInt64(exactly: $0) }, copies: object.int("copies").map { Int($0) })
    }
}

extension Address {
    /// Reads `hostname` and `port`. The original's servers write ports as strings. Some of them put a name and a slash
    /// before a numeric address.
    fileprivate init?(lenient value: JSONValue) {
        guard let text = value["hostname"]?.string, !text.isEmpty,
            let port = value["port"]?.integer ?? value["port"]?.string.flatMap({ Int64($0) }),
            let port = UInt16(exactly: port), port > 0
        else { return nil }
        let host = text.split(separator: "/").last.map(String.init) ?? text
        self.init(host: host, port: port)
    }
}
