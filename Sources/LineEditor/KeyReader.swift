/// What a person did at the keyboard.
enum Key: Equatable {
    /// Characters to insert.
    case text([Unicode.Scalar])
    /// Text from the clipboard. It may consist of several lines, which are not entered before Enter is pressed.
    case pasted([Unicode.Scalar])
    case edit(EditCommand)
    case enter
    case up, down
    /// Control-D: deletes a character, or ends the input if the line is empty.
    case endOrDelete
    /// Control-C, where the terminal doesn't turn it into a signal.
    case interrupt
    /// Control-L
    case clearScreen
    /// Control-R
    case search
    /// Control-G, or Escape by itself.
    case cancel
}

/// Turns a terminal's bytes into keys.
///
/// A key may have several bytes, which may come in pieces. Bytes that could still become a key are kept. A sequence
/// that means nothing here is dropped as a whole, so that no part of it is taken for text.
struct KeyReader {
    private static let escape: UInt8 = 0x1b
    private static let pasteBegin = "200~"
    private static let pasteEnd = Array("\u{1b}[201~".utf8)
    /// The longest sequence in bytes. Longer ones are no sequences.
    private static let sequenceLimit = 32

    private var bytes: [UInt8] = []
    private var pasted: [UInt8]?
    private let pasteLimitBytes: Int

    /// - Parameter pasteLimitBytes: the longest paste; the rest is dropped.
    init(pasteLimitBytes: Int = 1 << 20) {
        self.pasteLimitBytes = pasteLimitBytes
    }

    /// Whether an Escape has come and its sequence may follow.
    var isWaiting: Bool { pasted == nil && bytes.first == Self.escape }

    mutating func read(_ new: some Sequence<UInt8>) -> [Key] {
        bytes += new
        var keys: [Key] = []
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if pasted != nil {
                guard let after = readPaste(from: index) else {
                    bytes.removeAll()
                    index = 0
                    break
                }
                index = after
                if let whole = pasted, isPasteOver {
                    pasted = nil
                    isPasteOver = false
                    keys.append(.pasted(Self.scalars(whole)))
                }
                continue
            }
            let byte = bytes[index]
            if byte >= 0x20, byte != 0x7f {
                guard let length = lengthOfCharacter(at: index) else { break }
                text += bytes[index..<index + length]
                index += length
                continue
            }
            if !text.isEmpty {
                keys.append(.text(Self.scalars(text)))
                text = []
            }
            if byte == Self.escape {
                guard let length = lengthOfSequence(at: index) else { break }
                readSequence(bytes[index..<index + length], &keys)
                index += length
            } else {
                if let key = Self.control(byte) { keys.append(key) }
                index += 1
            }
        }
        if !text.isEmpty { keys.append(.text(Self.scalars(text))) }
        bytes.removeFirst(index)
        return keys
    }

    /// To be called when nothing has come after an Escape: then it was the key itself.
    mutating func stopWaiting() -> [Key] {
        guard isWaiting else { return [] }
        let rest = bytes.dropFirst()
        bytes = []
        return [.cancel] + read(rest)
    }

    // MARK: Control characters and sequences

    private static func control(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .edit(.toStart)
        case 0x02: .edit(.left)
        case 0x03: .interrupt
        case 0x04: .endOrDelete
        case 0x05: .edit(.toEnd)
        case 0x06: .edit(.right)
        case 0x07: .cancel
        case 0x08, 0x7f: .edit(.deleteBefore)
        case 0x09: .text(["\t"])
        case 0x0a, 0x0d: .enter
        case 0x0b: .edit(.cutToEnd)
        case 0x0c: .clearScreen
        case 0x0e: .down
        case 0x10: .up
        case 0x12: .search
        case 0x14: .edit(.transpose)
        case 0x15: .edit(.cutToStart)
        case 0x17: .edit(.deleteWordBefore)
        case 0x19: .edit(.paste)
        default: nil
        }
    }

    /// - Returns: the length of the sequence; nil if it may continue.
    private func lengthOfSequence(at start: Int) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "["):
            var index = start + 2
            while index < bytes.count {
                // Parameters are below 0x40. A byte above ends the sequence; any other byte breaks it off.
                if !(0x20...0x3f).contains(bytes[index]) {
                    return bytes[index] < 0x20 || bytes[index] > 0x7e ? index - start : index + 1 - start
                }
                if index - start >= Self.sequenceLimit { return index - start }
                index += 1
            }
            return nil
        case UInt8(ascii: "O"): return start + 2 < bytes.count ? 3 : nil
        // Of two Escapes the first is a key by itself.
        case Self.escape: return 1
        default: return 2
        }
    }

    private mutating func readSequence(_ sequence: ArraySlice<UInt8>, _ keys: inout [Key]) {
        if sequence.count == 1 { return keys.append(.cancel) }
        let text = String(decoding: sequence.dropFirst(), as: UTF8.self)
        if text == "[" + Self.pasteBegin {
            pasted = []
            return
        }
        if let key = Self.sequences[text] { keys.append(key) }
    }

    private static let sequences: [String: Key] = {
        var keys: [String: Key] = [
            "[A": .up, "OA": .up, "[B": .down, "OB": .down,
            "[3~": .edit(.deleteAfter), "[3;5~": .edit(.deleteWordAfter), "[3;3~": .edit(.deleteWordAfter),
            "b": .edit(.wordLeft), "B": .edit(.wordLeft), "f": .edit(.wordRight), "F": .edit(.wordRight),
            "d": .edit(.deleteWordAfter), "D": .edit(.deleteWordAfter), "\u{7f}": .edit(.deleteWordBefore),
            "\u{8}": .edit(.deleteWordBefore), "u": .edit(.upperCase), "U": .edit(.upperCase), "l": .edit(.lowerCase),
            "L": .edit(.lowerCase), "c": .edit(.capitalise), "C": .edit(.capitalise),
            "OM": .enter, "\r": .enter, "\n": .enter,
        ]
        for start in ["[", "O"] {
            keys[start + "C"] = .edit(.right)
            keys[start + "D"] = .edit(.left)
            keys[start + "H"] = .edit(.toStart)
            keys[start + "F"] = .edit(.toEnd)
        }
        for start in ["[1", "[7"] { keys[start + "~"] = .edit(.toStart) }
        for start in ["[4", "[8"] { keys[start + "~"] = .edit(.toEnd) }
        // With Alt, Control, or both. Some terminals leave out the 1.
        for start in ["[1;3", "[1;5", "[1;7", "[5", "O5"] {
            keys[start + "C"] = .edit(.wordRight)
            keys[start + "D"] = .edit(.wordLeft)
        }
        return keys
    }()

    // MARK: Pasting

    private var isPasteOver = false

    /// - Returns: where to continue; nil if all bytes belong to the paste.
    private mutating func readPaste(from start: Int) -> Int? {
        for index in start..<bytes.count {
            if pasted!.count < pasteLimitBytes + Self.pasteEnd.count { pasted!.append(bytes[index]) }
            tail.append(bytes[index])
            if tail.count > Self.pasteEnd.count { tail.removeFirst() }
            if tail == Self.pasteEnd {
                if pasted!.suffix(Self.pasteEnd.count) == Self.pasteEnd[...] {
                    pasted!.removeLast(Self.pasteEnd.count)
                }
                tail = []
                isPasteOver = true
                return index + 1
            }
        }
        return nil
    }

    /// The last bytes of the paste so far. The mark of its end is searched in these.
    private var tail: [UInt8] = []

    // MARK: Characters

    /// - Returns: the length of the character; nil if the rest of it may still come.
    private func lengthOfCharacter(at start: Int) -> Int? {
        let whole =
            switch bytes[start] {
            case 0xc2...0xdf: 2
            case 0xe0...0xef: 3
            case 0xf0...0xf4: 4
            default: 1
            }
        let rest = bytes[(start + 1)...].prefix(whole - 1)
        // A malformed character ends before the first byte that can't belong to it, so that no key is lost. It is
        // repaired later.
        if let broken = rest.firstIndex(where: { $0 & 0xc0 != 0x80 }) { return broken - start }
        return rest.count == whole - 1 ? whole : nil
    }

    private static func scalars(_ bytes: [UInt8]) -> [Unicode.Scalar] {
        Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }
}
