import Tree

/// Which message it is: who sent it, the how-manieth of that sender's it is, and when it was meant to be sent.
struct MessageNumber: Equatable {
    var sender: Int
    /// Counts from 0 for each sender, without holes.
    var sequence: UInt32
    /// On the monotonic clock, which all processes of a machine share, in nanoseconds.
    var sentAt: UInt64
}

/// What messages are made of, and how they are known again.
///
/// ```
/// ~1f3a09c4.0007.0000022b.00000af0c2d41e88~Hq7x…
///  run      |    |        |                text that the number alone determines
///           |    |        when it was meant to be sent
///           |    sequence
///           sender
/// ```
/// All of it is letters and digits, so that no protocol needs to escape anything, and of a length that is the same for
/// all messages. The text is cut out of a bank of random letters at a place that depends on the number: a message that
/// has got another's text, or a changed byte, is noticed by one comparison.
struct Payloads {
    /// Everything up to the text.
    static let headBytes = 41
    static let leastBytes = 48
    static let mark = UInt8(ascii: "~")

    let byteCount: Int
    private let run: [UInt8]
    private let bank: [UInt8]
    /// Places at which a text may begin: a power of two.
    private static let places = 8192

    /// - Parameters:
    ///   - run: tells this run's messages from those of others.
    ///   - byteCount: of each message, at least `leastBytes`.
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
        /// There is nothing of this run in it.
        case foreign
        /// It is of this run, and damaged.
        case corrupted
        case message(MessageNumber)
    }

    /// Finds the payload in what a server has sent, wherever in it that is, and checks every byte of it.
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

    /// Another run has a mark where this one has it, and another name.
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
