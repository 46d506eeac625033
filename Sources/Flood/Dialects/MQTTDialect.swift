/// MQTT 3.1.1 (http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html), clean sessions, QoS 0, one topic.
struct MQTTDialect: Dialect {
    private static let topic = Array("flood".utf8)
    private let byteCount: Int
    private let run: UInt32

    /// - Parameters:
    ///   - byteCount: the length of each payload.
    ///   - run: becomes part of each client's identifier. A client with the same identifier as another one would end
    ///     that one's connection.
    init(byteCount: Int, run: UInt32) {
        self.byteCount = byteCount
        self.run = run
    }

    func opening(of who: Member, seen: [String: UInt64]?) -> [UInt8] {
        let name = Array("flood-\(String(run, radix: 16))-\(who.number)".utf8)
        // Protocol level 4, clean session, no keep-alive.
        let body = Self.string(Array("MQTT".utf8)) + [4, 0b10, 0, 0] + Self.string(name)
        // The second packet may follow without waiting for the first one's answer (section 3.1.4).
        let subscription: [UInt8] = [0, 1] + Self.string(Self.topic) + [0]
        return [0x10] + Self.length(body.count) + body + [0x82] + Self.length(subscription.count) + subscription
    }

    func frame(_ bytes: RawSpan, of who: Member) -> Frame {
        var length = 0
        var index = 1
        while true {
            guard index < bytes.byteCount else { return .incomplete }
            guard index <= 4 else { return .nonsense("a length of more than four bytes") }
            let byte = Bytes.byte(bytes, at: index)
            length |= Int(byte & 0x7f) << (7 * (index - 1))
            index += 1
            if byte & 0x80 == 0 { break }
        }
        let whole = index + length
        guard bytes.byteCount >= whole else { return .incomplete }
        switch Bytes.byte(bytes, at: 0) >> 4 {
        case 3: return .message(byteCount: whole)
        case 2:
            let code = length == 2 ? Bytes.byte(bytes, at: index + 1) : 255
            return .word(byteCount: whole, code == 0 ? .noted : .refused("CONNACK with code \(code)"))
        case 9:
            let code = length == 3 ? Bytes.byte(bytes, at: index + 2) : 255
            return .word(byteCount: whole, code == 0 ? .loggedIn(seen: nil) : .refused("SUBACK with code \(code)"))
        case 13: return .word(byteCount: whole, .noted)
        case let kind: return .nonsense("a packet of kind \(kind)")
        }
    }

    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8]) {
        ([0x30] + Self.length(2 + Self.topic.count + byteCount) + Self.string(Self.topic), [])
    }

    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }

    /// The length of a packet, seven bits a byte, the lowest first.
    private static func length(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = count
        repeat {
            bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }
}
