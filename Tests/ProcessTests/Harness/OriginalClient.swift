/// A client of the original system. It writes with Java's `writeUTF` and reads with `readLine` and casts.
///
/// It was written from the original's behaviour on the wire. Where the original's program would end by a failed cast, a
/// step here throws.
final class OriginalClient {
    /// The connection, on which messages come as plain UTF-8, one on each line.
    let link: BaseClient
    /// The number of this process, and below it the number of the next message.
    private let id: Int
    private var serial: Int

    init(_ link: BaseClient, id: Int = 100) {
        self.link = link
        self.id = id
        serial = id
    }

    // MARK: - Writing

    /// `out.writeUTF(text + "\n")`
    static func writeUTF(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for unit in (text + "\n").utf16 {
            switch unit {
            case 1..<0x80: bytes.append(UInt8(unit))
            case 0, 0x80..<0x800: bytes += [0xC0 | UInt8(unit >> 6), 0x80 | UInt8(unit & 0x3F)]
            default:
                bytes += [0xE0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3F), 0x80 | UInt8(unit & 0x3F)]
            }
        }
        precondition(bytes.count < 65_536, "writeUTF throws UTFDataFormatException")
        return [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    func send(_ message: JSONValue) throws { try link.send(bytes: Self.writeUTF(message.line)) }

    /// The next message in the original's form: numbered, and without the user's name.
    func activity(_ activity: JSONValue) -> JSONValue {
        defer { serial += 1 }
        return [
            "command": "ACTIVITY_MESSAGE", "id": .string(String(id)), "serial": .string(String(serial)),
            "timestamp": "1795377357389", "activity": activity,
        ]
    }

    func say(_ activity: JSONValue) throws { try send(self.activity(activity)) }

    // MARK: - Conversations

    /// Logs in. The original's client always logs in as anonymous first.
    func login(as username: String = "anonymous", secret: String? = nil) throws {
        var message: [String: JSONValue] = ["command": "LOGIN", "username": .string(username)]
        message["secret"] = secret.map { .string($0) }
        try send(.object(message))
        try link.expect("LOGIN_SUCCESS", ["info": .string("logged in as user \(username)")])
    }

    func register(_ username: String, _ secret: String) throws {
        try send(["command": "REGISTER", "username": .string(username), "secret": .string(secret)])
        try link.expect("REGISTER_SUCCESS", ["info": .string("register success for \(username)")])
    }

    /// Waits for a redirect.
    ///
    /// - Returns: `Integer.parseInt((String) json.get("port"))`
    func redirected() throws -> (host: String, port: Int) {
        let message = try link.expect("REDIRECT")
        guard let host = message["hostname"]?.text, let text = message["port"]?.text else {
            throw link.failure("ClassCastException: a port that is no string in \(message.line)", #fileID, #line)
        }
        guard let port = Int(text) else {
            throw link.failure("NumberFormatException: \(text)", #fileID, #line)
        }
        try link.expectEnd()
        return (host, port)
    }
}
