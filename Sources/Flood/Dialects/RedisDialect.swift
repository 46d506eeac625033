/// Redis's publish and subscribe (https://redis.io/docs/latest/develop/reference/protocol-spec/, RESP2), with one
/// channel. A connection that has subscribed may not publish, so each sender has a second one.
struct RedisDialect: Dialect {
    private let byteCount: Int

    var sendsApart: Bool { true }

    /// - Parameter byteCount: the length of each payload.
    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    func opening(of who: Member, seen: [String: UInt64]?) -> [UInt8] {
        Array((who.onlySends ? "*1\r\n$4\r\nPING\r\n" : "*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nflood\r\n").utf8)
    }

    func frame(_ bytes: RawSpan, of who: Member) -> Frame {
        guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes) else { return .incomplete }
        switch Bytes.byte(bytes, at: 0) {
        case UInt8(ascii: ":"): return .word(byteCount: end + 1, .noted)
        case UInt8(ascii: "+"): return .word(byteCount: end + 1, .loggedIn(seen: nil))
        case UInt8(ascii: "-"): return .word(byteCount: end + 1, .refused(Bytes.text(bytes.extracting(first: end))))
        case UInt8(ascii: "*"): return array(bytes, from: end + 1)
        default: return .nonsense(Bytes.text(bytes.extracting(first: min(end, 80))))
        }
    }

    /// An array: `message`, the channel and the payload, or `subscribe`, the channel and the number of channels.
    private func array(_ bytes: RawSpan, from start: Int) -> Frame {
        var position = start
        for _ in 0..<2 {
            guard let next = string(bytes, at: position) else { return .incomplete }
            position = next
        }
        guard position < bytes.byteCount else { return .incomplete }
        if Bytes.byte(bytes, at: position) == UInt8(ascii: ":") {
            guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: position) else {
                return .incomplete
            }
            return .word(byteCount: end + 1, .loggedIn(seen: nil))
        }
        guard let end = string(bytes, at: position) else { return .incomplete }
        return .message(byteCount: end)
    }

    /// The end of a bulk string such as `$5\r\nflood\r\n`; nil if not all of it is there.
    private func string(_ bytes: RawSpan, at start: Int) -> Int? {
        guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: start) else { return nil }
        var size = 0
        for index in start + 1..<end {
            let byte = Bytes.byte(bytes, at: index)
            if byte >= 0x30, byte <= 0x39 { size = size * 10 + Int(byte - 0x30) }
        }
        let whole = end + 1 + size + 2
        return whole <= bytes.byteCount ? whole : nil
    }

    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8]) {
        (Array("*3\r\n$7\r\nPUBLISH\r\n$5\r\nflood\r\n$\(byteCount)\r\n".utf8), Array("\r\n".utf8))
    }
}
