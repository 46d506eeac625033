/// Cuts a byte stream into lines, and keeps bytes only while it holds half a line or is told to wait.
///
/// Peers end lines with LF, with CR LF and with a bare CR; a last line counts without an end. The clients of the
/// original system put two length bytes before each line (Java's `writeUTF`). Whoever has once sent a line that fits
/// its length is one of them: from then on lengths tell where lines begin and end, and the text is turned into plain
/// UTF-8. From others, too, two bytes before a line are dropped, also where one of them looks like a line end.
public struct LineFraming {
    public enum Outcome {
        /// Everything was looked at.
        case consumed
        /// The reader wanted no more lines for now.
        case waiting
        /// A line is longer than the limit: nothing after it can be read.
        case tooLong(limit: Int)
        /// What came last is a blank line, or half of a prefix: what comes next tells, or that nothing comes.
        case undecided
    }

    /// What a reader makes of a line.
    public enum Demand {
        case more
        case wait
    }

    /// Looks at a line, without its end and its length. `hasLengths` says that the sender puts one before each.
    public typealias Reader = (_ line: RawSpan, _ hasLengths: Bool) -> Demand

    /// Half a line, or what waits to be read.
    private var kept: [UInt8] = []
    private var endedWithCR = false
    private var isDeciding = false
    /// Of what is kept, how much is known to hold no line end: half a line isn't searched again with each byte that
    /// comes.
    private var searched = 0
    /// A line has come that fitted the length before it.
    public private(set) var hasLengths: Bool

    public init(hasLengths: Bool = false) {
        self.hasLengths = hasLengths
    }

    /// Bytes that are kept: nothing for a connection between two messages.
    public var keptBytes: Int { kept.count }

    /// Nothing of what has come matters for what comes next: it is as good as a new one.
    public var isEmpty: Bool { kept.isEmpty && !endedWithCR }

    /// Hands on every whole line in what was kept and what has come, without its end.
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

    /// Goes on with what was kept while the reader waited.
    public mutating func readKept(limit: LineLimit, _ line: Reader) -> Outcome {
        // Taken out, since the reader may come back here.
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

    /// The sender sends nothing more: what is left is a line of its own.
    public mutating func end(limit: LineLimit, _ line: Reader) -> Outcome {
        guard !kept.isEmpty else { return .consumed }
        if kept.last != UInt8(ascii: "\n") { append([UInt8(ascii: "\n")].span.bytes) }
        return decide(limit: limit, line)
    }

    /// Nothing more has come for a while: what could have been a prefix is a line.
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

    /// Whether what looks like a line is the first of two length bytes, or both: an empty line before one byte and `{`,
    /// or a line of one control byte before `{`.
    /// Nil where too little has come to tell.
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

    /// Length bytes at the start of a line: up to two that stand before `{`, which may themselves be a `{`.
    private static func prefixLength(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
        let brace = UInt8(ascii: "{")
        guard end - start > 1 else { return 0 }
        let second = bytes.byte(start + 1)
        let thirdOpens = end - start > 2 && bytes.byte(start + 2) == brace
        if bytes.byte(start) == brace {
            // No object begins so but one whose first key is "{".
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
    /// For `AUTHENTICATE`, by which a node names all that it has.
    public var attaching: Int
    /// For `LOGIN`, by which a client that comes back names what it has seen.
    public var resuming: Int

    public init(_ usual: Int, attaching: Int? = nil, resuming: Int? = nil) {
        self.usual = usual
        self.attaching = max(usual, attaching ?? usual)
        self.resuming = max(usual, resuming ?? usual)
    }

    // They are known by their commands, which everybody who sends long ones writes first.
    private static let attachingStart = Array("{\"command\":\"AUTHENTICATE\"".utf8)
    private static let resumingStart = Array("{\"command\":\"LOGIN\"".utf8)

    /// The limit that a line is longer than; nil if it may be so long.
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

    /// The next LF or CR. JSON holds neither raw, so both end a line. Eight bytes are looked at together.
    func lineEnd(from start: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index + 8 <= byteCount {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let (lf, cr) = (word ^ (ones &* 10), word ^ (ones &* 13))
            // The lowest bit that is set is right, whatever is carried into the higher ones.
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
