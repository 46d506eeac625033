/// Base 32 with the alphabet of RFC 4648, section 6, in lower case: `a` to `z`, and `2` to `7`. Ids and tokens are
/// written in it.
public enum Base32 {
    /// The character for the lowest five bits.
    @inlinable
    public static func character(_ bits: UInt64) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: bits & 31)
        return digit < 26 ? UInt8(ascii: "a") + digit : UInt8(ascii: "2") + digit - 26
    }

    /// The text of some bytes, the first bits first, without padding.
    public static func text(_ bytes: some Collection<UInt8>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity((bytes.count * 8 + 4) / 5)
        var (waiting, count) = (UInt64(0), 0)
        for byte in bytes {
            waiting = waiting << 8 | UInt64(byte)
            count += 8
            while count >= 5 {
                count -= 5
                characters.append(character(waiting >> UInt64(count)))
            }
        }
        if count > 0 { characters.append(character(waiting << UInt64(5 - count))) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes of a text; nil if `text` would not have written it.
    public static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 5 / 8)
        var (waiting, count) = (UInt64(0), 0)
        for character in text.utf8 {
            guard let bits = bits(character) else { return nil }
            waiting = waiting << 5 | bits
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: waiting >> UInt64(count)))
            }
        }
        // What is left over is less than a character, and zero.
        guard count < 5, waiting & (1 << UInt64(count) - 1) == 0 else { return nil }
        return bytes
    }

    /// The five bits that a character stands for; nil if it is not in the alphabet.
    @inlinable
    public static func bits(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(character - UInt8(ascii: "a"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt64(character - UInt8(ascii: "2")) + 26
        default: nil
        }
    }
}
