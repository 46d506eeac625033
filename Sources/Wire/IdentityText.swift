import Tree

/// Identities as text: a node id is 13 characters of base 32, an origin is `<node>.<incarnation>`, an entry's id
/// `<origin>.<sequence>`.
public enum IdentityText {
    /// The greatest count that is accepted from others. Counting on from it never overflows.
    public static let highestNumber: UInt64 = 1 << 62

    public static func append(_ node: NodeID, to bytes: inout [UInt8]) {
        // 13 characters hold 65 bits, so the first one holds only the upper four of the 64.
        for shift in stride(from: 60, through: 0, by: -5) {
            bytes.append(Base32.character(node.value >> UInt64(shift)))
        }
    }

    public static func append(_ origin: Origin, to bytes: inout [UInt8]) {
        append(origin.node, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        append(origin.incarnation.value, to: &bytes)
    }

    /// Appends the decimal digits of a number.
    public static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        // Digits are made from the last to the first. 64 bits have at most 20.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = number
            var start = 20
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: digits[start...])
        }
    }

    public static func text(_ node: NodeID) -> String {
        var bytes: [UInt8] = []
        append(node, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    public static func text(_ origin: Origin) -> String {
        var bytes: [UInt8] = []
        append(origin, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The node id of a text; nil if the text is none.
    public static func node(_ text: some StringProtocol) -> NodeID? {
        node(text.utf8)
    }

    private static func node(_ text: some Collection<UInt8>) -> NodeID? {
        guard text.count == 13 else { return nil }
        var value: UInt64 = 0
        for byte in text {
            // 13 characters hold 65 bits, so the first one must be one of the first 16.
            guard let digit = Base32.bits(byte), value >> 59 == 0 else { return nil }
            value = value << 5 | digit
        }
        return NodeID(value)
    }

    /// The origin of a text; nil if the text is none.
    public static func origin(_ text: some StringProtocol) -> Origin? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = node(parts[0]), let incarnation = UInt64(parts[1]),
            incarnation <= highestNumber
        else { return nil }
        return Origin(node: node, incarnation: Incarnation(incarnation))
    }

    /// The origin and the sequence in an entry's id.
    public static func entry(_ text: String) -> (origin: Origin, sequence: UInt64)? {
        guard let dot = text.lastIndex(of: "."), let sequence = UInt64(text[text.index(after: dot)...]),
            sequence > 0, sequence <= highestNumber, let origin = origin(text[..<dot])
        else { return nil }
        return (origin, sequence)
    }

    /// As above, from a range of a line. Nil also for numbers of more than 19 digits or with a sign.
    static func entry(_ line: RawSpan, _ range: Range<Int>) -> (origin: Origin, sequence: UInt64)? {
        // A node id is 13 characters, and a dot follows it.
        let incarnation = range.lowerBound + 14
        guard incarnation < range.upperBound, line.isDot(incarnation - 1),
            let node = line.extracting(range.lowerBound..<incarnation - 1).withUnsafeBytes({ node($0) })
        else { return nil }
        var dot = incarnation
        while dot < range.upperBound, !line.isDot(dot) { dot += 1 }
        guard dot < range.upperBound, let life = line.number(incarnation..<dot), life <= highestNumber,
            let sequence = line.number(dot + 1..<range.upperBound), sequence > 0, sequence <= highestNumber
        else { return nil }
        return (Origin(node: node, incarnation: Incarnation(life)), sequence)
    }
}

extension RawSpan {
    fileprivate func isDot(_ position: Int) -> Bool {
        unsafeLoad(fromByteOffset: position, as: UInt8.self) == UInt8(ascii: ".")
    }
}
