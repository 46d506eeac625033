/// The protocol of nats-server (https://docs.nats.io/reference/reference-protocols/nats-protocol), with verbose off and
/// one subject. A PING follows the subscription; its answer says that the subscription counts.
struct NATSDialect: Dialect {
    private static let end = Array("\r\n".utf8)
    private static let message = Array("MSG ".utf8)
    private static let ping = Array("PING".utf8)
    private static let pong = Array("PONG".utf8)
    private static let refusal = Array("-ERR".utf8)
    private static let noted = [Array("INFO".utf8), Array("+OK".utf8)]
    private let byteCount: Int

    /// - Parameter byteCount: the length of each payload.
    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    func opening(of who: Member, seen: [String: UInt64]?) -> [UInt8] {
        let hello = #"CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"name":"flood"}"#
        return Array("\(hello)\r\nSUB flood 1\r\nPING\r\n".utf8)
    }

    func frame(_ bytes: RawSpan, of who: Member) -> Frame {
        guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes) else { return .incomplete }
        let text = bytes.extracting(first: end)
        if Bytes.starts(text, with: Self.message) {
            guard let size = lastNumber(of: text) else { return .nonsense(Bytes.text(text)) }
            let whole = end + 1 + size + 2
            return bytes.byteCount < whole ? .incomplete : .message(byteCount: whole)
        }
        let word: Word
        if Bytes.starts(text, with: Self.ping) {
            word = .answer(Array("PONG\r\n".utf8))
        } else if Bytes.starts(text, with: Self.pong) {
            word = .loggedIn(seen: nil)
        } else if Bytes.starts(text, with: Self.refusal) {
            word = .refused(Bytes.text(text))
        } else if Self.noted.contains(where: { Bytes.starts(text, with: $0) }) {
            word = .noted
        } else {
            return .nonsense(Bytes.text(text))
        }
        return .word(byteCount: end + 1, word)
    }

    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8]) {
        (Array("PUB flood \(byteCount)\r\n".utf8), Self.end)
    }

    /// The number at the end of a line such as `MSG flood 1 128\r`. It is the payload's size.
    private func lastNumber(of line: RawSpan) -> Int? {
        var value = 0
        var unit = 1
        for index in stride(from: line.byteCount - 1, through: 0, by: -1) {
            let byte = Bytes.byte(line, at: index)
            if byte == UInt8(ascii: "\r") { continue }
            guard byte >= 0x30, byte <= 0x39 else { return byte == 0x20 && unit > 1 ? value : nil }
            value += Int(byte - 0x30) * unit
            unit *= 10
            if unit > 1 << 40 { return nil }
        }
        return nil
    }
}
