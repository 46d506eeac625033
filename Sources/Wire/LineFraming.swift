/// Cuts a byte stream into lines. It keeps bytes only while it has half a line or its reader wants to wait.
///
/// Peers end lines with LF, with CR LF or with a bare CR. The last line counts without an end.
///
/// The clients of the original system put two length bytes before each line (Java's `writeUTF`). Once a sender has sent
/// a line that fits the length before it, it counts as such a client: from then on the lengths tell where lines begin
/// and end, and the text is turned into plain UTF-8. From other senders, too, up to two bytes before a `{` are dropped,
/// also when one of them looks like a line end.
public struct LineFraming {
    /// Why reading stopped.
    public enum Outcome {
        /// All bytes were read.
        case consumed
        /// The reader wants no more lines for now.
        case waiting
        /// A line is longer than the limit. Nothing after it can be read.
        case tooLong(limit: Int)
        /// The last bytes are a blank line or half of a prefix, or a line with a length before it lacks its LF. The
        /// next bytes decide which, or that none come (`decide`).
        case undecided
    }

    /// Whether a reader wants further lines.
    public enum Demand {
        case more
        case wait
    }

    /// Receives a line without its end and without its length. `hasLengths`: the sender puts a length before each line.
    public typealias Reader = (_ line: RawSpan, _ hasLengths: Bool) -> Demand

    /// Half a line, or bytes that wait to be read.
    private var kept: [UInt8] = []
    private var endedWithCR = false
    private var isDeciding = false
    /// How many of the kept bytes are known to contain no line end, so that half a line isn't searched again with each
    /// further byte.
    private var searched = 0
    /// True once a line has come that fitted the length before it.
    public private(set) var hasLengths: Bool

    public init(hasLengths: Bool = false) {
        self.hasLengths = hasLengths
    }

    /// How many bytes are kept. A connection between two messages keeps none.
    public var keptBytes: Int { kept.count }

    /// Whether the earlier bytes have no influence on the next ones, as in a new instance.
    public var isEmpty: Bool { kept.isEmpty && !endedWithCR }

    /// Passes on every whole line in the kept and the new bytes, without its end.
    ///
    /// - Parameter limit: longer lines are refused before their end is seen.
    public mutating func read(
        _ bytes: RawSpan, limit: LineLimit, _ line: Reader
    ) -> Outcome {
        if kept.isEmpty {
            let (used, outcome) = cut(bytes, limit: limit, line)
            if used < bytes.byteCount { append(bytes.extracting(used..<bytes.byteCount)) }
            return outcome
        }
        append(bytes)
        return readKept(limit: limit, line)
    }

    /// Keeps bytes that have come while the reader waits, unread.
    public mutating func keep(_ bytes: RawSpan) {
        append(bytes)
    }

    /// Continues with the bytes that were kept while the reader waited.
    public mutating func readKept(limit: LineLimit, _ line: Reader) -> Outcome {
        // The bytes are taken out first, since the reader may call this method again.
        var taken: [UInt8] = []
        swap(&taken, &kept)
        let (used, outcome) = cut(taken.span.bytes, limit: limit, line)
        if used < taken.count {
            if used > 0 { taken.removeFirst(used) }
            taken.append(contentsOf: kept)
            kept = taken
        }
        return outcome
    }

    /// To be called when the sender has ended: the rest is read as a line.
    public mutating func end(limit: LineLimit, _ line: Reader) -> Outcome {
        guard !kept.isEmpty else { return .consumed }
        if kept.last != UInt8(ascii: "\n") { append([UInt8(ascii: "\n")].span.bytes) }
        return decide(limit: limit, line)
    }

    /// To be called when no bytes have come for a while: bytes that could have been a prefix are read as a line.
    public mutating func decide(limit: LineLimit, _ line: Reader) -> Outcome {
        isDeciding = true
        defer { isDeciding = false }
        return readKept(limit: limit, line)
    }

    private mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { kept.append(contentsOf: $0) }
    }

    private mutating func cut(
        _ bytes: RawSpan, limit: LineLimit, _ line: Reader
    ) -> (used: Int, outcome: Outcome) {
        var start = 0
        let count = bytes.byteCount
        let unsearched = searched
        searched = 0
        if endedWithCR, count > 0 {
            endedWithCR = false
            if bytes.byte(0) == 10 { start = 1 }
        }
        while start < count {
            switch MeasuredMessage(bytes, at: start) {
            case .whole(let content, let next):
                let text = bytes.extracting(content)
                if let limit = limit.passed(by: text) { return (start, .tooLong(limit: limit)) }
                hasLengths = true
                start = next
                if case .wait = Self.hand(text, to: line) { return (start, .waiting) }
                continue
            case .incomplete where hasLengths && !isDeciding:
                let begin = min(start + MeasuredMessage.prefixBytes, count)
                let passed = limit.passed(by: bytes.extracting(begin..<count))
                return (start, passed.map { .tooLong(limit: $0) } ?? .consumed)
            case .incomplete where !isDeciding && MeasuredMessage.mayLookLikeALine(bytes, at: start):
                return (start, .undecided)
            case .incomplete where !isDeciding && MeasuredMessage.lacksOnlyItsEnd(bytes, at: start):
                return (start, .undecided)
            case .incomplete, .absent: break
            }
            guard let end = bytes.lineEnd(from: max(start, unsearched)) else {
                searched = count - start
                let passed = limit.passed(by: bytes.extracting(start..<count))
                return (start, passed.map { .tooLong(limit: $0) } ?? .consumed)
            }
            if let limit = limit.passed(by: bytes.extracting(start..<end)) { return (start, .tooLong(limit: limit)) }
            var next = end + 1
            if bytes.byte(end) == 13 {
                if next < count {
                    if bytes.byte(next) == 10 { next += 1 }
                } else if end > start {
                    endedWithCR = true
                }
            }
            let content = start
            switch Self.isPrefix(bytes, content, end, next) {
            case true?:
                start = next
                continue
            case nil where !isDeciding: return (content, .undecided)
            case false?, nil: start = next
            }
            let dropped = Self.prefixLength(bytes, content, end)
            if case .wait = line(bytes.extracting(content + dropped..<end), hasLengths) { return (start, .waiting) }
        }
        return (start, .consumed)
    }

    private static func hand(_ text: RawSpan, to line: Reader) -> Demand {
        guard let standard = ModifiedUTF8.standard(text) else { return line(text, true) }
        return line(standard.span.bytes, true)
    }

    /// Whether what looks like a line is one of the two length bytes, or both: an empty line before one byte and `{`,
    /// or a line of one control byte before `{`. Nil if too few bytes have come to decide.
    private static func isPrefix(_ bytes: RawSpan, _ start: Int, _ end: Int, _ next: Int) -> Bool? {
        let brace = UInt8(ascii: "{")
        let following = bytes.byteCount - next
        switch end - start {
        case 0:
            if following > 0, bytes.byte(next) == brace { return false }
            return following > 1 ? bytes.byte(next + 1) == brace : nil
        case 1 where bytes.byte(start) < 32:
            return following > 0 ? bytes.byte(next) == brace : nil
        default: return false
        }
    }

    /// How many length bytes the line begins with: up to two before a `{`. They may be the byte `{` themselves.
    private static func prefixLength(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
        let brace = UInt8(ascii: "{")
        guard end - start > 1 else { return 0 }
        let second = bytes.byte(start + 1)
        let thirdOpens = end - start > 2 && bytes.byte(start + 2) == brace
        if bytes.byte(start) == brace {
            // An object begins with `{`, some byte and `{` only if its first key begins with `{`. Then that byte is a
            // quotation mark.
            return thirdOpens && second != UInt8(ascii: "\"") ? 2 : 0
        }
        if thirdOpens { return 2 }
        return second == brace ? 1 : 0
    }
}

/// How long a line may be, in bytes.
public struct LineLimit: Sendable {
    /// For most lines.
    public var usual: Int
    /// For `AUTHENTICATE`, in which a node names all entries that it has.
    public var attaching: Int
    /// For `LOGIN`, in which a client that comes back names the entries that it has seen.
    public var resuming: Int

    public init(_ usual: Int, attaching: Int? = nil, resuming: Int? = nil) {
        self.usual = usual
        self.attaching = max(usual, attaching ?? usual)
        self.resuming = max(usual, resuming ?? usual)
    }

    // Long lines are recognised by their commands, which every sender of such lines writes first.
    private static let attachingStart = Array("{\"command\":\"AUTHENTICATE\"".utf8)
    private static let resumingStart = Array("{\"command\":\"LOGIN\"".utf8)

    /// The limit that a line exceeds; nil if it exceeds none.
    func passed(by line: RawSpan) -> Int? {
        guard line.byteCount > usual else { return nil }
        func begins(with start: [UInt8]) -> Bool {
            start.count <= line.byteCount && start.indices.allSatisfy { line.byte($0) == start[$0] }
        }
        let limit =
            if begins(with: Self.attachingStart) {
                attaching
            } else if begins(with: Self.resumingStart) {
                resuming
            } else {
                usual
            }
        return line.byteCount > limit ? limit : nil
    }
}

extension RawSpan {
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    func isLineEnd(_ offset: Int) -> Bool { byte(offset) == 10 || byte(offset) == 13 }

    /// The position of the next LF or CR. JSON contains neither unescaped, so both end a line. Eight bytes are looked
    /// at together.
    func lineEnd(from start: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index + 8 <= byteCount {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let (lf, cr) = (word ^ (ones &* 10), word ^ (ones &* 13))
            // The lowest set bit is right. Borrows may have changed higher bits.
            let found = (((lf &- ones) & ~lf) | ((cr &- ones) & ~cr)) & (ones &* 0x80)
            if found != 0 { return index + (found.trailingZeroBitCount >> 3) }
            index += 8
        }
        while index < byteCount {
            let byte = byte(index)
            if byte == 10 || byte == 13 { return index }
            index += 1
        }
        return nil
    }
}
