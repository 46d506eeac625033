import Tree
import Wire

/// Coppice's own protocol, lines of JSON (docs/protocol.md#clients). The bound programs under `bench/` speak it too.
struct CoppiceDialect: Dialect {
    func opening(of who: Member, seen: [String: UInt64]?) -> [UInt8] {
        guard seen == nil, who.pass == nil, let name = who.name, let secret = who.secret else {
            return login(of: who, seen: seen)
        }
        return Encoding.line(of: .register(username: name, secret: Secret(secret)))
    }

    func frame(_ bytes: RawSpan, of who: Member) -> Frame {
        guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes) else { return .incomplete }
        let line = bytes.extracting(first: end)
        if BroadcastScan.accepts(line) { return .message(byteCount: end + 1) }
        let message = ServerMessage(line: line.withUnsafeBytes { [UInt8]($0) })
        switch message {
        case .broadcast, .malformed(.activityBroadcast, _): return .message(byteCount: end + 1)
        case .noMessage:
            return .nonsense("no line of JSON: \(Bytes.text(line.extracting(first: min(end, 80))))")
        default: return .word(byteCount: end + 1, word(message, of: who))
        }
    }

    private func word(_ message: ServerMessage, of who: Member) -> Word {
        switch message {
        case .loginSuccess(let success): .loggedIn(seen: success.vector, pass: ResumePass(success))
        case .registerSuccess: .answer(login(of: who))
        case .redirect(let address, _): .redirected(host: address.host, port: address.port)
        case .malformed(.redirect, _): .refused("a REDIRECT without an address")
        case .loginFailed(let info): .refused("LOGIN_FAILED: \(info)")
        case .registerFailed(let info): .refused("REGISTER_FAILED: \(info)")
        case .authenticationFail(let info): .refused("AUTHENTICATION_FAIL: \(info)")
        case .unavailable(let info, let servers): .turnedAway(info, servers: servers)
        case .invalidMessage(let info): .refused("INVALID_MESSAGE: \(info)")
        default: .noted
        }
    }

    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8]) {
        let empty = ActivityMessage(
            username: name(of: who), secret: secret(of: who), text: Array(#"{"flood":""}"#.utf8))
        let line = Encoding.line(of: .activity(empty))
        // The payload stands between the last two quotation marks.
        let after = Array("\"}}\n".utf8)
        return (Array(line.dropLast(after.count)), after)
    }

    func name(of message: RawSpan) -> EntryName? {
        if let name = message.withUnsafeBytes(Self.name(nearEndOf:)) { return name }
        let line = message.withUnsafeBytes { [UInt8]($0.dropLast()) }
        guard case .broadcast(let broadcast) = ServerMessage(line: line) else { return nil }
        return broadcast.id
    }

    private static let nameKey = Array(#","id":""#.utf8)
    /// How far from the end of a line a node writes the name, in bytes, at most.
    private static let tailBytes = 256

    /// A node writes the name behind the activity. To read the JSON of every message would be most of what resumed
    /// clients cost.
    private static func name(nearEndOf line: UnsafeRawBufferPointer) -> EntryName? {
        for start in (max(0, line.count - tailBytes)..<max(0, line.count - nameKey.count)).reversed()
        where line[start] == nameKey[0] && line[start...].starts(with: nameKey) {
            let text = line[(start + nameKey.count)...].prefix { $0 != UInt8(ascii: "\"") }
            return EntryName(String(decoding: text, as: UTF8.self))
        }
        return nil
    }

    private func login(of who: Member, seen: [String: UInt64]? = nil) -> [UInt8] {
        // As every client should: a server that was only named is shown no secret.
        let login = Login(
            username: name(of: who), secret: who.pass == nil ? secret(of: who) : nil, resumeToken: who.pass?.token,
            session: who.pass?.session, wasRedirected: who.wasRedirected)
        return Encoding.line(of: login, since: seen, last: nil)
    }

    /// A client without a secret is anonymous.
    private func name(of who: Member) -> String { who.secret == nil ? Login.anonymous : who.name ?? Login.anonymous }

    private func secret(of who: Member) -> Secret? { who.name == nil ? nil : who.secret.map { Secret($0) } }
}

extension ResumePass {
    /// Nil for a client without a name.
    fileprivate init?(_ success: ServerMessage.LoginSuccess) {
        guard let token = success.resumeToken, let session = success.session else { return nil }
        self.init(session: session, token: token.secret)
    }
}
