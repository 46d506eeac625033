import Foundation

/// A WebSocket of the tests' own, which shares nothing with the product. It can send what no right client sends.
final class WebSocketClient {
    /// A frame that the node has sent.
    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]
        /// The whole first byte.
        let first: UInt8

        var text: String { String(decoding: payload, as: UTF8.self) }

        /// Of a close frame.
        var code: Int? { payload.count < 2 ? nil : Int(payload[0]) << 8 | Int(payload[1]) }
    }

    let client: BaseClient
    private var lines: [JSONValue] = []
    private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    /// Connects, and becomes a WebSocket.
    init(_ client: BaseClient, fields: [String] = [], file: StaticString = #fileID, line: UInt = #line) throws {
        self.client = client
        try client.send(bytes: Self.request(fields))
        let head = try Self.readHead(client, within: BaseClient.patience, file, line)
        guard head.hasPrefix("HTTP/1.1 101 "), head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
            throw client.failure("no WebSocket: \(head)", file, line)
        }
    }

    static func request(_ fields: [String] = [], path: String = "/ws") -> [UInt8] {
        let usual = [
            "GET \(path) HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
        ]
        return Array(((usual + fields).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The head of an answer of HTTP.
    static func readHead(
        _ client: BaseClient, within: Duration = BaseClient.patience, _ file: StaticString = #fileID,
        _ line: UInt = #line
    ) throws -> String {
        var head: [UInt8] = []
        let deadline = Deadline(within: within)
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = client.descriptor.readBytes(1, until: deadline) else {
                throw client.failure("no answer of HTTP, but \(String(decoding: head, as: UTF8.self))", file, line)
            }
            head += byte
        }
        return String(decoding: head, as: UTF8.self)
    }

    // MARK: - Sending

    /// A frame as a client sends it, or may not send it.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true
    ) -> [UInt8] {
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
        let bit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(bit | UInt8(payload.count))
        case ...65_535: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [bit | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 255) }
        }
        guard isMasked else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    func send(_ messages: JSONValue...) throws {
        try client.send(bytes: Self.frame(1, Array(messages.map(\.line).joined(separator: "\n").utf8)))
    }

    func login() throws {
        try send(["command": "LOGIN", "username": "anonymous"])
        try expect("LOGIN_SUCCESS")
    }

    func say(_ activity: JSONValue) throws {
        try send(["command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": activity])
    }

    // MARK: - Reading

    /// The next frame; nil at the end of the connection.
    func readFrame(within: Duration = BaseClient.patience) -> Frame? {
        let deadline = Deadline(within: within)
        guard let start = client.descriptor.readBytes(2, until: deadline) else { return nil }
        var length = Int(start[1])
        if length == 126 || length == 127 {
            guard let long = client.descriptor.readBytes(length == 126 ? 2 : 8, until: deadline) else { return nil }
            length = long.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = client.descriptor.readBytes(length, until: deadline) else { return nil }
        return Frame(opcode: start[0] & 15, payload: payload, first: start[0])
    }

    /// The next message of the node. Each text frame holds whole lines.
    func read(file: StaticString = #fileID, line: UInt = #line) throws -> JSONValue {
        while lines.isEmpty {
            guard let frame = readFrame() else { throw client.failure("the connection ended", file, line) }
            guard frame.first == 0x81, frame.payload.last == 10 else {
                throw client.failure("no whole lines in one text frame: \(frame)", file, line)
            }
            lines = try frame.payload.split(separator: 10).map { try JSONParser.parse(Array($0)) }.reversed()
        }
        return lines.removeLast()
    }

    @discardableResult
    func expect(_ command: String, file: StaticString = #fileID, line: UInt = #line) throws -> JSONValue {
        let message = try read(file: file, line: line)
        guard message["command"] == .string(command) else {
            throw client.failure("expected \(command), got \(message.line)", file, line)
        }
        return message
    }

    func hear(_ activity: JSONValue, file: StaticString = #fileID, line: UInt = #line) throws {
        let message = try expect("ACTIVITY_BROADCAST", file: file, line: line)
        var members = activity.members ?? [:]
        members["authenticated_user"] = "anonymous"
        guard message["activity"] == .object(members) else {
            throw client.failure("expected \(activity.line), got \(message.line)", file, line)
        }
    }

    /// The code with which the node ends the connection, after what it may have said before.
    func readClose(file: StaticString = #fileID, line: UInt = #line) throws -> Int {
        while let frame = readFrame() {
            if frame.opcode == 8 {
                client.sendAnyway(bytes: Self.frame(8, Array(frame.payload.prefix(2))))
                try client.expectEnd(file: file, line: line)
                return frame.code ?? 1005
            }
        }
        throw client.failure("the connection ended without a close frame", file, line)
    }
}

extension Bench {
    func webSocket(
        at node: Node, _ name: String = "web socket", fields: [String] = [], file: StaticString = #fileID,
        line: UInt = #line
    ) throws -> WebSocketClient {
        try WebSocketClient(connect(to: node, name), fields: fields, file: file, line: line)
    }

    /// A script in Python, with Debian's modules.
    func python(_ script: String, _ arguments: [String]) throws -> Program {
        try program("python", path: "/usr/bin/python3", ["-c", script] + arguments)
    }
}
