/// The escapes of JSON strings, both ways.
enum Escapes {
    /// The bytes of text that the inside of an accepted string stands for. Malformed escapes are left out.
    static func decoded(_ inner: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var position = 0
        while position < inner.count {
            let byte = inner[position]
            guard byte == UInt8(ascii: "\\"), position + 1 < inner.count else {
                result.append(byte)
                position += 1
                continue
            }
            let letter = inner[position + 1]
            position += 2
            switch letter {
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "u"):
                guard var code = unit(inner, at: position) else { continue }
                position += 4
                if code & 0xfc00 == 0xd800, position + 1 < inner.count, inner[position] == UInt8(ascii: "\\"),
                    inner[position + 1] == UInt8(ascii: "u"), let low = unit(inner, at: position + 2),
                    low & 0xfc00 == 0xdc00
                {
                    code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
                    position += 6
                }
                if let scalar = Unicode.Scalar(code) { result.append(contentsOf: UTF8.encode(scalar)!) }
            default: result.append(letter)
            }
        }
        return result
    }

    /// Four hexadecimal digits.
    private static func unit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return code
    }

    /// Appends the inside of a JSON string. Only quotation marks, backslashes and control characters are escaped;
    /// everything else stays plain UTF-8.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var plain = 0
        for position in text.indices {
            let byte = text[position]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            if plain < position { output.append(contentsOf: UnsafeBufferPointer(rebasing: text[plain..<position])) }
            plain = position + 1
            output.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
            case 8: output.append(UInt8(ascii: "b"))
            case 9: output.append(UInt8(ascii: "t"))
            case 10: output.append(UInt8(ascii: "n"))
            case 12: output.append(UInt8(ascii: "f"))
            case 13: output.append(UInt8(ascii: "r"))
            default:
                output.append(contentsOf: "u00".utf8)
                output.append(byte < 16 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                output.append(digits[Int(byte & 15)])
            }
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: text[plain...]))
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
