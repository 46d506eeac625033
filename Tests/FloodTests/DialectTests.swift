import Testing

@testable import Flood

/// For each dialect: what it sends, and how it reads the server's bytes.
@Suite struct DialectTests {
    private let who = Member(number: 3)

    /// The frames of some bytes. They have to be the same however many bytes of the next frame are there already.
    private func frames(_ text: String, _ dialect: some Dialect) -> [Frame] {
        let bytes = Array(text.utf8)
        return frames(bytes, dialect)
    }

    private func frames(_ bytes: [UInt8], _ dialect: some Dialect) -> [Frame] {
        var frames: [Frame] = []
        var start = 0
        while start < bytes.count {
            for end in start...bytes.count {
                let frame = dialect.frame(bytes.span.bytes.extracting(start..<end), of: who)
                if frame == .incomplete { continue }
                frames.append(frame)
                switch frame {
                case .message(let count), .word(let count, _): start += count
                default: return frames
                }
                break
            }
            if frames.isEmpty || start < bytes.count && frames.count > 100 { return frames }
        }
        return frames
    }

    @Test func `Coppice`() {
        let lines = [
            #"{"command":"REGISTER_SUCCESS","info":""}"#, #"{"command":"LOGIN_SUCCESS"}"#,
            #"{"command":"ACTIVITY_BROADCAST","activity":{}}"#, #"{"activity":{}, "command": "ACTIVITY_BROADCAST"}"#,
            #"{"command":"REDIRECT","hostname":"b","port":7}"#, #"{"command":"LOGIN_FAILED","info":"no"}"#,
        ]
        let login = Array(#"{"command":"LOGIN","username":"anonymous"}"#.utf8) + [10]
        let counts = lines.map { $0.utf8.count + 1 }
        #expect(
            frames(lines.joined(separator: "\n") + "\n", CoppiceDialect()) == [
                .word(byteCount: counts[0], .answer(login)), .word(byteCount: counts[1], .loggedIn(seen: nil)),
                .message(byteCount: counts[2]), .message(byteCount: counts[3]),
                .word(byteCount: counts[4], .redirected(host: "b", port: 7)),
                .word(byteCount: counts[5], .refused("LOGIN_FAILED: no")),
            ])
        let later = Array(#"{"command":"LOGIN","username":"anonymous","since":{"a":5}}"#.utf8) + [10]
        #expect(CoppiceDialect().opening(of: who, seen: ["a": 5]) == later)
        #expect(frames("hello\n", CoppiceDialect()) == [.nonsense("no line of JSON: hello")])
    }

    @Test func `The name of a message is found at the end of its line, and wherever else it stands`() {
        let name = "jnyw7f2aaaaaa.1700000000000.42"
        let activity = #""activity":{"id":"mine","text":"\#(String(repeating: "x", count: 400))"}"#
        let behind = #"{"command":"ACTIVITY_BROADCAST",\#(activity),"id":"\#(name)","stamp":"7","copies":2}"#
        let before = #"{"command":"ACTIVITY_BROADCAST","id":"\#(name)",\#(activity)}"#
        for line in [behind, before] {
            #expect(CoppiceDialect().name(of: Array((line + "\n").utf8).span.bytes)?.text == name)
        }
        for line in ["", "{}\n", #"{"command":"ACTIVITY_BROADCAST","activity":{}}"# + "\n"] {
            #expect(CoppiceDialect().name(of: Array(line.utf8).span.bytes) == nil)
        }
    }

    @Test func `NATS`() {
        let text = "INFO {}\r\nPONG\r\nPING\r\nMSG flood 1 5\r\na\r\nbc\r\nMSG flood 1 2\r\nab\r\n-ERR 'slow'\r\n"
        #expect(
            frames(text, NATSDialect(byteCount: 5)) == [
                .word(byteCount: 9, .noted), .word(byteCount: 6, .loggedIn(seen: nil)),
                .word(byteCount: 6, .answer(Array("PONG\r\n".utf8))), .message(byteCount: 22), .message(byteCount: 19),
                .word(byteCount: 13, .refused("-ERR 'slow'\r")),
            ])
    }

    @Test func `MQTT`() {
        let connected: [UInt8] = [0x20, 2, 0, 0]
        let subscribed: [UInt8] = [0x90, 3, 0, 1, 0]
        // The length 130 takes two bytes.
        let published: [UInt8] = [0x30, 0x82, 0x01] + [UInt8](repeating: 9, count: 130)
        let dialect = MQTTDialect(byteCount: 130 - 7, run: 1)
        #expect(
            frames(connected + subscribed + published + [0xd0, 0], dialect) == [
                .word(byteCount: 4, .noted), .word(byteCount: 5, .loggedIn(seen: nil)), .message(byteCount: 133),
                .word(byteCount: 2, .noted),
            ])
        #expect(Array(dialect.envelope(of: who).before.prefix(3)) == [0x30, 0x82, 0x01])
        #expect(frames([0x20, 2, 0, 5], dialect) == [.word(byteCount: 4, .refused("CONNACK with code 5"))])
    }

    @Test func `Redis`() {
        let text =
            "*3\r\n$9\r\nsubscribe\r\n$5\r\nflood\r\n:1\r\n"
            + "*3\r\n$7\r\nmessage\r\n$5\r\nflood\r\n$3\r\nabc\r\n:12\r\n+PONG\r\n-ERR\r\n"
        #expect(
            frames(text, RedisDialect(byteCount: 3)) == [
                .word(byteCount: 34, .loggedIn(seen: nil)), .message(byteCount: 37), .word(byteCount: 5, .noted),
                .word(byteCount: 7, .loggedIn(seen: nil)), .word(byteCount: 6, .refused("-ERR\r")),
            ])
    }
}
