import Foundation

/// The forms in which a secret could pass or lie somewhere, for a search.
struct WordForms {
    let word: String
    let forms: [(name: String, bytes: Data)]

    static let names = ["raw", "hex", "HEX", "base64", "base32", "\\u", "%", "UTF-16"]

    /// - Parameter word: letters and digits, some twelve of them.
    init(_ word: String) {
        self.word = word
        let bytes = Array(word.utf8)
        let hex = bytes.map { String(format: "%02x", $0) }
        var forms = [
            ("raw", word), ("hex", hex.joined()), ("HEX", hex.joined().uppercased()),
            ("\\u", hex.map { "\\u00" + $0 }.joined()), ("%", hex.map { "%" + $0 }.joined()),
        ]
        // The digits depend on how many bytes come before, and the first and the last on what these are.
        for before in 0..<3 { forms.append(("base64", Self.base64(bytes, before: before))) }
        for before in 0..<5 { forms.append(("base32", Self.base32(bytes, before: before))) }
        self.forms =
            forms.map { ($0.0, Data($0.1.utf8)) } + [("UTF-16", Data(bytes.flatMap { [$0, 0] }.dropLast()))]
    }

    /// The names of the forms that are in a text.
    func found(in text: Data) -> Set<String> {
        Set(forms.filter { text.range(of: $0.bytes) != nil }.map(\.name))
    }

    /// Without its first and last digits, which other bytes have a part in. Letters and digits have neither `+` nor `/`
    /// in them, so this is the form for addresses too.
    private static func base64(_ bytes: [UInt8], before: Int) -> String {
        digits(bytes, before: before, bits: 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    private static func base32(_ bytes: [UInt8], before: Int) -> String {
        digits(bytes, before: before, bits: 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    private static func digits(_ bytes: [UInt8], before: Int, bits: Int, _ alphabet: String) -> String {
        let alphabet = Array(alphabet)
        let all = (Array(repeating: 0, count: before) + bytes).flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let first = (before * 8 + bits - 1) / bits
        return String(
            (first..<all.count / bits).map { digit in
                alphabet[all[digit * bits..<(digit + 1) * bits].reduce(0) { $0 << 1 | Int($1) }]
            })
    }
}
