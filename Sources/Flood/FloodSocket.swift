import UV
import WebSocket

/// The client's side of a WebSocket (RFC 6455), as far as a flood needs it: it asks for one, takes the headers of
/// frames away, and answers pings.
///
/// What the frames hold is one stream of bytes to the dialect, as over TCP. Payloads are lent from the loop's buffer,
/// and not copied.
final class FloodSocket {
    /// What servers of one kind want to be asked for.
    struct Kind: Equatable {
        let path: String
        let subprotocol: String?
        let opcode: Opcode
    }

    private let kind: Kind
    /// What has come of the answer to the request; nil when it is through.
    private var answer: [UInt8]? = []
    /// What has come of a header.
    private var header: [UInt8] = []
    private var opcode = Opcode.text
    /// Bytes of the present frame that are still to come.
    private var left = 0
    private var control: [UInt8] = []

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// The request. The key is RFC 6455's own example: nothing lies between this client and its server that the key
    /// could help with.
    func request(host: String) -> [UInt8] {
        var lines = [
            "GET \(kind.path) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: \(OpeningHandshake.version)", "Sec-WebSocket-Key: \(Self.key)",
        ]
        if let subprotocol = kind.subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = Array(OpeningHandshake.accept(key).utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)
    /// The longest answer to the request, in bytes.
    private static let answerBytes = 8192

    var isOpen: Bool { answer == nil }

    /// A message, masked as clients have to.
    func frame(_ bytes: [UInt8]) -> [UInt8] {
        FrameHeader.masked(kind.opcode, bytes, mask: 0x9D3A_517C)
    }

    /// - Parameters:
    ///   - opened: the server has agreed.
    ///   - payload: bytes of the server's messages.
    ///   - send: takes what has to be sent in answer.
    /// - Returns: why the connection can't go on; nil if it can.
    func receive(
        _ bytes: RawSpan, opened: () -> Void, payload: (RawSpan) -> Void, send: ([UInt8]) -> Void
    ) -> String? {
        var start = 0
        if answer != nil {
            guard let failure = takeAnswer(bytes, &start) else { return nil }
            if !failure.isEmpty { return failure }
            opened()
        }
        while start < bytes.byteCount {
            if left == 0 {
                header.append(bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self))
                start += 1
                guard header.count >= 2, header.count == Self.headerBytes(header[1]) else { continue }
                if let failure = finishHeader(send) { return failure }
                continue
            }
            let piece = bytes.extracting(start..<start + min(left, bytes.byteCount - start))
            start += piece.byteCount
            left -= piece.byteCount
            if !opcode.isControl {
                payload(piece)
            } else {
                Bytes.append(piece, to: &control)
                if left == 0, let failure = finishControl(send) { return failure }
            }
        }
        return nil
    }

    /// - Returns: nil if the answer hasn't come whole; empty if it is right.
    private func takeAnswer(_ bytes: RawSpan, _ start: inout Int) -> String? {
        while start < bytes.byteCount {
            answer!.append(bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self))
            start += 1
            if answer!.suffix(4).elementsEqual(Self.headEnd) {
                let head = answer!
                answer = nil
                let isRight = head.starts(with: "HTTP/1.1 101 ".utf8) && head.firstRange(of: Self.accept) != nil
                return isRight ? "" : "no WebSocket there: \(String(decoding: head.prefix(80), as: UTF8.self))"
            }
            if answer!.count > Self.answerBytes { return "no WebSocket there" }
        }
        return nil
    }

    private static func headerBytes(_ second: UInt8) -> Int {
        switch second & 0x7F {
        case 126: 4
        case 127: 10
        default: 2
        }
    }

    private func finishHeader(_ send: ([UInt8]) -> Void) -> String? {
        guard header[1] & 0x80 == 0, header[0] & 0x70 == 0, let opcode = Opcode(rawValue: header[0] & 0x0F) else {
            return "no frame of a WebSocket"
        }
        self.opcode = opcode
        left = header.count == 2 ? Int(header[1]) : header[2...].reduce(0) { $0 << 8 | Int($1) }
        header.removeAll(keepingCapacity: true)
        return left == 0 && opcode.isControl ? finishControl(send) : nil
    }

    private func finishControl(_ send: ([UInt8]) -> Void) -> String? {
        let payload = control
        control = []
        switch opcode {
        case .ping:
            send(FrameHeader.masked(.pong, payload, mask: 0x9D3A_517C))
            return nil
        case .close:
            let code = payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
            return "closed by the server: \(code) \(String(decoding: payload.dropFirst(2), as: UTF8.self))"
        default: return nil
        }
    }
}
