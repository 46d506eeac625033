/// Whether bytes that come piece by piece are UTF-8 (RFC 3629): nothing overlong, no surrogates, nothing beyond
/// U+10FFFF. Each piece is judged when it comes, so that a fault is told as early as possible.
struct UTF8Check: Equatable {
    /// How many bytes the character that has begun still needs.
    private var needed: UInt8 = 0
    /// What the next one of them may be.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// Whether no character has begun and not ended.
    var isComplete: Bool { needed == 0 }

    /// - Returns: false if the bytes can't be UTF-8, whatever follows.
    mutating func accepts(_ bytes: RawSpan) -> Bool {
        var index = 0
        let count = bytes.byteCount
        while index < count {
            if needed == 0 {
                // Most text is ASCII: eight bytes are looked at together.
                while index + 8 <= count,
                    bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                }
                guard index < count else { break }
            }
            guard accepts(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accepts(_ byte: UInt8) -> Bool {
        if needed > 0 {
            guard low...high ~= byte else { return false }
            needed -= 1
            (low, high) = (0x80, 0xBF)
            return true
        }
        switch byte {
        case 0...0x7F: break
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, low) = (2, 0xA0)
        case 0xED: (needed, high) = (2, 0x9F)
        case 0xE1...0xEF: needed = 2
        case 0xF0: (needed, low) = (3, 0x90)
        case 0xF4: (needed, high) = (3, 0x8F)
        case 0xF1...0xF3: needed = 3
        default: return false
        }
        return true
    }
}
