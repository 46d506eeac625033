/// Makes others' text fit for a terminal.
///
/// Text of others may contain escape sequences that clear the screen, type for the user, or turn the direction of the
/// line so that it seems to come from another user. So every invisible character is shown as its JSON escape.
public enum Printable {
    /// The text with each invisible character replaced by its escape.
    public static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnfit) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case _ where isUnfit(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false  // a tab only moves to the right
        case 0..<0x20, 0x7f..<0xa0: true
        // Line ends of Unicode; marks, embeddings, overrides and isolates of direction; characters without a width.
        case 0x2028, 0x2029, 0x061c, 0x200b, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Colours of a terminal, or none.
public struct Style: Sendable {
    public let hasColour: Bool

    public init(hasColour: Bool) {
        self.hasColour = hasColour
    }

    public func bold(_ text: String) -> String { wrap(text, "1") }
    public func dim(_ text: String) -> String { wrap(text, "2") }
    public func red(_ text: String) -> String { wrap(text, "31") }
    public func green(_ text: String) -> String { wrap(text, "32") }
    public func yellow(_ text: String) -> String { wrap(text, "33") }
    public func cyan(_ text: String) -> String { wrap(text, "36") }

    /// A name in a colour that depends on the name alone.
    public func name(_ text: String) -> String {
        let colours = ["31", "32", "33", "34", "35", "36", "91", "92", "94", "95", "96"]
        let sum = text.utf8.reduce(UInt32(5381)) { $0 &* 33 ^ UInt32($1) }
        return wrap(text, "1;" + colours[Int(sum % UInt32(colours.count))])
    }

    private func wrap(_ text: String, _ code: String) -> String {
        hasColour && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
