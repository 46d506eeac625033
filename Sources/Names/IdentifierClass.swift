/// Which characters may stand in a name: RFC 8264, section 8 (the PRECIS IdentifierClass). They are looked at after
/// width mapping and in NFC, so that NFC and NFD of a name are allowed, or not, together.
enum IdentifierClass {
    enum Kind: Equatable {
        case valid
        /// Valid in some places alone (`Context`).
        case contextual
        /// Nobody sees it, or nobody knows what it is: controls, default ignorables, unassigned.
        case hidden
        case blank
        /// NFKC makes others of it.
        case compatible
        /// A symbol, punctuation beyond ASCII, or a letter that RFC 8264 leaves out.
        case other

        /// Nil if the character may stand in a name.
        func flaw(of character: UInt32) -> String? {
            switch self {
            case .valid, .contextual: nil
            case .hidden: "the username has a character that can't be seen"
            case .blank: "the username has a blank other than the usual one: \(named(character))"
            case .compatible: "the username has \(named(character)), which stands for other characters: write those"
            case .other: "the username has \(named(character)), which is no letter, mark or digit of a name"
            }
        }
    }

    static func kind(of character: UInt32) -> Kind {
        if let exception = exception(character) { return exception }
        if (0x21...0x7e).contains(character) { return .valid }
        if Unistring.isHidden(character) || character == brailleBlank { return .hidden }
        if isOldHangul(character) { return .other }
        if Unistring.isCompatible(character) { return .compatible }
        if Unistring.isLetterOrDigit(character) { return .valid }
        return Unistring.isBlank(character) ? .blank : .other
    }

    /// A symbol that shows nothing.
    private static let brailleBlank: UInt32 = 0x2800

    /// Section 9.6, "Exceptions".
    private static func exception(_ character: UInt32) -> Kind? {
        switch character {
        case 0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007: .valid
        case 0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb, 0x660...0x669, 0x6f0...0x6f9: .contextual
        case 0x640, 0x7fa, 0x302e, 0x302f, 0x3031...0x3035, 0x303b: .other
        default: nil
        }
    }

    /// Section 9.9, "OldHangulJamo": those that NFC made no syllable of.
    private static func isOldHangul(_ character: UInt32) -> Bool {
        switch character {
        case 0x1100...0x11ff, 0xa960...0xa97c, 0xd7b0...0xd7fb: true
        default: false
        }
    }
}

/// Where characters may stand that are valid in some places alone: RFC 5892, appendix A.
enum Context {
    static func allows(_ text: [UInt32], at index: Int) -> Bool {
        let before = index > 0 ? text[index - 1] : nil
        let after = index + 1 < text.count ? text[index + 1] : nil
        switch text[index] {
        // Between two l, as in Catalan.
        case 0xb7: return isEll(before) && isEll(after)
        case 0x375: return after.map { Unistring.script(of: $0) == "Greek" } ?? false
        case 0x5f3, 0x5f4: return before.map { Unistring.script(of: $0) == "Hebrew" } ?? false
        case 0x30fb:
            return text.contains { ["Hiragana", "Katakana", "Han"].contains(Unistring.script(of: $0)) }
        case 0x660...0x669: return !text.contains { (0x6f0...0x6f9).contains($0) }
        case 0x6f0...0x6f9: return !text.contains { (0x660...0x669).contains($0) }
        default: return true
        }
    }

    private static func isEll(_ character: UInt32?) -> Bool { character == 0x6c || character == 0x4c }
}
