/// Base 32 with the alphabet of RFC 4648, section 6, in lower case: `a` to `z`, and `2` to `7`. Ids and tokens are
/// written in it.
public enum Base32 {
    /// The character for the lowest five bits.
    @inlinable
    public static func character(_ bits: UInt64) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: bits & 31)
        return digit < 26 ? UInt8(ascii: "a") + digit : UInt8(ascii: "2") + digit - 26
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
