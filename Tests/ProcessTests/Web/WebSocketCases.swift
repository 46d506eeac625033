import Foundation
import Testing

/// Cases of Autobahn's test suite for servers, rebuilt by its list (its package needs a Python that is no longer made).
/// Numbers are its own. Where it expects an echo, the case asks with a `PING` of the protocol's and expects its `PONG`,
/// so that it is seen that the message has arrived whole.
struct WebSocketCase: Sendable, CustomStringConvertible {
    let number: String
    let sent: [UInt8]
    /// Pings that are answered, before the end or the question that shows that the connection still stands.
    var pongs: [[UInt8]] = []
    /// How often the question was asked.
    var answers = 0
    /// The code of the node's close frame; nil if the connection goes on.
    var code: Int?

    var description: String { number }

    static let question = Array(#"{"command":"PING","id":"é"}"#.utf8)

    /// - Parameter fields: of the request for the WebSocket.
    func play(_ bench: Bench, _ node: Node, fields: [String] = []) throws {
        let web = try bench.webSocket(at: node, number, fields: fields)
        try web.login()
        web.client.sendAnyway(bytes: sent)
        var frames: [WebSocketClient.Frame] = []
        if code == nil {
            // Whatever comes before its answer belongs to the case.
            let last = Array(#"{"command":"PING","id":"last"}"#.utf8)
            web.client.sendAnyway(bytes: WebSocketClient.frame(1, last))
        }
        while let frame = web.readFrame() {
            frames.append(frame)
            if frame.opcode == 8 || frame.text.contains("last") { break }
        }
        let pongs = frames.filter { $0.opcode == 10 }.map(\.payload)
        #expect(Array(pongs.suffix(self.pongs.count)) == self.pongs, "\(self)")
        let answers = frames.map { $0.text.components(separatedBy: "PONG").count - 1 }.reduce(0, +)
        #expect(answers == self.answers + (code == nil ? 1 : 0), "\(self)")
        let end = frames.last { $0.opcode == 8 }
        #expect(end.map { $0.code ?? 1005 } == code, "\(self)")
        if end != nil { try web.client.expectEnd() }
    }
}

private func text(_ payload: [UInt8], fin: Bool = true) -> [UInt8] { WebSocketClient.frame(1, payload, fin: fin) }
private func more(_ payload: [UInt8], fin: Bool = true) -> [UInt8] { WebSocketClient.frame(0, payload, fin: fin) }
private func ping(_ payload: [UInt8]) -> [UInt8] { WebSocketClient.frame(9, payload) }
private func pong(_ payload: [UInt8]) -> [UInt8] { WebSocketClient.frame(10, payload) }
private func close(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
    WebSocketClient.frame(8, [UInt8(code >> 8), UInt8(code & 255)] + reason)
}

extension WebSocketCase {
    static let all: [WebSocketCase] = lengths + pings + bits + opcodes + pieces + texts + ends + limits

    /// A question with blanks around it, to be as long as the case wants.
    private static func question(of length: Int) -> [UInt8] {
        question + [UInt8](repeating: 32, count: length - question.count)
    }

    private static let lengths: [WebSocketCase] =
        [125, 126, 127, 128, 65_000].enumerated().map { index, length in
            WebSocketCase(number: "1.1.\(index + 2)", sent: text(question(of: length)), answers: 1)
        } + [WebSocketCase(number: "1.1.1", sent: text([]) + text(question), answers: 1)]

    private static let pings: [WebSocketCase] = [
        WebSocketCase(number: "2.1", sent: ping([]), pongs: [[]]),
        WebSocketCase(number: "2.2", sent: ping(Array("Hello".utf8)), pongs: [Array("Hello".utf8)]),
        WebSocketCase(number: "2.3", sent: ping([0, 0xFF, 0xFE]), pongs: [[0, 0xFF, 0xFE]]),
        WebSocketCase(
            number: "2.4", sent: ping([UInt8](repeating: 0xFE, count: 125)),
            pongs: [[UInt8](repeating: 0xFE, count: 125)]),
        WebSocketCase(number: "2.5", sent: ping([UInt8](repeating: 0xFE, count: 126)), code: 1002),
        WebSocketCase(number: "2.7", sent: pong([])),
        WebSocketCase(number: "2.8", sent: pong([1])),
        WebSocketCase(number: "2.9", sent: pong([1]) + ping([2]), pongs: [[2]]),
        // Of several pings at once the last one has to be answered, and the others may be (RFC 6455, section 5.5.3).
        WebSocketCase(number: "2.10", sent: (0..<10).flatMap { ping([$0]) }, pongs: [[9]]),
    ]

    private static let bits: [WebSocketCase] = (1...7).map { bits in
        let reserved = UInt8(bits)
        return switch bits {
        case 4:
            WebSocketCase(
                number: "3.4", sent: text(question) + WebSocketClient.frame(1, [], reserved: 4) + ping([]), answers: 1,
                code: 1002)
        case 5: WebSocketCase(number: "3.5", sent: WebSocketClient.frame(2, [1], reserved: 5), code: 1002)
        case 6: WebSocketCase(number: "3.6", sent: WebSocketClient.frame(9, [1], reserved: 6), code: 1002)
        case 7: WebSocketCase(number: "3.7", sent: WebSocketClient.frame(8, [], reserved: 7), code: 1002)
        default: WebSocketCase(number: "3.\(bits)", sent: WebSocketClient.frame(1, [], reserved: reserved), code: 1002)
        }
    }

    private static let opcodes: [WebSocketCase] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { opcode in
        WebSocketCase(
            number: "4, \(opcode)", sent: text(question) + WebSocketClient.frame(opcode, [1]) + ping([]), answers: 1,
            code: 1002)
    }

    private static let halves = (Array(question[..<10]), Array(question[10...]))

    private static let pieces: [WebSocketCase] = [
        WebSocketCase(number: "5.1", sent: WebSocketClient.frame(9, [1], fin: false) + more([2]), code: 1002),
        WebSocketCase(number: "5.2", sent: WebSocketClient.frame(10, [1], fin: false) + more([2]), code: 1002),
        WebSocketCase(number: "5.3", sent: text(halves.0, fin: false) + more(halves.1), answers: 1),
        WebSocketCase(
            number: "5.6", sent: text(halves.0, fin: false) + ping([7]) + more(halves.1), pongs: [[7]], answers: 1),
        WebSocketCase(number: "5.9", sent: more(question) + text(question), code: 1002),
        WebSocketCase(number: "5.12", sent: more(question, fin: false) + text(question), code: 1002),
        WebSocketCase(
            number: "5.15", sent: text(halves.0, fin: false) + more(halves.1) + more([32], fin: false), answers: 1,
            code: 1002),
        WebSocketCase(number: "5.18", sent: text(halves.0, fin: false) + text(halves.1), code: 1002),
        WebSocketCase(
            number: "5.19",
            sent: text([], fin: false) + question.flatMap { more([$0], fin: false) + ping([$0]) } + more([]),
            pongs: [[question.last!]], answers: 1),
        WebSocketCase(number: "unmasked", sent: WebSocketClient.frame(1, question, isMasked: false), code: 1002),
        WebSocketCase(number: "binary", sent: WebSocketClient.frame(2, question), code: 1003),
    ]

    private static let texts: [WebSocketCase] =
        [
            WebSocketCase(
                number: "6.2.4", sent: text([], fin: false) + question.flatMap { more([$0], fin: false) } + more([]),
                answers: 1),
            WebSocketCase(number: "6.3.1", sent: text([0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65]), code: 1007),
            WebSocketCase(
                number: "6.4.1", sent: text([0xCE, 0xBA], fin: false) + more([0xF4, 0x90, 0x80, 0x80], fin: false),
                code: 1007),
            WebSocketCase(
                number: "6.4.3", sent: Array(text([0xCE, 0xBA, 0xF4, 0x90, 0x80, 0x80, 0x65]).dropLast()), code: 1007),
            WebSocketCase(number: "6.6", sent: text([0xCE]), code: 1007),
        ]
        + ([[0xF8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xFE], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xBF, 0xBF]]
        as [[UInt8]])
        .map { WebSocketCase(number: "6, \($0)", sent: text($0), code: 1007) }

    private static let ends: [WebSocketCase] =
        [
            WebSocketCase(number: "7.1.1", sent: text(question) + close(1000), answers: 1, code: 1000),
            WebSocketCase(number: "7.1.2", sent: close(1000) + close(1000), code: 1000),
            WebSocketCase(number: "7.1.3", sent: close(1000) + ping([]), code: 1000),
            WebSocketCase(number: "7.1.4", sent: close(1000) + text(question), code: 1000),
            WebSocketCase(number: "7.1.5", sent: text(halves.0, fin: false) + close(1000) + more(halves.1), code: 1000),
            WebSocketCase(number: "7.3.1", sent: WebSocketClient.frame(8), code: 1005),
            WebSocketCase(number: "7.3.2", sent: WebSocketClient.frame(8, [3]), code: 1002),
            WebSocketCase(number: "7.3.5", sent: close(1000, [UInt8](repeating: 42, count: 123)), code: 1000),
            WebSocketCase(number: "7.3.6", sent: close(1000, [UInt8](repeating: 42, count: 124)), code: 1002),
            WebSocketCase(number: "7.5.1", sent: close(1000, [0xCE, 0xBA, 0xED, 0xA0]), code: 1007),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map {
            WebSocketCase(number: "7.7, \($0)", sent: close($0), code: $0)
        }
        + [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535].map {
            WebSocketCase(number: "7.9, \($0)", sent: close($0), code: 1002)
        }

    /// Of sections 12 and 13, where messages are compressed: here in blocks that are stored as they are. The others of
    /// these sections differ in the windows that are offered, and in texts that are compressed well or badly.
    static let compressed: [WebSocketCase] =
        [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_000].enumerated().flatMap { index, length in
            let payload = stored(question(of: max(length, question.count)))
            let half = payload.count / 2
            return [
                WebSocketCase(number: "12.1.\(index + 1)", sent: first(payload), answers: 1),
                WebSocketCase(
                    number: "12.1.\(index + 1) in pieces",
                    sent: first(Array(payload[..<half]), fin: false) + ping([1]) + more(Array(payload[half...])),
                    pongs: [[1]], answers: 1),
            ]
        } + [
            WebSocketCase(number: "12.1.10", sent: (0..<100).flatMap { _ in first(stored(question)) }, answers: 100),
            WebSocketCase(number: "12, plain between", sent: first(stored(question)) + text(question), answers: 2),
            WebSocketCase(number: "12, empty", sent: first([0]) + text(question), answers: 1),
            WebSocketCase(number: "12, no block", sent: first([0xFF, 0xFF]), code: 1007),
            WebSocketCase(number: "12, cut", sent: first(Array(stored(question).dropLast(9))), code: 1007),
            WebSocketCase(number: "12, no UTF-8", sent: first(stored([0xCE])), code: 1007),
            WebSocketCase(number: "12, binary", sent: WebSocketClient.frame(2, stored([1]), reserved: 4), code: 1003),
            WebSocketCase(number: "12, ping", sent: WebSocketClient.frame(9, [], reserved: 4), code: 1002),
            WebSocketCase(
                number: "12, the bit in a later piece",
                sent: first(stored(question), fin: false) + WebSocketClient.frame(0, [], reserved: 4), code: 1002),
            WebSocketCase(
                number: "12, announced as too long", sent: [0xC1, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4],
                code: 1009),
        ]

    private static func first(_ payload: [UInt8], fin: Bool = true) -> [UInt8] {
        WebSocketClient.frame(1, payload, fin: fin, reserved: 4)
    }

    /// As one block that is stored as it is, and the beginning of the empty one behind it.
    private static func stored(_ text: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(text.count & 255), UInt8(text.count >> 8))
        return [0, low, high, ~low, ~high] + text + [0]
    }

    private static let limits: [WebSocketCase] = [
        WebSocketCase(
            number: "a length of 2^62", sent: [0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], code: 1009),
        WebSocketCase(
            number: "pieces of more than 1 MiB",
            sent: text([UInt8](repeating: 10, count: 0), fin: false)
                + Array([0x80, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1, 1, 2, 3, 4]), code: 1009),
        WebSocketCase(
            number: "a line that is too long", sent: text([UInt8](repeating: 120, count: 70_000)), code: 1009),
        WebSocketCase(number: "no JSON", sent: text(Array("nonsense".utf8)), code: 1008),
    ]
}
