import JSON
import Tree

/// What a server says to a client, as far as a client minds (`docs/protocol.md`).
public enum ServerMessage: Equatable, Sendable {
    case loginSuccess(LoginSuccess)
    case loginFailed(info: String)
    case registerSuccess(info: String)
    case registerFailed(info: String)
    case authenticationFail(info: String)
    case invalidMessage(info: String)
    case redirect(Address)
    case broadcast(Broadcast)
    case gap(Gap)
    /// A command that this client doesn't know. It is passed over: a later server may say more.
    case unknown(command: String)
    /// No message at all.
    case nonsense

    /// A server of the base protocol gives none of these.
    public struct LoginSuccess: Equatable, Sendable {
        public var vector: Vector?
        public var servers: [Address]
        /// What the session is called in broadcasts.
        public var shownSession: String?
        /// How many nodes are to hold a message before it comes back.
        public var copies: Int?
        /// The longest line that the server takes, in bytes, without its end.
        public var lineBytes: Int?

        public init(
            vector: Vector? = nil, servers: [Address] = [], shownSession: String? = nil, copies: Int? = nil,
            lineBytes: Int? = nil
        ) {
            self.vector = vector
            self.servers = servers
            self.shownSession = shownSession
            self.copies = copies
            self.lineBytes = lineBytes
        }
    }

    /// Entries that are not coming any more.
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

/// What somebody said, as it came.
public struct Broadcast: Equatable, Sendable {
    /// The whole line, without its end.
    public let line: [UInt8]
    /// A number in it that is too big to be computed with is another one here.
    public let activity: JSONMembers
    /// Missing from servers of the base protocol, like all that follows.
    public let id: EntryName?
    /// When it was accepted, and its place where there is one order for everybody.
    public let stamp: Stamp?
    /// In total order: it comes later than its place.
    public let isLate: Bool
    /// The sender's.
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

    /// What was said without who said it, on one line, with its numbers as they were written.
    var content: [UInt8] {
        guard let place = JSONText.valueRange(ofKey: "activity", in: line) else { return [] }
        return JSONText.compact(Array(line[place]), without: "authenticated_user")
    }

    /// Who said it, by what its server vouches for.
    public var sender: String { activity["authenticated_user"]?.string ?? "" }
}

/// An entry's id, `<origin>.<sequence>`. What an origin's name consists of is the nodes' business.
public struct EntryName: Hashable, Sendable {
    public let origin: String
    public let sequence: UInt64

    public init(origin: String, sequence: UInt64) {
        self.origin = origin
        self.sequence = sequence
    }

    var text: String { "\(origin).\(sequence)" }

    init?(_ text: String) {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex,
            let sequence = UInt64(text[text.index(after: dot)...]), sequence > 0
        else { return nil }
        self.init(origin: String(text[..<dot]), sequence: sequence)
    }
}

extension ServerMessage {
    /// - Parameter line: without its end.
    public init(line: [UInt8]) {
        guard let object = try? JSONObject(parsing: line, bigNumbers: .allowedIn(["activity"])),
            let command = object.string("command")
        else {
            self = .nonsense
            return
        }
        let info = object.string("info") ?? ""
        switch command {
        case "LOGIN_SUCCESS":
            let servers = (object.array("servers") ?? []).compactMap { Address(json: $0) }
            self = .loginSuccess(
                LoginSuccess(
                    vector: object.object("vector").map { Vector($0) }, servers: servers,
                    shownSession: object.string("shown"), copies: object.int("copies").map { Int($0) },
                    lineBytes: object.int("max_line_bytes").map { Int($0) }))
        case "LOGIN_FAILED": self = .loginFailed(info: info)
        case "REGISTER_SUCCESS": self = .registerSuccess(info: info)
        case "REGISTER_FAILED": self = .registerFailed(info: info)
        case "AUTHENTICATION_FAIL": self = .authenticationFail(info: info)
        case "INVALID_MESSAGE": self = .invalidMessage(info: info)
        case "REDIRECT":
            self = Address(json: .object(object.members)).map { .redirect($0) } ?? .nonsense
        case "ACTIVITY_BROADCAST":
            guard let activity = object.object("activity") else {
                self = .nonsense
                return
            }
            self = .broadcast(
                Broadcast(
                    line: line, activity: activity, id: object.string("id").flatMap { EntryName($0) },
                    stamp: object.string("stamp").flatMap { UInt64($0) }.map { Stamp($0) },
                    isLate: object.bool("late") == true, session: object.string("session"),
                    sequence: object.int("cseq").flatMap { UInt64(exactly: $0) },
                    copies: object.int("copies").map { Int($0) }))
        case "GAP":
            guard let origin = object.string("origin"), let from = object.int("from").flatMap({ UInt64(exactly: $0) }),
                let through = object.int("through").flatMap({ UInt64(exactly: $0) }), from <= through
            else {
                self = .nonsense
                return
            }
            self = .gap(Gap(origin: origin, from: from, through: through))
        default: self = .unknown(command: command)
        }
    }
}

extension Address {
    /// `hostname` and `port`. The original's servers write ports as strings, and some put a name before the slash of
    /// a numeric address.
    init?(json: JSONValue) {
        guard let text = json["hostname"]?.string, !text.isEmpty,
            let port = json["port"]?.integer ?? json["port"]?.string.flatMap({ Int64($0) }),
            let port = UInt16(exactly: port), port > 0
        else { return nil }
        let host = text.split(separator: "/").last.map(String.init) ?? text
        self.init(host: host, port: port)
    }
}
