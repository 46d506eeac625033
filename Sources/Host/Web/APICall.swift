import HTTPCodec
import JSON
import Secrets
import Tree
import Wire

/// One request of the API under way: to say something, or to listen (docs/protocol.md#api).
///
/// To the node it is a client like all others. This type writes what such a client says, and turns what it hears into
/// an answer of HTTP. It has no socket and no clock.
final class APICall {
    enum Purpose: Equatable {
        /// The activity, as it came.
        case say([UInt8])
        case listen
        /// A token that stands for the account from now on.
        case token
    }

    /// What is to be done.
    enum Step {
        /// A line for the node.
        case tell([UInt8])
        /// Its first bytes for the program, with the status in them.
        case answer(Int, [UInt8])
        /// Further bytes for the program.
        case write([UInt8])
        /// The answer is complete.
        case end
    }

    let purpose: Purpose
    private let request: HTTPRequest
    private let user: User
    /// The user's name, as the node knows it.
    private var username: String
    /// The session under which something is said, so that a repetition is recognised at any node.
    private let key: String?
    /// What the program has seen, as it was told in the last event's id.
    private let since: [UInt8]?
    /// Fields for every answer.
    private let fields: HTTPFields
    private var shown: String?
    /// For each origin, the highest sequence that the program has seen.
    private var vector: [String: UInt64] = [:]
    private(set) var hasAnswered = false
    /// Ends what bounds the wait for what was said.
    var patience: (() -> Void)?

    /// The longest key of a request that may be repeated: the longest session of a client.
    static let keyBytes = 64

    /// - Parameter fields: for every answer.
    init(_ request: HTTPRequest, _ purpose: Purpose, fields: HTTPFields) throws(APIProblem) {
        self.request = request
        self.purpose = purpose
        self.fields = fields
        user = try User(request)
        username = user.name
        key = request.fields.single("Idempotency-Key")
        if let key, key.isEmpty || key.utf8.count > Self.keyBytes {
            throw APIProblem(400, "an Idempotency-Key has 1 to \(Self.keyBytes) bytes")
        }
        since = request.fields.single("Last-Event-ID").flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        if let since, !Self.isObject(since) {
            throw APIProblem(400, "Last-Event-ID is none of this server's")
        }
        if purpose == .token {
            guard case .named = user else {
                throw APIProblem(401, "a token is given for a name and its secret: Authorization: Basic")
            }
        }
        if case .say(let activity) = purpose, !Self.isObject(activity) {
            throw APIProblem(400, "the body has to be a JSON object: the activity")
        }
    }

    /// What it says first.
    var login: [UInt8] {
        var members = members("LOGIN")
        switch user {
        case .anonymous, .named: break
        case .vouched(let token):
            // The token says whose it is.
            members["username"] = nil
            members["token"] = .string(token)
        case .account(_, let token): members["resume_token"] = .string(token)
        }
        members["redirected"] = .bool(true)
        members["features"] = .array([.string(purpose == .token ? Login.bearerFeature : Login.gapFeature)])
        if let key, purpose != .listen { members["session"] = .string(key) }
        return since.map { Self.line(members, "since", $0) } ?? JSONValue.object(members).encoded
    }

    /// The line of a message with one more member, whose value stays as it came.
    private static func line(_ members: JSONMembers, _ key: String, _ value: [UInt8]) -> [UInt8] {
        var line = JSONValue.object(members).encoded
        line.removeLast()
        line += ",\"\(key)\":".utf8
        for byte in value { line.append(byte == 10 || byte == 13 ? 32 : byte) }
        line.append(UInt8(ascii: "}"))
        return line
    }

    private static func isObject(_ text: [UInt8]) -> Bool {
        do {
            _ = try JSONObject(parsing: text, bigNumbers: .allowed)
            return true
        } catch {
            return false
        }
    }

    private func members(_ command: String) -> JSONMembers {
        var members: JSONMembers = [:]
        members["command"] = .string(command)
        members["username"] = .string(username)
        if case .named(_, let secret) = user { members["secret"] = .string(secret) }
        return members
    }

    /// Takes a line that the node has sent.
    func take(_ line: [UInt8]) -> [Step] {
        let message = ServerMessage(line: line)
        if let problem = APIProblem(message) {
            // What can be no token at all is a fault of who asks, too.
            if case .vouched = user, shown == nil, problem.status == 400 {
                return fail(APIProblem(401, problem.detail))
            }
            return fail(problem)
        }
        switch message {
        case .loginSuccess(let success):
            shown = success.shownSession
            if let name = success.username { username = name }
            vector = since.flatMap { Self.vector($0) } ?? success.vector ?? [:]
            return loggedIn(success.bearerToken)
        case .broadcast(let broadcast): return hear(broadcast)
        case .gap(let gap):
            vector[gap.origin] = max(gap.through, vector[gap.origin] ?? 0)
            return purpose == .listen ? [.write(event("gap", line))] : []
        default: return []
        }
    }

    private static func vector(_ text: [UInt8]) -> [String: UInt64]? {
        guard let object = try? JSONObject(parsing: text) else { return nil }
        var vector: [String: UInt64] = [:]
        for member in object.members.list { vector[member.key] = member.value.integer.map { UInt64(clamping: $0) } }
        return vector
    }

    /// - Parameter token: nil if none was asked for.
    private func loggedIn(_ token: ClientToken?) -> [Step] {
        switch purpose {
        case .token:
            guard let token else { return fail(APIProblem(503, "this server gives no tokens now: try again")) }
            // The fields of RFC 6749, section 5.1.
            let body: JSONMembers = [
                "access_token": .string(User.bearer(username, token.secret)), "token_type": "Bearer",
                "expires_in": .integer(token.life.wholeMilliseconds / 1000),
            ]
            return answer(200, JSONValue.object(body).encoded)
        case .listen:
            hasAnswered = true
            var head = fields
            head.append("Content-Type", "text/event-stream")
            head.append("Cache-Control", "no-store")
            // Without this some proxies gather events.
            head.append("X-Accel-Buffering", "no")
            // The connection ends with the answer, so no chunks are needed.
            var bytes = Array("HTTP/1.1 200 OK\r\n".utf8)
            for field in head.all { bytes += "\(field.name): \(field.value)\r\n".utf8 }
            bytes += "Connection: close\r\n\r\n".utf8
            return [.answer(200, bytes + event("here", Array("{}".utf8)))]
        case .say(let activity):
            var members = members("ACTIVITY_MESSAGE")
            members["cseq"] = .integer(1)
            return [.tell(Self.line(members, "activity", activity))]
        }
    }

    private func hear(_ broadcast: Broadcast) -> [Step] {
        if let id = broadcast.id { vector[id.origin] = max(id.sequence, vector[id.origin] ?? 0) }
        switch purpose {
        case .listen: return [.write(event("message", broadcast.line))]
        case .token: return []
        case .say:
            guard broadcast.session == shown, shown != nil, broadcast.sequence == 1 else { return [] }
            var members: JSONMembers = [:]
            members["id"] = broadcast.id.map { .string($0.text) }
            members["stamp"] = broadcast.stamp.map { .string(String($0.value)) }
            members["copies"] = broadcast.copies.map { .integer(Int64($0)) }
            return answer(200, JSONValue.object(members).encoded)
        }
    }

    /// The connection ends.
    func giveUpWaiting() {
        patience?()
        patience = nil
    }

    /// Nothing has come of it in time.
    func timedOut() -> [Step] {
        answer(202, Array(#"{"detail":"accepted, and not known to be safe yet; or it was said before"}"#.utf8))
    }

    private func fail(_ problem: APIProblem) -> [Step] {
        guard !hasAnswered else { return [.end] }
        hasAnswered = true
        var response = problem.response
        for field in fields.all { response.fields.append(field.name, field.value) }
        return [.answer(problem.status, response.bytes(answering: request, isLast: true)), .end]
    }

    private func answer(_ status: Int, _ body: [UInt8]) -> [Step] {
        guard !hasAnswered else { return [] }
        hasAnswered = true
        var response = HTTPResponse(status: status, fields: fields, body: body)
        response.fields.append("Content-Type", "application/json")
        response.fields.append("Cache-Control", "no-store")
        return [.answer(status, response.bytes(answering: request, isLast: true)), .end]
    }

    /// An event of Server-Sent Events. Its id is all that was seen so far, so that the program can go on behind it at
    /// any node.
    private func event(_ type: String, _ data: [UInt8]) -> [UInt8] {
        var bytes = Array("id: {".utf8)
        // In a fixed order, so that the same place has the same id.
        for (index, origin) in vector.keys.sorted().enumerated() {
            bytes += "\(index == 0 ? "" : ",")\"\(origin)\":\(vector[origin]!)".utf8
        }
        bytes += "}\nevent: \(type)\ndata: ".utf8
        bytes += data
        return bytes + [10, 10]
    }
}

extension APICall {
    /// Who asks.
    enum User: Equatable {
        case anonymous
        /// By name and secret (RFC 7617).
        case named(String, secret: String)
        /// By name and a token that a node has given for the secret.
        case account(String, token: String)
        /// By a token of somebody else (RFC 6750), which the node checks as that of a login.
        case vouched(token: String)

        /// What is known of the name before the login.
        var name: String {
            switch self {
            case .anonymous, .vouched: "anonymous"
            case .named(let name, _), .account(let name, _): name
            }
        }

        init(_ request: HTTPRequest) throws(APIProblem) {
            let values = request.fields.values("Authorization")
            guard let value = values.first else {
                self = .anonymous
                return
            }
            let parts = value.split(separator: " ", maxSplits: 1).map(String.init)
            switch (values.count, parts.count, parts.first?.lowercased()) {
            case (1, 2, "basic"):
                guard let bytes = Base64.bytes(parts[1]), let text = String(validating: bytes, as: UTF8.self),
                    let colon = text.firstIndex(of: ":")
                else { throw Self.problem }
                self = .named(String(text[..<colon]), secret: String(text[text.index(after: colon)...]))
            case (1, 2, "bearer"): self = Self.account(parts[1]) ?? .vouched(token: parts[1])
            default: throw Self.problem
            }
        }

        /// What a program shows as its bearer token: the token, and the name in base 64, as RFC 6750, section 2.1,
        /// allows. No token of somebody else has a tilde.
        static func bearer(_ name: String, _ token: Secret) -> String {
            "\(token.text)~\(Base64.text(Array(name.utf8)))"
        }

        private static func account(_ bearer: String) -> Self? {
            let parts = bearer.split(separator: "~", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let bytes = Base64.bytes(parts[1]),
                let name = String(validating: bytes, as: UTF8.self)
            else { return nil }
            return .account(name, token: parts[0])
        }

        private static let problem = APIProblem(
            401, "show a name and a secret as Authorization: Basic, a token as Authorization: Bearer, or nothing")
    }
}
