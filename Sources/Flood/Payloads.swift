import Tree

/// Identifies a message: its sender, its number at that sender, and when it should have been sent.
struct MessageNumber: Equatable {
    var sender: Int
    /// Counts from 0 for each sender, without holes.
    var sequence: UInt32
    /// When it should have been sent: nanoseconds of the monotonic clock, which all processes of a machine share.
    var sentAt: UInt64
}

/// Makes messages, and recognises them.
///
/// ```
/// ~1f3a09c4.0007.0000022b.00000af0c2d41e88~Hq7x…
///  run      |    |        |                text that the number alone determines
///           |    |        when it was meant to be sent
///           |    sequence
///           sender
/// ```
/// A payload consists of letters and digits, so no protocol has to escape anything, and all payloads of a run have the
/// same length. The text is cut out of a bank of random letters, at a position that depends on the number. So one
/// comparison notices a changed byte, and a message with another message's text.
struct Payloads {
    /// The length of everything before the text.
    static let headBytes = 41
    static let leastBytes = 48
    static let mark = UInt8(ascii: "~")

    let byteCount: Int
    private let run: [UInt8]
    private let bank: [UInt8]
    /// Positions at which a text may begin: a power of two.
    private static let places = 8192

    /// - Parameters:
    ///   - run: tells this run's messages from those of others.
    ///   - byteCount: the length of each payload, at least `leastBytes`.
    init(run: UInt32, byteCount: Int) {
        precondition(byteCount >= Self.leastBytes)
        self.byteCount = byteCount
        self.run = [Self.mark] + Self.hex(UInt64(run), digits: 8) + [UInt8(ascii: ".")]
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var random = RandomNumbers(seed: UInt64(run))
        bank = (0..<Self.places + byteCount).map { _ in letters[Int(random.next() & 63)] }
    }

    /// Appends a whole payload.
    func append(_ number: MessageNumber, to bytes: inout [UInt8]) {
        bytes += run
        Self.appendHex(UInt64(number.sender), digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        Self.appendHex(UInt64(number.sequence), digits: 8, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        Self.appendHex(number.sentAt, digits: 16, to: &bytes)
        bytes.append(Self.mark)
        let place = Self.place(of: number)
        bytes += bank[place..<place + byteCount - Self.headBytes]
    }

    enum Reading: Equatable {
        /// The bytes contain no payload of this run.
        case foreign
        /// The payload belongs to this run and is damaged.
        case corrupted
        case message(MessageNumber)
    }

    /// Finds the payload in the bytes that a server has sent, wherever it begins, and checks every byte of it.
    func read(_ frame: RawSpan) -> Reading {
        guard let start = Bytes.firstIndex(of: Self.mark, in: frame) else { return .foreign }
        guard frame.byteCount - start >= byteCount else { return .corrupted }
        let payload = frame.extracting(start..<start + byteCount)
        guard Bytes.starts(payload, with: run) else {
            return isOfOtherRun(payload) ? .foreign : .corrupted
        }
        guard Bytes.byte(payload, at: 14) == UInt8(ascii: "."), Bytes.byte(payload, at: 23) == UInt8(ascii: "."),
            Bytes.byte(payload, at: 40) == Self.mark, let sender = Self.number(payload, at: 10, digits: 4),
            let sequence = Self.number(payload, at: 15, digits: 8),
            let sentAt = Self.number(payload, at: 24, digits: 16)
        else { return .corrupted }
        let number = MessageNumber(
            sender: Int(sender), sequence: UInt32(truncatingIfNeeded: sequence), sentAt: sentAt)
        let place = Self.place(of: number)
        let text = bank.span.bytes.extracting(place..<place + byteCount - Self.headBytes)
        return Bytes.areEqual(payload.extracting(droppingFirst: Self.headBytes), text) ? .message(number) : .corrupted
    }

    /// Whether this is a payload of another run: it has the same marks, and another run's number.
    private func isOfOtherRun(_ payload: RawSpan) -> Bool {
        Self.number(payload, at: 1, digits: 8) != nil && Bytes.byte(payload, at: 9) == UInt8(ascii: ".")
            && Bytes.byte(payload, at: 40) == Self.mark
    }

    private static func place(of number: MessageNumber) -> Int {
        var mixed = UInt64(number.sequence) | UInt64(truncatingIfNeeded: number.sender) << 32
        mixed ^= number.sentAt &* 0xff51_afd7_ed55_8ccd
        mixed = (mixed ^ mixed >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return Int(mixed >> 40) & (places - 1)
    }

    // MARK: Digits

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hex(_ value: UInt64, digits count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        appendHex(value, digits: count, to: &bytes)
        return bytes
    }

    private static func appendHex(_ value: UInt64, digits count: Int, to bytes: inout [UInt8]) {
        for digit in stride(from: (count - 1) * 4, through: 0, by: -4) {
            bytes.append(digits[Int(value >> UInt64(digit)) & 15])
        }
    }

    private static func number(_ bytes: RawSpan, at start: Int, digits count: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<start + count {
            let byte = Bytes.byte(bytes, at: index)
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x61...0x66: digit = byte &- 0x57
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
