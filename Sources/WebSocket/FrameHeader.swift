/// What a frame holds (RFC 6455, section 5.2).
public enum Opcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Control frames are short, never in pieces, and may stand between the pieces of a message.
    public var isControl: Bool { rawValue >= 8 }
}

/// The header of a frame that a server sends: without a mask, and always the whole of a message.
public enum FrameHeader {
    /// The longest header of a server's frame, in bytes.
    public static let mostBytes = 10
    /// The most bytes that a control frame holds (RFC 6455, section 5.5).
    public static let controlBytes = 125

    /// The bytes that go before a payload of so many bytes.
    ///
    /// - Parameter isCompressed: whether the payload is a compressed message (RFC 7692, section 6).
    public static func bytes(_ opcode: Opcode, payload count: Int, isCompressed: Bool = false) -> [UInt8] {
        var bytes = [0x80 | (isCompressed ? 0x40 : 0) | opcode.rawValue]
        append(length: count, mask: 0, to: &bytes)
        return bytes
    }

    /// A whole frame.
    public static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
        bytes(opcode, payload: payload.count) + payload
    }

    /// A whole frame of a client, which masks what it sends (RFC 6455, section 5.3).
    public static func masked(_ opcode: Opcode, _ payload: [UInt8], mask: UInt32) -> [UInt8] {
        var bytes = [0x80 | opcode.rawValue]
        append(length: payload.count, mask: 0x80, to: &bytes)
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }
        bytes += key
        bytes.reserveCapacity(bytes.count + payload.count)
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    private static func append(length count: Int, mask: UInt8, to bytes: inout [UInt8]) {
        switch count {
        case ...125: bytes.append(mask | UInt8(count))
        case ...0xFFFF:
            bytes.append(mask | 126)
            bytes.append(UInt8(count >> 8))
            bytes.append(UInt8(count & 0xFF))
        default:
            bytes.append(mask | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(count >> shift & 0xFF)) }
        }
    }
}
