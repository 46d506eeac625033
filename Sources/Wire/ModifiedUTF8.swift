/// Turns the modified UTF-8 of Java's `writeUTF` into plain UTF-8.
///
/// Java writes a character beyond U+FFFF as two surrogates of three bytes each (CESU-8). It writes U+0000 as two bytes,
/// so that no byte is zero. Other malformed bytes stay as they are, and are refused as from any sender.
///
/// ```
///   😀   ED A0 BD ED B8 80   →   F0 9F 98 80
///   NUL  C0 80               →   00
/// ```
package enum ModifiedUTF8 {
    /// - Returns: nil if the text is plain UTF-8 already, as nearly every line is.
    package static func standard(_ text: RawSpan) -> [UInt8]? {
        text.withUnsafeBytes { text in
            guard text.contains(where: { $0 == 0xed || $0 == 0xc0 }) else { return nil }
            var output: [UInt8] = []
            output.reserveCapacity(text.count)
            var position = 0
            while position < text.count {
                if let high = surrogate(text, at: position, 0xa0...0xaf),
                    let low = surrogate(text, at: position + 3, 0xb0...0xbf)
                {
                    let code = 0x10000 + (high & 0x3ff) << 10 + (low & 0x3ff)
                    output.append(contentsOf: UTF8.encode(Unicode.Scalar(code)!)!)
                    position += 6
                } else if text[position] == 0xc0, position + 1 < text.count, text[position + 1] == 0x80 {
                    output.append(0)
                    position += 2
                } else {
                    output.append(text[position])
                    position += 1
                }
            }
            return output
        }
    }

    /// A surrogate of three bytes. The second byte tells a high one from a low one.
    private static func surrogate(
        _ text: UnsafeRawBufferPointer, at position: Int, _ second: ClosedRange<UInt8>
    ) -> UInt32? {
        guard position + 2 < text.count, text[position] == 0xed, second.contains(text[position + 1]),
            text[position + 2] & 0xc0 == 0x80
        else { return nil }
        return 0xd000 | UInt32(text[position + 1] & 0x3f) << 6 | UInt32(text[position + 2] & 0x3f)
    }
}
