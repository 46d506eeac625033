import Glibc

/// Finds positions in a text that jansson has accepted, without decoding it.
///
/// It trusts the syntax, but never reads outside of the bytes, whatever they are.
enum Scan {
    /// The position after the string that begins with the quotation mark at `start`.
    @inline(__always)
    static func stringEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start + 1
        // Most bytes of a message are inside of strings, so eight are looked at together.
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let found = zeroBytes(word ^ allQuotes) | zeroBytes(word ^ allBackslashes)
            if found == 0 {
                position += 8
                continue
            }
            position += found.trailingZeroBitCount >> 3
            if bytes[position] == UInt8(ascii: "\"") { return position + 1 }
            position += 2
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { return position + 1 }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes.count
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let allQuotes = UInt64(UInt8(ascii: "\"")) * ones
    private static let allBackslashes = UInt64(UInt8(ascii: "\\")) * ones

    /// A word whose lowest set bit marks the first zero byte; 0 if there is none. Higher bits may also mark bytes that
    /// aren't zero.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word & (ones << 7)
    }

    @inline(__always)
    static func skipBlanks(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
            default: return position
            }
        }
        return position
    }

    /// The position after the value that begins at `start`.
    static func valueEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count else { return start }
        switch bytes[start] {
        case UInt8(ascii: "\""):
            return stringEnd(bytes, from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var position = start
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    position = stringEnd(bytes, from: position)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return position + 1 }
                default: break
                }
                position += 1
            }
            return position
        default:
            var position = start
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: " "), UInt8(ascii: "\t"),
                    UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                    return position
                default: position += 1
                }
            }
            return position
        }
    }
}

/// Walks over the top-level members of an object's text.
///
///     { "key" : value , "key" : value }
///       ╰───╯   ╰───╯
///        key     value       as ranges of bytes, the key with its quotation marks
struct MemberScan {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    /// The position of the closing brace, once `next()` has returned false.
    private(set) var closing: Int?
    /// The position after the opening brace.
    let opening: Int

    private(set) var key = 0..<0
    private(set) var value = 0..<0

    /// `nil` if the text doesn't begin as an object.
    init?(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        let start = Scan.skipBlanks(bytes, from: 0)
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
        opening = start + 1
        position = start + 1
    }

    /// Goes to the next member.
    ///
    /// - Returns: whether there is one. If not, `closing` is set if the text ended in a brace as it should.
    mutating func next() -> Bool {
        var start = Scan.skipBlanks(bytes, from: position)
        if start < bytes.count, bytes[start] == UInt8(ascii: ",") {
            start = Scan.skipBlanks(bytes, from: start + 1)
        }
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else {
            if start < bytes.count, bytes[start] == UInt8(ascii: "}") { closing = start }
            return false
        }
        key = start..<Scan.stringEnd(bytes, from: start)
        let colon = Scan.skipBlanks(bytes, from: key.upperBound)
        guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { return false }
        let begin = Scan.skipBlanks(bytes, from: colon + 1)
        value = begin..<Scan.valueEnd(bytes, from: begin)
        position = value.upperBound
        return value.count > 0
    }

    /// Whether the present member's key, with its escapes decoded, is this one.
    func hasKey(_ wanted: UnsafeRawBufferPointer) -> Bool {
        let start = key.lowerBound + 1
        let inner = UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, key.upperBound - 1)])
        // An escape is never shorter than what it stands for.
        if inner.count < wanted.count { return false }
        if inner.count == wanted.count {
            if wanted.isEmpty { return true }
            // The lengths are equal, so if there were an escape the decoded key would be shorter.
            return memcmp(inner.baseAddress!, wanted.baseAddress!, wanted.count) == 0
                && memchr(inner.baseAddress!, Int32(UInt8(ascii: "\\")), inner.count) == nil
        }
        guard memchr(inner.baseAddress!, Int32(UInt8(ascii: "\\")), inner.count) != nil else { return false }
        return Escapes.decoded(inner).elementsEqual(wanted)
    }
}
