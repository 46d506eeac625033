import Tree

/// How a node compares names, and which may be registered, in any writing: RFC 8265, section 3.3 (UsernameCaseMapped),
/// with the tables of libunistring.
///
/// It differs from the RFC in three points, and each of them makes more names one, or refuses more of them:
/// - Letters are case folded, not only mapped to small ones: ß is ss, and ς is σ.
/// - Letters of one script alone may stand in a name (`Scripts`), and digits of one script.
/// - The two joiners, which the RFC allows in some contexts, are refused: nobody sees them.
///
/// Names of ASCII alone don't come here: `NameRules` does without a table for them.
public struct UnicodeNames: NameRules {
    public init() {}

    /// NFKC and case folding, again and again until nothing changes (The Unicode Standard, section 3.13, D146).
    public func folded(beyondASCII name: String) -> String {
        var bytes = Array(name.utf8)
        for _ in 0..<Self.rounds {
            let folded = Unistring.caseFolded(bytes)
            if folded == bytes { break }
            bytes = folded
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One is enough for each character by itself, and the next one finds that.
    private static let rounds = 4

    public func flaw(beyondASCII name: String) -> String? {
        let text = Unistring.composed(name.unicodeScalars.map { Unistring.withUsualWidth($0.value) })
        for character in text where character != blank {
            if let flaw = IdentifierClass.kind(of: character).flaw(of: character) { return flaw }
        }
        if text.first.map({ Unistring.isMark($0) }) ?? false {
            return "the username begins with a mark that belongs to a letter before it"
        }
        if let misplaced = text.indices.first(where: { !Context.allows(text, at: $0) }) {
            return "the username has \(named(text[misplaced])) where it has no meaning"
        }
        if let (one, other) = Scripts.mixed(in: text) {
            return "the username mixes letters of \(one) and \(other): write it in one of them"
        }
        if Scripts.mixesDigits(text) { return "the username mixes digits of several scripts" }
        if !text.split(separator: blank).allSatisfy({ Direction.isClear(in: $0) }) {
            return "the username mixes letters from the right with others, so that their order isn't clear"
        }
        return nil
    }
}

/// The one that may stand between the words of a name.
private let blank: UInt32 = 0x20

/// A character that is not shown itself, since it may not be what it looks like.
func named(_ character: UInt32) -> String {
    let digits = String(character, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
