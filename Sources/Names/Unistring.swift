import CUnistring
import Glibc

/// libunistring: what it knows of characters. No pointer leaves this file. Its tables are of one version of Unicode
/// (14 in version 1.0 of the library), and what they don't have is `isHidden`.
enum Unistring {
    // MARK: Texts

    /// UTF-8, case folded and in NFKC.
    static func caseFolded(_ text: [UInt8]) -> [UInt8] { transformed(text, coppice_casefold) }

    /// In NFC.
    static func composed(_ text: [UInt32]) -> [UInt32] { transformed(text, coppice_compose) }

    private static func transformed<Unit: FixedWidthInteger>(
        _ text: [Unit],
        _ transform: (
            UnsafePointer<Unit>?, Int, UnsafeMutablePointer<Unit>?, UnsafeMutablePointer<Int>?
        ) -> UnsafeMutablePointer<Unit>?
    ) -> [Unit] {
        guard !text.isEmpty else { return [] }
        var count = 0
        // What it returns is an array of its own that is to be freed.
        guard let result = transform(text, text.count, nil, &count) else {
            preconditionFailure("no memory, or malformed text, for libunistring")
        }
        defer { free(result) }
        return Array(UnsafeBufferPointer(start: result, count: count))
    }

    // MARK: Characters

    /// The usual character instead of a full-width or half-width one.
    static func withUsualWidth(_ character: UInt32) -> UInt32 {
        var tag: Int32 = 0
        var parts = [UInt32](repeating: 0, count: Int(UC_DECOMPOSITION_MAX_LENGTH))
        guard uc_decomposition(character, &tag, &parts) == 1 else { return character }
        return [UC_DECOMP_WIDE, UC_DECOMP_NARROW].contains(Int(tag)) ? parts[0] : character
    }

    /// Controls, formats, what has no meaning (yet), and letters that show nothing.
    static func isHidden(_ character: UInt32) -> Bool {
        isOf(character, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp)
            || uc_is_property_default_ignorable_code_point(character) || uc_is_property_not_a_character(character)
    }

    /// Whether NFKC makes something else of it.
    static func isCompatible(_ character: UInt32) -> Bool {
        transformed([character], coppice_compose_compatible) != [character]
    }

    /// Letters, digits and marks.
    static func isLetterOrDigit(_ character: UInt32) -> Bool {
        let letters = UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Lm
        return isOf(character, letters | UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Mc)
    }

    static func isMark(_ character: UInt32) -> Bool { isOf(character, UC_CATEGORY_MASK_M) }

    static func isBlank(_ character: UInt32) -> Bool { isOf(character, UC_CATEGORY_MASK_Zs) }

    private static func isOf(_ character: UInt32, _ categories: Int) -> Bool {
        uc_is_general_category_withtable(character, UInt32(categories))
    }

    /// The value of a decimal digit.
    static func digit(_ character: UInt32) -> UInt32? {
        isOf(character, UC_CATEGORY_MASK_Nd) ? UInt32(exactly: uc_decimal_value(character)) : nil
    }

    /// By its name in Unicode, as in `Old_Italic`; nil for a character that has none.
    static func script(of character: UInt32) -> String? {
        uc_script(character).map { String(cString: $0.pointee.name) }
    }

    static func direction(of character: UInt32) -> Direction.Kind {
        switch Int(uc_bidi_class(character)) {
        case UC_BIDI_L: .left
        case UC_BIDI_R: .right
        case UC_BIDI_AL: .arabicLetter
        case UC_BIDI_AN: .arabicNumber
        case UC_BIDI_EN: .europeanNumber
        case UC_BIDI_ES, UC_BIDI_CS, UC_BIDI_ET, UC_BIDI_ON, UC_BIDI_BN: .neutral
        case UC_BIDI_NSM: .mark
        default: .unclear
        }
    }
}
