import Wire

/// Reads a text that the original system has written: Java's `writeUTF` has a UTF-8 of its own.
public enum TranslatedText {
    /// - Parameter input: a text, and at the same time bytes that somebody else may have written.
    /// - Returns: what is wrong with what was read; nil if nothing is, as it has to be.
    public static func fault(in input: [UInt8], isPlanted: Bool = false) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        let written = asWrittenByJava(text, keepsZeros: isPlanted)
        let read = ModifiedUTF8.standard(written.span.bytes) ?? written
        guard read == Array(text.utf8) else { return "\(text.utf8.map { $0 }) is read as \(read)" }
        guard let any = ModifiedUTF8.standard(input.span.bytes) else { return nil }
        return any.count > input.count ? "\(any.count) bytes of \(input.count)" : nil
    }

    /// As `java.io.DataOutput.writeUTF` describes it: each unit of UTF-16 by itself, and U+0000 in two bytes.
    ///
    /// - Parameter keepsZeros: the fault that is planted: a zero stays one, twice.
    private static func asWrittenByJava(_ text: String, keepsZeros: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for unit in text.utf16 {
            switch unit {
            case 0: bytes += keepsZeros ? [0, 0] : [0xC0, 0x80]
            case 1..<0x80: bytes.append(UInt8(unit))
            case 0x80..<0x800: bytes += [0xC0 | UInt8(unit >> 6), 0x80 | UInt8(unit & 0x3F)]
            default: bytes += [0xE0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3F), 0x80 | UInt8(unit & 0x3F)]
            }
        }
        return bytes
    }
}
