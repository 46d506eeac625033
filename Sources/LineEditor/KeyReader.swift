/// What a person did at the keyboard.
enum Key: Equatable {
    /// Characters to be put in.
    case text([Unicode.Scalar])
    /// The same from the clipboard: it may hold several lines, which are not said before Enter is pressed.
    case pasted([Unicode.Scalar])
    case edit(EditCommand)
    case enter
    case up, down
    /// Control-D: deletes, or ends the input where there is nothing to delete.
    case endOrDelete
    /// Control-C, where the terminal makes no signal of it.
    case interrupt
    /// Control-L
    case clearScreen
    /// Control-R
    case search
    /// Control-G, or Escape by itself.
    case cancel
}

/// Bytes of a terminal to keys.
///
/// A key can be several bytes, which may come in pieces: those that could still become one are kept. Sequences that
/// mean nothing here are dropped whole, so that no part of them is taken for text.
struct KeyReader {
    private static let escape: UInt8 = 0x1b
    private static let pasteBegin = "200~"
    private static let pasteEnd = Array("\u{1b}[201~".utf8)
    /// A sequence that is longer is none.
    private static let sequenceLimit = 32

    private var bytes: [UInt8] = []
    private var pasted: [UInt8]?
    private let pasteLimitBytes: Int

    /// - Parameter pasteLimitBytes: what is pasted beyond it is dropped.
    init(pasteLimitBytes: Int = 1 << 20) {
        self.pasteLimitBytes = pasteLimitBytes
    }

    /// Whether an Escape waits for what may belong to it.
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

    /// Nothing came after an Escape: it was the key itself.
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

    /// - Returns: nil as long as it may go on.
    private func lengthOfSequence(at start: Int) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "["):
            var index = start + 2
            while index < bytes.count {
                // Parameters are below 0x40; one above ends it, and anything else breaks it off.
                if !(0x20...0x3f).contains(bytes[index]) {
                    return bytes[index] < 0x20 || bytes[index] > 0x7e ? index - start : index + 1 - start
                }
                if index - start >= Self.sequenceLimit { return index - start }
                index += 1
            }
            return nil
        case UInt8(ascii: "O"): return start + 2 < bytes.count ? 3 : nil
        // Two Escapes: the first is by itself.
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
        // With Alt, Control, or both; some terminals leave the 1 out.
        for start in ["[1;3", "[1;5", "[1;7", "[5", "O5"] {
            keys[start + "C"] = .edit(.wordRight)
            keys[start + "D"] = .edit(.wordLeft)
        }
        return keys
    }()

    // MARK: Pasting

    private var isPasteOver = false

    /// - Returns: where to go on; nil when all there is belongs to it.
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

    /// The end of what was pasted until now, which the mark of the end is looked for in.
    private var tail: [UInt8] = []

    // MARK: Characters

    /// - Returns: nil as long as the rest of it may come.
    private func lengthOfCharacter(at start: Int) -> Int? {
        let whole =
            switch bytes[start] {
            case 0xc2...0xdf: 2
            case 0xe0...0xef: 3
            case 0xf0...0xf4: 4
            default: 1
            }
        let rest = bytes[(start + 1)...].prefix(whole - 1)
        // What doesn't go on as a character has to is repaired, and takes no key with it.
        if let broken = rest.firstIndex(where: { $0 & 0xc0 != 0x80 }) { return broken - start }
        return rest.count == whole - 1 ? whole : nil
    }

    private static func scalars(_ bytes: [UInt8]) -> [Unicode.Scalar] {
        Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }
}
