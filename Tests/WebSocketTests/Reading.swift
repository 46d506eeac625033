import WebSocket

/// What a reader made of the bytes of a client.
struct Reading: Equatable {
    var text: [UInt8] = []
    var controls: [FrameReader.Control] = []
    var failure: CloseReason.Code?
    /// How often it left bytes to the next time.
    var stops = 0

    /// - Parameter sizes: how the bytes come, piece by piece, over and over; all at once if there are none.
    /// - Parameter inflation: nil if no message may be compressed.
    init(
        of bytes: [UInt8], in sizes: [Int] = [], messageBytes: Int = 1000, inflation: FrameReader.Inflation? = nil
    ) {
        var reader = FrameReader(messageBytes: messageBytes, inflation: inflation)
        var scratch: [UInt8] = []
        var start = 0
        var turn = 0
        while start < bytes.count, failure == nil, !reader.hasEnded {
            let size = sizes.isEmpty ? bytes.count : sizes[turn % sizes.count]
            let end = min(bytes.count, start + size)
            let reason = reader.read(bytes.span.bytes.extracting(start..<end), scratch: &scratch) { piece in
                piece.withUnsafeBytes { text += $0 }
            } control: {
                controls.append($0)
            }
            failure = reason?.code
            if reader.unread > 0 { stops += 1 }
            (start, turn) = (end - reader.unread, turn + 1)
        }
    }

    var lines: String { String(decoding: text, as: UTF8.self) }
}

/// A frame as a client may write it, right or wrong.
func frame(
    _ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true,
    mask: UInt32 = 0x0403_0201
) -> [UInt8] {
    let right = FrameHeader.masked(.text, payload, mask: mask)
    var bytes = [(fin ? 0x80 : 0) | reserved << 4 | opcode] + right.dropFirst()
    guard !isMasked else { return bytes }
    bytes[1] &= 0x7F
    let header = payload.count < 126 ? 2 : payload.count < 0x10000 ? 4 : 10
    return bytes[..<header] + payload
}

func frame(_ opcode: UInt8, _ payload: String, fin: Bool = true) -> [UInt8] {
    frame(opcode, Array(payload.utf8), fin: fin)
}
