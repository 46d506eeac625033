import JSON
import Tree

// Questions about the sessions of all nodes (docs/protocol.md#sessions), and what operators' tools ask and are told.

extension SessionPosition {
    /// Nil if the field is absent.
    init?(_ fields: Fields, _ key: String) throws(WireError) {
        guard let text = try fields.optionalString(key) else { return nil }
        guard let position = SessionPosition(text) else { throw .wrongType(key, "a session's position") }
        self = position
    }

    /// As it stands in lines: the node, and the number of the connection there.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = IdentityText.node(String(parts[0])), let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(node: node, connection: ConnectionID(number))
    }

    var text: String { "\(IdentityText.text(node)).\(connection.value)" }
}

extension SessionsPage {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            target: try BanTarget(of: fields), after: try SessionPosition(fields, "after"),
            limit: fields.has("limit") ? try fields.number("limit", as: Int.self) : FieldBounds.sessions)
    }

    var members: Members {
        (target?.members ?? []) + (after.map { [("after", .string($0.text))] } ?? []) + [("limit", .number(limit))]
    }
}

extension SessionsQuestion {
    init(_ fields: Fields) throws(WireError) {
        let subject: Subject =
            switch try fields.string("action") {
            case "list": .list(try SessionsPage(fields))
            case "end":
                .end(
                    try BanTarget(fields),
                    info: try fields.optionalString("info", limitBytes: FieldBounds.reasonBytes) ?? "")
            case "ban": .ban(try BanRecord(fields.object("ban")))
            case "balance":
                .balance(
                    target: try fields.number("target", as: Int.self),
                    perSecond: try fields.number("rate", as: Int.self))
            default: throw .wrongType("action", "list, end, ban or balance")
            }
        self.init(id: try fields.question(), subject: subject)
    }

    var members: Members {
        let first: Members = [("request", .question(id))]
        return switch subject {
        case .list(let page): first + [("action", .string("list"))] + page.members
        case .end(let target, let info): first + [("action", .string("end")), ("info", .string(info))] + target.members
        case .ban(let record): first + [("action", .string("ban")), ("ban", .object(record.members))]
        case .balance(let target, let rate):
            first + [("action", .string("balance")), ("target", .number(target)), ("rate", .number(rate))]
        }
    }
}

extension SessionView {
    init(_ fields: Fields) throws(WireError) {
        guard let position = try SessionPosition(fields, "position") else { throw .missing("position") }
        self.init(
            position: position, node: try fields.address(), username: try fields.username(),
            session: try fields.string("session", limitBytes: FieldBounds.sessionBytes),
            since: try fields.count("since"), messages: try fields.count("messages"),
            connection: ConnectionTraits(
                transport: try fields.string("transport", limitBytes: FieldBounds.rangeBytes),
                host: try fields.string("from", limitBytes: FieldBounds.hostBytes),
                lagBytes: try fields.count("lag_bytes")))
    }

    var members: Members {
        JSONValue.address(node) + [
            ("position", .string(position.text)), ("username", .string(username)), ("session", .string(session)),
            ("from", .string(connection.host)), ("transport", .string(connection.transport)),
            ("since", .number(since)), ("messages", .number(messages)), ("lag_bytes", .number(connection.lagBytes)),
        ]
    }
}

extension SessionsAnswer {
    init(_ fields: Fields) throws(WireError) {
        var sessions: [SessionView] = []
        if fields.has("sessions") {
            for value in try fields.array("sessions", limit: FieldBounds.sessions) {
                sessions.append(try SessionView(Fields(value, "sessions")))
            }
        }
        self.init(
            sessions: sessions, total: Int(try fields.count("total")),
            nodes: Int(try fields.count("nodes")),
            durable: fields.has("durable") ? Int(try fields.count("durable")) : 0,
            isUnknown: try fields.flag("unknown"))
    }

    var members: Members {
        var members: Members = [("total", .number(total)), ("nodes", .number(nodes))]
        if !sessions.isEmpty { members.append(("sessions", .array(sessions.map { .object($0.members) }))) }
        if durable > 0 { members.append(("durable", .number(durable))) }
        if isUnknown { members.append(("unknown", .bool(true))) }
        return members
    }
}

/// `SESSIONS`
enum SessionsLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        .sessionsAnswer(try fields.question(), try SessionsAnswer(fields))
    }

    static func members(_ id: QuestionID, _ answer: SessionsAnswer) -> Members {
        [("request", .question(id))] + answer.members
    }
}

// MARK: Administration

extension SessionAction {
    /// Nil if the action is another one.
    init?(named action: String, _ fields: Fields) throws(WireError) {
        switch action {
        case "sessions": self = .list(try SessionsPage(fields))
        case "end": self = .end(try BanTarget(fields), reason: try Self.reason(fields))
        case "ban":
            let seconds = fields.has("seconds") ? try fields.number("seconds", as: UInt32.self) : nil
            self = .ban(try BanTarget(fields), seconds.map { .seconds(Int64($0)) }, reason: try Self.reason(fields))
        case "unban": self = .unban(try BanTarget(fields))
        case "bans": self = .bans(page: fields.has("page") ? try fields.number("page", as: Int.self) : 0)
        default: return nil
        }
    }

    private static func reason(_ fields: Fields) throws(WireError) -> String {
        // A longer one would not fit into the sentence that nodes tell each other.
        try fields.optionalString("reason", limitBytes: FieldBounds.toolReasonBytes) ?? ""
    }

    var members: Members {
        switch self {
        case .list(let page): [("action", .string("sessions"))] + page.members
        case .end(let target, let reason):
            [("action", .string("end"))] + target.members + Self.members(of: reason)
        case .ban(let target, let duration, let reason):
            [("action", .string("ban"))] + target.members
                + (duration.map { [("seconds", .number($0.components.seconds))] } ?? []) + Self.members(of: reason)
        case .unban(let target): [("action", .string("unban"))] + target.members
        case .bans(let page): [("action", .string("bans")), ("page", .number(page))]
        }
    }

    private static func members(of reason: String) -> Members {
        reason.isEmpty ? [] : [("reason", .string(reason))]
    }
}

extension MovingAction {
    private static let rates: ClosedRange<UInt64> = 1...UInt64(Limits.movesPerSecond)

    /// Nil if the action is another one.
    init?(named action: String, _ fields: Fields) throws(WireError) {
        switch action {
        case "drain": self = .drain(perSecond: try Self.rate(fields))
        case "stop-draining": self = .stopDraining
        case "draining": self = .look
        case "rebalance": self = .balance(perSecond: try Self.rate(fields))
        default: return nil
        }
    }

    private static func rate(_ fields: Fields) throws(WireError) -> Int {
        let rate = try fields.number("rate")
        guard rates.contains(rate) else { throw .outOfRange("rate", rates) }
        return Int(rate)
    }

    var members: Members {
        switch self {
        case .drain(let rate): [("action", .string("drain")), ("rate", .number(rate))]
        case .stopDraining: [("action", .string("stop-draining"))]
        case .look: [("action", .string("draining"))]
        case .balance(let rate): [("action", .string("rebalance")), ("rate", .number(rate))]
        }
    }
}
