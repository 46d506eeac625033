import struct Tree.RandomNumbers

/// Writes random objects as text, with odd blanks, needless escapes, and the same few keys on every level.
struct RandomDocument {
    private(set) var bytes: [UInt8] = []
    private var random: RandomNumbers

    static let keys = [
        "", "a", "activity", "user", "é", "🌳", "a\"b", "back\\slash", "line\nend", "x/y", "activit", "\u{1}",
    ]

    /// The text of a random object.
    static func object(seed: UInt64) -> [UInt8] {
        var document = RandomDocument(random: RandomNumbers(seed: seed))
        document.blanks()
        document.object(depth: 0)
        document.blanks()
        return document.bytes
    }

    private init(random: RandomNumbers) {
        self.random = random
    }

    private mutating func object(depth: Int) {
        bytes.append(UInt8(ascii: "{"))
        blanks()
        let keys = RandomDocument.keys.shuffled(using: &random).prefix(Int.random(in: 0...6, using: &random))
        for (index, key) in keys.enumerated() {
            if index > 0 { separator(",") }
            string(key)
            separator(":")
            value(depth: depth + 1)
        }
        blanks()
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func value(depth: Int) {
        switch Int.random(in: depth > 4 ? 2...9 : 0...9, using: &random) {
        case 0: object(depth: depth)
        case 1:
            bytes.append(UInt8(ascii: "["))
            blanks()
            for index in 0..<Int.random(in: 0...4, using: &random) {
                if index > 0 { separator(",") }
                value(depth: depth + 1)
            }
            blanks()
            bytes.append(UInt8(ascii: "]"))
        case 2...4: string(text())
        case 5: bytes += Array(["true", "false", "null"].randomElement(using: &random)!.utf8)
        case 6: bytes += Array("\(Int64.random(in: .min ... .max, using: &random))".utf8)
        case 7: bytes += Array("\(Double.random(in: -1e6...1e6, using: &random))".utf8)
        default: bytes += Array(["0", "-0", "1E5", "1.50e-3", "17"].randomElement(using: &random)!.utf8)
        }
    }

    private mutating func text() -> String {
        let parts = RandomDocument.keys + ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0041", "\u{2028}", "\t", " "]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
    }

    private mutating func string(_ text: String) {
        let escapesAll = Int.random(in: 0..<8, using: &random) == 0
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            let needsEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if needsEscape || escapesAll || Int.random(in: 0..<12, using: &random) == 0 {
                for unit in UTF16.encode(scalar)! { escape(unit) }
            } else {
                bytes += Array(UTF8.encode(scalar)!)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ unit: UInt16) {
        let short: [UInt16: String] = [8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: "\"", 47: "/", 92: "\\"]
        bytes.append(UInt8(ascii: "\\"))
        if let letter = short[unit], Bool.random(using: &random) {
            bytes += Array(letter.utf8)
        } else {
            let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
            bytes += Array(("u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
    }

    private mutating func separator(_ character: Character) {
        blanks()
        bytes.append(character.asciiValue!)
        blanks()
    }

    private mutating func blanks() {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return }
        for _ in 0...Int.random(in: 0...2, using: &random) {
            bytes.append([0x20, 0x09, 0x0a, 0x0d].randomElement(using: &random)!)
        }
    }
}
