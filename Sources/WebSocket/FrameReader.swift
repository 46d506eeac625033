/// Takes the frames of a client apart (RFC 6455, section 5): text comes out unmasked, piece by piece as it arrives.
///
/// A message holds one or more lines: its end ends the last of them, with or without a line end of its own.
///
/// A message is never gathered here, unless it is compressed. What is kept is a header that hasn't come whole and the
/// payload of a control frame, so that a client costs some hundred bytes while a frame is under way, and nothing
/// between two messages. A length is judged when its header has come, before any of its bytes are taken.
///
/// ```
///   header ──(all of it has come)──▶ payload ──(its last byte)──▶ header
///   text:     each piece is unmasked, checked and handed on at once
///   control:  gathered, at most 125 bytes, and handed on whole
/// ```
/// A compressed message is gathered as it comes, and its text is made, checked and handed on when its end has come. Few
/// bytes may be those of a long text, so the reader stops after some text, and leaves what has come behind it `unread`.
public struct FrameReader {
    /// A control frame that has come.
    public enum Control: Equatable, Sendable {
        case ping([UInt8])
        case pong
        /// The other side ends. With the payload of the answer: its own code (RFC 6455, section 5.5.1).
        case close([UInt8])
    }

    /// What a reader needs for compressed messages.
    public struct Inflation {
        let inflater: Inflater
        let textBytes: Int
        let readBytes: Int

        /// - Parameters:
        ///   - inflater: may be shared by all readers.
        ///   - textBytes: the longest text of a compressed message, in bytes.
        ///   - readBytes: after so many bytes of text the reader stops.
        public init(_ inflater: Inflater, textBytes: Int, readBytes: Int) {
            self.inflater = inflater
            self.textBytes = textBytes
            self.readBytes = readBytes
        }
    }

    /// The longest message, in bytes, as it comes.
    private let messageBytes: Int
    private let inflation: Inflation?
    /// A header that has begun.
    private var header: [UInt8] = []
    private var opcode = Opcode.text
    private var isFinal = true
    /// How many bytes of the present frame are still to come; nil between two frames.
    private var left: Int?
    /// The mask, turned so that its lowest byte is for the next byte.
    private var mask: UInt32 = 0
    /// What has come of a control frame.
    private var control: [UInt8] = []
    /// What has come of a compressed message; nil if the present one is none.
    private var compressed: [UInt8]?
    /// A text has begun, and so many bytes of it have come or are announced.
    private var message: Int?
    private var text = UTF8Check()
    /// The last byte of the message so far ends a line, or there is none.
    private var isAtLineEnd = true
    /// It has failed, or the other side has ended: nothing is read any more.
    public private(set) var hasEnded = false

    /// How many bytes at the end of what came last weren't taken. They have to be given once more, before all others.
    public private(set) var unread = 0

    /// - Parameters:
    ///   - messageBytes: the longest message that is taken, in bytes.
    ///   - inflation: nil if none may be compressed.
    public init(messageBytes: Int, inflation: Inflation? = nil) {
        self.messageBytes = messageBytes
        self.inflation = inflation
    }

    /// Whether it is between two messages, as a new reader is.
    public var isEmpty: Bool { header.isEmpty && left == nil && message == nil && !hasEnded }

    /// How many bytes are kept.
    public var keptBytes: Int { header.count + control.count + (compressed?.count ?? 0) }

    /// Takes bytes that have come.
    ///
    /// - Parameters:
    ///   - scratch: where text is unmasked; it is as long as its longest piece so far, and shared by all readers.
    ///   - text: takes a piece of a message's lines.
    ///   - control: a control frame. After a `close` nothing more is read.
    /// - Returns: why the connection has to end; nil if it hasn't.
    public mutating func read(
        _ bytes: RawSpan, scratch: inout [UInt8], text: (_ piece: RawSpan) -> Void,
        control: (Control) -> Void
    ) -> CloseReason? {
        var index = 0
        var made = 0
        unread = 0
        while index < bytes.byteCount, !hasEnded {
            if let inflation, made >= inflation.readBytes {
                unread = bytes.byteCount - index
                return nil
            }
            if left == nil {
                if let failure = takeHeader(bytes, &index) { return end(failure) }
                guard left != nil else { return nil }
            }
            let count = min(left!, bytes.byteCount - index)
            let piece = bytes.extracting(index..<index + count)
            index += count
            left! -= count
            let isDone = left == 0
            if isDone { left = nil }
            let failure =
                if opcode.isControl {
                    takeControl(piece, isDone, control)
                } else if compressed != nil {
                    takeCompressed(piece, isDone, &made, &scratch, text)
                } else {
                    takeText(piece, isDone, &scratch, text)
                }
            if let failure { return end(failure) }
        }
        return nil
    }

    private mutating func end(_ failure: CloseReason) -> CloseReason {
        hasEnded = true
        (header, control, compressed) = ([], [], nil)
        return failure
    }

    // MARK: Headers

    /// Takes bytes of a header; `left` is set when it has come whole.
    private mutating func takeHeader(_ bytes: RawSpan, _ index: inout Int) -> CloseReason? {
        while index < bytes.byteCount {
            header.append(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            index += 1
            if header.count == 2, let failure = judgeBeginning() { return failure }
            guard header.count >= 2, header.count == Self.headerBytes(header[1]) else { continue }
            return finishHeader()
        }
        return nil
    }

    private static func headerBytes(_ second: UInt8) -> Int {
        switch second & 0x7F {
        case 126: 8
        case 127: 14
        default: 6
        }
    }

    /// What the first two bytes tell is judged at once.
    private mutating func judgeBeginning() -> CloseReason? {
        let (first, second) = (header[0], header[1])
        guard let opcode = Opcode(rawValue: first & 0x0F) else { return CloseReason(.protocolError, "unknown opcode") }
        // The first of these bits stands at the beginning of a compressed message (RFC 7692, section 6).
        let isCompressed = first & 0x70 == 0x40 && inflation != nil && (opcode == .text || opcode == .binary)
        guard first & 0x70 == 0 || isCompressed else { return CloseReason(.protocolError, "a reserved bit is set") }
        guard second & 0x80 != 0 else { return CloseReason(.protocolError, "a client's frames have to be masked") }
        self.opcode = opcode
        isFinal = first & 0x80 != 0
        switch opcode {
        case .close, .ping, .pong:
            guard isFinal else { return CloseReason(.protocolError, "a control frame comes in one piece") }
            guard second & 0x7F <= FrameHeader.controlBytes else {
                return CloseReason(.protocolError, "a control frame holds at most \(FrameHeader.controlBytes) bytes")
            }
        case .continuation:
            guard message != nil else { return CloseReason(.protocolError, "there is no message to continue") }
        case .text:
            guard message == nil else { return CloseReason(.protocolError, "the message before hasn't ended") }
            message = 0
            if isCompressed { compressed = [] }
        case .binary:
            guard message == nil else { return CloseReason(.protocolError, "the message before hasn't ended") }
            return CloseReason(.unsupported, "messages are text here")
        }
        return nil
    }

    private mutating func finishHeader() -> CloseReason? {
        let short = Int(header[1] & 0x7F)
        let lengthBytes = header.count - 6
        var length: UInt64 = 0
        for byte in header[2..<2 + lengthBytes] { length = length << 8 | UInt64(byte) }
        // "The minimal number of bytes MUST be used" (RFC 6455, section 5.2), and 63 bits at most.
        switch short {
        case 126 where length < 126, 127 where length <= 0xFFFF, 127 where length >> 63 != 0:
            return CloseReason(.protocolError, "the length of a frame is not in its shortest form")
        case 126, 127: break
        default: length = UInt64(short)
        }
        mask = 0
        for (index, byte) in header[(2 + lengthBytes)...].enumerated() { mask |= UInt32(byte) << (8 * index) }
        header.removeAll(keepingCapacity: true)
        if !opcode.isControl {
            // A compressed message is kept until it is whole. It is no longer than its text.
            let most = compressed == nil ? messageBytes : min(messageBytes, inflation?.textBytes ?? 0)
            guard length <= UInt64(most - message!) else {
                return CloseReason(.tooBig, "a message has at most \(most) bytes")
            }
            message! += Int(length)
        }
        left = Int(length)
        return nil
    }

    // MARK: Payloads

    private static func unmask(
        _ piece: RawSpan, _ mask: inout UInt32, into bytes: UnsafeMutableRawBufferPointer
    ) {
        let count = piece.byteCount
        let wide = UInt64(mask) | UInt64(mask) << 32
        var index = 0
        while index + 8 <= count {
            let word = piece.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide.littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < count {
            let byte = piece.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            bytes[index] = byte ^ UInt8(truncatingIfNeeded: mask >> (8 * UInt32(index & 3)))
            index += 1
        }
        let turn = UInt32(count & 3) * 8
        if turn > 0 { mask = mask >> turn | mask << (32 - turn) }
    }

    private mutating func takeText(
        _ piece: RawSpan, _ isDone: Bool, _ scratch: inout [UInt8], _ hand: (RawSpan) -> Void
    ) -> CloseReason? {
        var count = piece.byteCount
        let isEnd = isDone && isFinal
        if scratch.count <= count { scratch.append(contentsOf: repeatElement(0, count: count + 1 - scratch.count)) }
        scratch.withUnsafeMutableBytes { Self.unmask(piece, &mask, into: $0) }
        if let failure = check(scratch.span.bytes.extracting(0..<count)) { return failure }
        guard !isEnd || text.isComplete else { return Self.noText }
        if isEnd {
            if !isAtLineEnd {
                scratch[count] = UInt8(ascii: "\n")
                count += 1
            }
            (message, isAtLineEnd) = (nil, true)
        }
        if count > 0 { hand(scratch.span.bytes.extracting(0..<count)) }
        return nil
    }

    private mutating func takeCompressed(
        _ piece: RawSpan, _ isDone: Bool, _ made: inout Int, _ scratch: inout [UInt8], _ hand: (RawSpan) -> Void
    ) -> CloseReason? {
        var gathered = compressed.take() ?? []
        gather(piece, in: &gathered)
        guard isDone, isFinal, let inflation else {
            compressed = gathered
            return nil
        }
        var failure: CloseReason?
        do {
            try inflation.inflater.inflate(gathered, atMost: inflation.textBytes, scratch: &scratch) { piece in
                failure = check(piece)
                guard failure == nil else { return false }
                made += piece.byteCount
                hand(piece)
                return true
            }
        } catch .tooLong {
            return CloseReason(.tooBig, "a compressed message has at most \(inflation.textBytes) bytes of text")
        } catch {
            return CloseReason(.invalidText, "the message isn't compressed as RFC 7692 has it")
        }
        if let failure { return failure }
        guard text.isComplete else { return Self.noText }
        if !isAtLineEnd { hand([UInt8(ascii: "\n")].span.bytes) }
        (self.message, isAtLineEnd) = (nil, true)
        return nil
    }

    /// What is wrong with a piece of a text: nothing, or that it can't be UTF-8.
    private mutating func check(_ piece: RawSpan) -> CloseReason? {
        guard text.accepts(piece) else { return Self.noText }
        let count = piece.byteCount
        if count > 0 { isAtLineEnd = piece.unsafeLoad(fromByteOffset: count - 1, as: UInt8.self) == UInt8(ascii: "\n") }
        return nil
    }

    private static let noText = CloseReason(.invalidText, "the text is not UTF-8")

    private mutating func gather(_ piece: RawSpan, in bytes: inout [UInt8]) {
        let begin = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: piece.byteCount))
        bytes.withUnsafeMutableBytes { all in
            Self.unmask(piece, &mask, into: UnsafeMutableRawBufferPointer(rebasing: all[begin...]))
        }
    }

    private mutating func takeControl(
        _ piece: RawSpan, _ isDone: Bool, _ hand: (Control) -> Void
    ) -> CloseReason? {
        var gathered: [UInt8] = []
        swap(&gathered, &control)
        gather(piece, in: &gathered)
        swap(&gathered, &control)
        guard isDone else { return nil }
        let payload = control
        control = []
        switch opcode {
        case .ping: hand(.ping(payload))
        case .pong: hand(.pong)
        default:
            if let failure = Self.fault(ofClosing: payload) { return failure }
            hasEnded = true
            hand(.close(Array(payload.prefix(2))))
        }
        return nil
    }

    /// What is wrong with the payload of a close frame: nothing, or a code and UTF-8 (RFC 6455, section 5.5.1).
    private static func fault(ofClosing payload: [UInt8]) -> CloseReason? {
        guard !payload.isEmpty else { return nil }
        guard payload.count >= 2, CloseReason.isAllowed(UInt16(payload[0]) << 8 | UInt16(payload[1])) else {
            return CloseReason(.protocolError, "there is no such close code")
        }
        var text = UTF8Check()
        guard text.accepts(payload.span.bytes.extracting(2..<payload.count)), text.isComplete else {
            return CloseReason(.invalidText, "the reason is not UTF-8")
        }
        return nil
    }
}
