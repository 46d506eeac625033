import Glibc

/// Reads the text of an object without building a tree, ten times as fast as a parser. It accepts only what jansson
/// accepts.
///
/// It handles the common case alone. If a text has something harder (an escape in a key, a surrogate, a number that may
/// be too big where size counts, many keys), the scan doesn't accept it, and the caller lets jansson decide. So there
/// is one possible mistake: the scan accepts what jansson refuses. The differential tests and `make fuzz` look for such
/// a case. The scan checks everything that `JSONObject` checks: UTF-8, control characters, numbers, depth, the
/// number of values, keys that stand there twice.
public struct StrictScan {
    /// A top-level member.
    public struct Member {
        /// The bytes of the key without the quotation marks. There are no escapes in them.
        public let key: Range<Int>
        /// The bytes of the value; of a string without the quotation marks.
        public let value: Range<Int>
        public let kind: Kind
    }

    /// What is known of a value without parsing it.
    public enum Kind: Sendable {
        /// A string whose bytes are its text.
        case plainString
        case escapedString
        /// At most 18 digits, perhaps after a minus.
        case integer
        case object
        case null
        /// A real number or a big one, an array, a literal.
        case other
    }

    /// - Parameters:
    ///   - depthLimit: as for `JSONObject`.
    ///   - bigNumbers: as for `JSONObject`.
    ///   - member: called for each top-level member, in order. The calls count only if the scan then returns true.
    /// - Returns: whether this certainly is an object that `JSONObject` accepts.
    public static func accepts(
        _ bytes: RawSpan, depthLimit: Int = JSONObject.defaultDepthLimit,
        bigNumbers: BigNumbers = .refused, _ member: (Member) -> Void
    ) -> Bool {
        bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: Key.self, capacity: keyLimit) { keys in
                var scan = StrictScan(
                    bytes: bytes, keys: keys, depthLimit: depthLimit, bigNumbers: bigNumbers)
                return scan.isObject(member)
            }
        }
    }

    // MARK: State

    /// A key of an object whose end hasn't been reached.
    private struct Key {
        let start: Int
        let count: Int
    }

    /// How many keys all objects may have together whose end hasn't been reached.
    private static let keyLimit = 64
    /// How many keys one object may have. Each key is compared with all before it.
    private static let keysOfOneLimit = 24

    private let bytes: UnsafeRawBufferPointer
    private let keys: UnsafeMutableBufferPointer<Key>
    private var keyCount = 0
    private let depthLimit: Int
    private let bigNumbers: BigNumbers
    /// The key of the top-level member that the scan is in.
    private var memberKey = 0..<0
    private var position = 0
    private var depth = 0
    /// As `ParsingCost` counts them.
    private var values = 0

    private init(
        bytes: UnsafeRawBufferPointer, keys: UnsafeMutableBufferPointer<Key>, depthLimit: Int,
        bigNumbers: BigNumbers
    ) {
        self.bytes = bytes
        self.keys = keys
        self.depthLimit = depthLimit
        self.bigNumbers = bigNumbers
    }

    /// The byte at the position. Past the end it is zero, which is allowed nowhere.
    private var byte: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipBlanks() {
        while true {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
            default: return
            }
        }
    }

    /// Skips this byte, and the blanks after it, if it stands at the position.
    private mutating func pass(_ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        position += 1
        skipBlanks()
        return true
    }

    private mutating func passComma() -> Bool {
        guard pass(UInt8(ascii: ",")) else { return false }
        values += 1
        return true
    }

    // MARK: Values
    //
    // Each function skips what it is named after, and says whether that stood there.

    private mutating func isObject(_ member: (Member) -> Void) -> Bool {
        skipBlanks()
        guard byte == UInt8(ascii: "{"), object(member) else { return false }
        skipBlanks()
        return position == bytes.count && values <= ParsingCost.valueLimit(bytes: bytes.count)
    }

    private mutating func object(_ member: (Member) -> Void) -> Bool {
        depth += 1
        values += 1
        guard depth <= depthLimit else { return false }
        let firstKey = keyCount
        position += 1
        skipBlanks()
        if byte != UInt8(ascii: "}") {
            repeat {
                guard let key = key(after: firstKey) else { return false }
                skipBlanks()
                guard pass(UInt8(ascii: ":")) else { return false }
                let start = position
                if depth == 1 { memberKey = key }
                guard let kind = value() else { return false }
                let isString = kind == .plainString || kind == .escapedString
                let value = isString ? start + 1..<position - 1 : start..<position
                member(Member(key: key, value: value, kind: kind))
                skipBlanks()
            } while passComma()
        }
        guard byte == UInt8(ascii: "}") else { return false }
        position += 1
        keyCount = firstKey
        depth -= 1
        return true
    }

    /// A key that differs from all keys of the same object, the first of which has the index `firstKey`.
    private mutating func key(after firstKey: Int) -> Range<Int>? {
        let start = position + 1
        guard byte == UInt8(ascii: "\""), string() == .plainString else { return nil }
        let key = Key(start: start, count: position - 1 - start)
        guard keyCount < Self.keyLimit, keyCount - firstKey < Self.keysOfOneLimit else { return nil }
        for other in keys[firstKey..<keyCount] where other.count == key.count {
            if memcmp(bytes.baseAddress! + other.start, bytes.baseAddress! + key.start, key.count) == 0 { return nil }
        }
        keys[keyCount] = key
        keyCount += 1
        return start..<position - 1
    }

    private mutating func array() -> Bool {
        depth += 1
        values += 1
        guard depth <= depthLimit else { return false }
        position += 1
        skipBlanks()
        if byte != UInt8(ascii: "]") {
            repeat {
                guard value() != nil else { return false }
                skipBlanks()
            } while passComma()
        }
        guard byte == UInt8(ascii: "]") else { return false }
        position += 1
        depth -= 1
        return true
    }

    private mutating func value() -> Kind? {
        switch byte {
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "{"): object({ _ in }) ? .object : nil
        case UInt8(ascii: "["): array() ? .other : nil
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number()
        case UInt8(ascii: "t"): literal("true")
        case UInt8(ascii: "f"): literal("false")
        case UInt8(ascii: "n"): literal("null") == nil ? nil : .null
        default: nil
        }
    }

    private mutating func literal(_ word: StaticString) -> Kind? {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count, memcmp(bytes.baseAddress! + position, word.utf8Start, count) == 0
        else { return nil }
        position += count
        return .other
    }

    // MARK: Numbers

    /// Where size counts, the result is nil unless the number has so few digits that it can't be too big.
    private mutating func number() -> Kind? {
        if byte == UInt8(ascii: "-") { position += 1 }
        let start = position
        let digits = passDigits()
        guard digits > 0, bytes[start] != UInt8(ascii: "0") || digits == 1 else { return nil }
        var isCertain = digits <= 18
        var kind = Kind.integer
        if byte == UInt8(ascii: ".") {
            position += 1
            let fraction = passDigits()
            guard fraction > 0 else { return nil }
            kind = .other
            isCertain = isCertain && fraction <= 18
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            guard passDigits() > 0 else { return nil }
            kind = .other
            isCertain = false
        }
        if isCertain { return kind }
        return bigNumbers.mayStand(in: UnsafeRawBufferPointer(rebasing: bytes[memberKey])) ? .other : nil
    }

    /// - Returns: how many digits were skipped.
    private mutating func passDigits() -> Int {
        let start = position
        while isDigit(byte) { position += 1 }
        return position - start
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: Strings

    /// `nil` unless the string is well-formed.
    private mutating func string() -> Kind? {
        var kind = Kind.plainString
        position += 1
        while true {
            skipPlain()
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return kind
            case UInt8(ascii: "\\"):
                kind = .escapedString
                guard escape() else { return nil }
            case 0x80...:
                guard character() else { return nil }
            default:
                // This is a control character, which is refused, or one of the last bytes, which `skipPlain` doesn't
                // look at.
                guard bytes[position] >= 0x20 else { return nil }
                position += 1
            }
        }
    }

    /// Skips, eight bytes at a time, to the next quotation mark, backslash, control character or byte above 0x7f. It
    /// stops where fewer than eight bytes are left.
    private mutating func skipPlain() {
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // In each term the lowest set bit is right. Borrows may have changed higher bits.
            let quote = word ^ (Self.ones &* 0x22)
            let backslash = word ^ (Self.ones &* 0x5c)
            let found =
                ((quote &- Self.ones) & ~quote) | ((backslash &- Self.ones) & ~backslash)
                | ((word &- Self.ones &* 0x20) & ~word) | word
            let marks = found & (Self.ones &* 0x80)
            if marks != 0 {
                position += marks.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    private mutating func escape() -> Bool {
        guard position + 1 < bytes.count else { return false }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
            return true
        case UInt8(ascii: "u"):
            guard position + 6 <= bytes.count else { return false }
            var code: UInt32 = 0
            for digit in bytes[position + 2..<position + 6] {
                guard let value = Self.hexadecimal(digit) else { return false }
                code = code << 4 | value
            }
            // A zero character is refused. Surrogates come in pairs, which this scan leaves to jansson.
            guard code != 0, code & 0xf800 != 0xd800 else { return false }
            position += 6
            return true
        default: return false
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// A character of two to four bytes (RFC 3629): shortest form, no surrogates, at most U+10FFFF.
    private mutating func character() -> Bool {
        let first = bytes[position]
        let second: ClosedRange<UInt8>
        let count: Int
        switch first {
        case 0xc2...0xdf: (second, count) = (0x80...0xbf, 2)
        case 0xe0: (second, count) = (0xa0...0xbf, 3)
        case 0xed: (second, count) = (0x80...0x9f, 3)
        case 0xe1...0xef: (second, count) = (0x80...0xbf, 3)
        case 0xf0: (second, count) = (0x90...0xbf, 4)
        case 0xf1...0xf3: (second, count) = (0x80...0xbf, 4)
        case 0xf4: (second, count) = (0x80...0x8f, 4)
        default: return false
        }
        guard position + count <= bytes.count, second.contains(bytes[position + 1]) else { return false }
        for other in position + 2..<max(position + count, position + 2) where bytes[other] & 0xc0 != 0x80 {
            return false
        }
        position += count
        return true
    }
}
