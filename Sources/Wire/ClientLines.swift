import JSON
import Tree

// Messages of clients, and nodes' answers to them (docs/protocol.md#clients). Each message stands here as a node reads
// it, and beside that its fields as they are written. `ServerMessage` has the same answers as a client reads them.
//
// With the name `anonymous`, the fields `secret` and `new_secret` are ignored, whatever they hold.

extension Login {
    init(_ fields: Fields) throws(WireError) {
        // A token says itself whose it is.
        let hasToken = fields.has("token")
        self.init(username: hasToken ? try fields.optionalString("username") ?? "" : try fields.string("username"))
        if username != Login.anonymous {
            secret = try fields.optionalSecret("secret")
            token = try fields.optionalSecret("token")
            resumeToken = try TokenField.resume.shown(fields)
        }
        if fields.has("since") { since = try fields.vector("since") }
        if fields.has("last") {
            let place = try fields.object("last")
            guard let (origin, sequence) = IdentityText.entry(try place.string("id")) else {
                throw .wrongType("last", "a stamp and an id")
            }
            last = OrderKey(stamp: try place.stamp("stamp"), origin: origin, sequence: sequence)
        }
        if let name = try fields.optionalString("session") {
            guard !name.isEmpty, name.utf8.count <= 64 else { throw .wrongType("session", "1 to 64 bytes long") }
            session = name
        }
        for feature in try fields.array("features") {
            guard let name = feature.string else { throw .wrongType("features", "an array of strings") }
            features.append(name)
        }
        wasRedirected = try fields.flag("redirected")
    }

    var members: Members {
        members(
            since: since.map { .vector($0) },
            last: last.map { ($0.stamp, "\(IdentityText.text($0.origin)).\($0.sequence)") })
    }

    fileprivate func members(since: JSONValue?, last: (stamp: Stamp, id: String)?) -> Members {
        var members: Members = []
        if !username.isEmpty || token == nil { members.append(("username", .string(username))) }
        if let secret { members.append(("secret", .string(secret.text))) }
        if let token { members.append(("token", .string(token.text))) }
        if let resumeToken { members.append((TokenField.resume.key, .string(resumeToken.text))) }
        if let session { members.append(("session", .string(session))) }
        if !features.isEmpty { members.append(("features", .array(features.map { .string($0) }))) }
        if wasRedirected { members.append(("redirected", .bool(true))) }
        if let since { members.append(("since", since)) }
        if let last {
            members.append(
                ("last", .object([("stamp", .decimal(last.stamp.value)), ("id", .string(last.id))] as Members)))
        }
        return members
    }
}

extension Encoding {
    /// `LOGIN` of a client that has been logged in before. The client names origins with the text that nodes gave it,
    /// whose parts it doesn't interpret.
    ///
    /// - Parameters:
    ///   - login: without `since` and `last`.
    ///   - since: the highest sequence that the client has received of each origin.
    ///   - last: the greatest entry that it has received in the order of stamps.
    public static func line(
        of login: Login, since: [String: UInt64]?, last: (stamp: Stamp, id: EntryName)?
    ) -> [UInt8] {
        let vector = since.map { since in
            JSONValue.object(
                since.sorted { $0.key < $1.key }.map { (key: $0.key, value: .integer(Int64(clamping: $0.value))) })
        }
        var bytes: [UInt8] = []
        append(.login, login.members(since: vector, last: last.map { ($0.stamp, $0.id.text) }), to: &bytes)
        return bytes
    }
}

extension LoginSuccess {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            info: fields.info, username: try fields.optionalString("username"),
            vector: try fields.vector("vector"), servers: try fields.servers(),
            session: try fields.optionalString("session") ?? "", shown: try fields.optionalString("shown") ?? "",
            resumeToken: try TokenField.resume.given(fields),
            bearerToken: try TokenField.bearer.given(fields),
            copies: Int(clamping: try fields.optionalNumber("copies") ?? 0),
            lineBytes: Int(clamping: try fields.optionalNumber("max_line_bytes") ?? 0),
            idleTimeout: try fields.optionalNumber("idle_timeout").map { .seconds(Int64(clamping: $0)) },
            cut: try fields.optionalString("cut"))
    }

    /// `LOGIN_SUCCESS` goes to every client, and thousands are written at once when another node is lost. So it is
    /// written without a tree of values.
    func appendLine(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"LOGIN_SUCCESS","info":"#.utf8)
        JSONText.appendString(info, to: &bytes)
        if let username {
            bytes.append(contentsOf: #","username":"#.utf8)
            JSONText.appendString(username, to: &bytes)
        }
        bytes.append(contentsOf: #","vector":{"#.utf8)
        // Clients get the components of the vector alone, without the digest of the origins that are left out.
        for (index, component) in vector.components.enumerated() {
            bytes.append(contentsOf: (index == 0 ? "\"" : ",\"").utf8)
            IdentityText.append(component.origin, to: &bytes)
            bytes.append(contentsOf: "\":".utf8)
            IdentityText.append(component.sequence, to: &bytes)
        }
        bytes.append(contentsOf: #"},"servers":["#.utf8)
        for (index, server) in servers.enumerated() {
            bytes.append(contentsOf: (index == 0 ? #"{"hostname":"# : #",{"hostname":"#).utf8)
            JSONText.appendString(server.host, to: &bytes)
            bytes.append(contentsOf: #","port":"#.utf8)
            IdentityText.append(UInt64(server.port), to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(contentsOf: #"],"session":"#.utf8)
        JSONText.appendString(session, to: &bytes)
        bytes.append(contentsOf: #","shown":"#.utf8)
        JSONText.appendString(shown, to: &bytes)
        TokenField.resume.append(resumeToken, to: &bytes)
        TokenField.bearer.append(bearerToken, to: &bytes)
        bytes.append(contentsOf: #","copies":"#.utf8)
        IdentityText.append(UInt64(copies), to: &bytes)
        bytes.append(contentsOf: #","max_line_bytes":"#.utf8)
        IdentityText.append(UInt64(lineBytes), to: &bytes)
        if let idleTimeout {
            bytes.append(contentsOf: #","idle_timeout":"#.utf8)
            IdentityText.append(UInt64(idleTimeout.wholeMilliseconds / 1000), to: &bytes)
        }
        if let cut {
            bytes.append(contentsOf: #","cut":"#.utf8)
            JSONText.appendString(cut, to: &bytes)
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}

/// Two fields: a token that a client shows instead of its secret, and for how long it is good.
struct TokenField {
    let key: String
    let life: String

    static let resume = TokenField(key: "resume_token", life: "resume_seconds")
    static let bearer = TokenField(key: "bearer_token", life: "bearer_seconds")

    func shown(_ fields: Fields) throws(WireError) -> Secret? {
        guard let text = try fields.optionalString(key) else { return nil }
        guard text.utf8.count <= FieldBounds.resumeTokenBytes else { throw .tooLong(key, FieldBounds.resumeTokenBytes) }
        return Secret(text)
    }

    func given(_ fields: Fields) throws(WireError) -> ClientToken? {
        guard let secret = try shown(fields) else { return nil }
        return ClientToken(
            secret: secret, life: .seconds(Int64(clamping: try fields.optionalNumber(life) ?? 0)))
    }

    func members(_ token: ClientToken?) -> Members {
        guard let token else { return [] }
        return [(key, .string(token.secret.text)), (life, .number(token.life.wholeMilliseconds / 1000))]
    }

    func append(_ token: ClientToken?, to bytes: inout [UInt8]) {
        guard let token else { return }
        Self.append(key, to: &bytes)
        JSONText.appendString(token.secret.text, to: &bytes)
        Self.append(life, to: &bytes)
        IdentityText.append(UInt64(clamping: token.life.wholeMilliseconds / 1000), to: &bytes)
    }

    /// A name, with what stands around it. Nothing is allocated: this is part of every login's answer.
    private static func append(_ name: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: ",\"".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "\":".utf8)
    }
}

/// `PING` and `PONG`
enum PingLine {
    static func id(_ fields: Fields) throws(WireError) -> String? {
        let id = try fields.optionalString("id")
        guard id?.utf8.count ?? 0 <= FieldBounds.pingBytes else { throw .tooLong("id", FieldBounds.pingBytes) }
        return id
    }

    static func members(_ id: String?) -> Members { id.map { [("id", .string($0))] } ?? [] }
}

/// `INVALID_MESSAGE` of a server that takes no client now.
enum UnavailableLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        .unavailable(info: fields.info, servers: try fields.servers())
    }

    static func members(_ info: String, _ servers: [Address]) -> Members {
        [("info", .string(info)), ("servers", .array(servers.map { .object(JSONValue.address($0)) }))]
    }
}

extension Fields {
    fileprivate func servers() throws(WireError) -> [Address] {
        var servers: [Address] = []
        for server in try array("servers") { servers.append(try Fields(server, "servers").address()) }
        return servers
    }
}

/// `REGISTER`
enum RegistrationLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        let username = try fields.string("username")
        guard username != Login.anonymous else { return .register(username: username, secret: Secret("")) }
        return .register(username: username, secret: try fields.secret("secret"))
    }

    static func members(_ username: String, _ secret: Secret) -> Members {
        [("username", .string(username)), ("secret", .string(secret.text))]
    }
}

extension SecretChange {
    init(_ fields: Fields) throws(WireError) {
        let username = try fields.string("username")
        guard username != Login.anonymous else {
            self.init(username: username, secret: Secret(""), newSecret: Secret(""))
            return
        }
        self.init(
            username: username, secret: try fields.secret("secret"), newSecret: try fields.secret("new_secret"))
    }

    var members: Members {
        [
            ("username", .string(username)), ("secret", .string(secret.text)),
            ("new_secret", .string(newSecret.text)),
        ]
    }
}

/// The answer to a change of an account, with the number of nodes that have it on disk.
enum DurableAnswer {
    static func durable(_ fields: Fields) throws(WireError) -> Int {
        fields.has("durable") ? try fields.number("durable", as: Int.self) : 0
    }

    static func members(_ info: String, _ durable: Int) -> Members {
        [("info", .string(info)), ("durable", .number(durable))]
    }
}

extension ActivityMessage {
    /// - Parameter line: the text of the object, from which the activity's bytes are copied.
    init(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) {
        let username = object.string("username")
        // The original system's client gives its name at its login only. Its messages have a `serial` instead.
        if username == nil {
            if object.has("username") { throw .wrongType("username", "a string") }
            if !object.has("serial") { throw .missing("username") }
        }
        var secret: Secret?
        if username != nil, username != Login.anonymous, object.has("secret") {
            guard let text = object.string("secret") else { throw .wrongType("secret", "a string") }
            secret = Secret(text)
        }
        self.init(
            username: username, secret: secret, text: try EntryLines.activityText(object, line),
            sequence: try EntryLines.sequenceNumber(object))
    }

    /// The activity may contain numbers that a tree of values can't hold, so its bytes are written as they are.
    func appendLine(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"ACTIVITY_MESSAGE","#.utf8)
        if let username {
            bytes.append(contentsOf: #""username":"#.utf8)
            JSONText.appendString(username, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        if let secret {
            bytes.append(contentsOf: #""secret":"#.utf8)
            JSONText.appendString(secret.text, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: #""activity":"#.utf8)
        bytes.append(contentsOf: text)
        if let sequence {
            bytes.append(contentsOf: #","cseq":"#.utf8)
            IdentityText.append(sequence, to: &bytes)
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}
