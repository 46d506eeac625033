import Glibc

/// How to treat numbers that neither a 64-bit integer nor a double holds: `18446744073709551615`, `1e400`.
public enum BigNumbers: Sendable {
    /// The text is refused.
    case refused
    /// Such numbers are accepted wherever they stand.
    case allowed
    /// Such numbers are accepted inside of the top-level members with these names, since nobody computes with the
    /// values there. Anywhere else the text is refused.
    case allowedIn([StaticString])
}

extension BigNumbers {
    /// Whether such a number may stand in this top-level member. The key has no escapes.
    func mayStand(in key: UnsafeRawBufferPointer) -> Bool {
        guard case .allowedIn(let names) = self else {
            return if case .allowed = self { true } else { false }
        }
        for name in names where name.utf8CodeUnitCount == key.count {
            if memcmp(name.utf8Start, key.baseAddress!, key.count) == 0 { return true }
        }
        return false
    }
}

/// Accepts numbers of any size that follow JSON's grammar.
///
/// jansson reads a number into 64 bits or refuses it. So where bigger numbers are allowed, jansson reads a copy of the
/// text in which each of them is replaced by another number and blanks of the same length: all positions stay the same.
/// Only a whole run of the characters of numbers is replaced, and only if it is a number. So the copy is well-formed
/// JSON only if the text was, and jansson decides about all the rest.
enum NumberText {
    /// What replaces a big number. It is a number, so the field reads neither as absent nor as a string. It is not
    /// whole, and nobody writes it, so code that counts or compares can't take it for an ordinary value.
    private static let cover = Array("9e99".utf8)

    /// A copy of the text in which big numbers are replaced where they are allowed; nil if there is none to replace.
    static func covered(_ bytes: UnsafeRawBufferPointer, _ bigNumbers: BigNumbers) -> [UInt8]? {
        var found: [Range<Int>] = []
        switch bigNumbers {
        case .refused: break
        case .allowed: findBig(in: 0..<bytes.count, of: bytes, &found)
        case .allowedIn(let names):
            guard var members = MemberScan(bytes) else { return nil }
            while members.next() {
                let isNamed = names.contains {
                    members.hasKey(UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount))
                }
                if isNamed { findBig(in: members.value, of: bytes, &found) }
            }
        }
        guard !found.isEmpty else { return nil }
        var copy = [UInt8](bytes)
        for range in found {
            for position in range {
                let offset = position - range.lowerBound
                copy[position] = offset < cover.count ? cover[offset] : UInt8(ascii: " ")
            }
        }
        return copy
    }

    private static func findBig(in range: Range<Int>, of bytes: UnsafeRawBufferPointer, _ found: inout [Range<Int>]) {
        var position = range.lowerBound
        while position < range.upperBound {
            switch bytes[position] {
            case UInt8(ascii: "\""): position = Scan.stringEnd(bytes, from: position)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = position
                while position < range.upperBound, isNumberByte(bytes[position]) { position += 1 }
                let run = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                if isBig(run) { found.append(start..<position) }
            default: position += 1
            }
        }
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Whether this is a number that jansson refuses for its size. The shortest one is `2e308`.
    private static func isBig(_ run: UnsafeRawBufferPointer) -> Bool {
        guard run.count >= 5, let form = form(of: run) else { return false }
        let text = String(decoding: run, as: UTF8.self)
        return switch form {
        case .whole: Int64(text) == nil
        case .real: Double(text).map(\.isInfinite) ?? false
        }
    }

    enum Form { case whole, real }

    /// The form of a number by RFC 8259: a `-` if negative, digits without a leading zero, then a fraction and an
    /// exponent if there are any. Nil if the text is no number.
    static func form(of text: UnsafeRawBufferPointer) -> Form? {
        var position = 0
        var form = Form.whole
        func byte() -> UInt8 { position < text.count ? text[position] : 0 }
        func passDigits() -> Int {
            let start = position
            while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte()) { position += 1 }
            return position - start
        }
        if byte() == UInt8(ascii: "-") { position += 1 }
        let first = byte()
        let digits = passDigits()
        guard digits == 1 || digits > 1 && first != UInt8(ascii: "0") else { return nil }
        if byte() == UInt8(ascii: ".") {
            form = .real
            position += 1
            guard passDigits() > 0 else { return nil }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            form = .real
            position += 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { position += 1 }
            guard passDigits() > 0 else { return nil }
        }
        return position == text.count ? form : nil
    }
}
