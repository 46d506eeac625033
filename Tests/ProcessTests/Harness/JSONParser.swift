/// A strict JSON reader (RFC 8259) for the program's output. A lenient reader would hide mistakes.
///
/// It refuses duplicate keys, raw control bytes, malformed UTF-8 and anything after the value. It is recursive, as deep
/// as the tests' own messages are nested.
struct JSONParser {
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    private let bytes: [UInt8]
    private var position = 0

    static func parse(_ bytes: [UInt8]) throws(Refusal) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        parser.skipBlanks()
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.refusal("something follows the value") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func refusal(_ why: String) -> Refusal {
        Refusal(description: "no JSON at byte \(position): \(why)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Refusal) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw refusal("a bad word") }
        }
        return value
    }

    private mutating func value() throws(Refusal) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw refusal("the end instead of a value")
        default: return try number()
        }
    }

    private mutating func object() throws(Refusal) -> JSONValue {
        var members: [String: JSONValue] = [:]
        position += 1
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw refusal("a key was expected") }
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw refusal("a colon was expected") }
            skipBlanks()
            guard members.updateValue(try value(), forKey: key) == nil else { throw refusal("\(key) twice") }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw refusal("a closing brace was expected") }
        return .object(members)
    }

    private mutating func list() throws(Refusal) -> JSONValue {
        var elements: [JSONValue] = []
        position += 1
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .list(elements) }
        repeat {
            skipBlanks()
            elements.append(try value())
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw refusal("a closing bracket was expected") }
        return .list(elements)
    }

    private mutating func number() throws(Refusal) -> JSONValue {
        let start = position
        while let byte = next,
            (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
        {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.drop { $0 == "-" }
        guard let first = digits.first, first.isNumber, !text.hasPrefix("--") else { throw refusal("no value") }
        guard first != "0" || digits.dropFirst().first.map({ !$0.isNumber }) ?? true else {
            throw refusal("a leading zero")
        }
        if let integer = Int(text) { return .integer(integer) }
        guard let real = Double(text) else { throw refusal("no number: \(text)") }
        return .real(real)
    }

    private mutating func string() throws(Refusal) -> String {
        position += 1
        var pieces = ""
        var start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                pieces += try decoded(start..<position)
                position += 1
                return pieces
            case UInt8(ascii: "\\"):
                pieces += try decoded(start..<position)
                position += 1
                pieces.unicodeScalars.append(try escape())
                start = position
            case 0..<0x20:
                throw refusal("a raw control byte in a string")
            default:
                position += 1
            }
        }
        throw refusal("a string without an end")
    }

    private func decoded(_ range: Range<Int>) throws(Refusal) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw refusal("bad UTF-8") }
        return text
    }

    private mutating func escape() throws(Refusal) -> Unicode.Scalar {
        guard let byte = next else { throw refusal("the end in an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): break
        default: throw refusal("an unknown escape")
        }
        let high = try fourDigits()
        guard (0xD800..<0xDC00).contains(high) else {
            guard let scalar = Unicode.Scalar(high) else { throw refusal("half a surrogate pair") }
            return scalar
        }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw refusal("half a surrogate pair") }
        let low = try fourDigits()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw refusal("a bad surrogate pair") }
        return scalar
    }

    private mutating func fourDigits() throws(Refusal) -> UInt32 {
        guard position + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw refusal("four digits were expected") }
        position += 4
        return value
    }
}
