import Testing
import Tree

@testable import Names

/// Names in all writings, by RFC 8265 and RFC 8264.
@Suite("Names beyond ASCII") struct UnicodeNamesTests {
    private let names = UnicodeNames()

    // MARK: When two are one

    @Test(
        "are one, whatever their capitals, their width and their form",
        arguments: [
            ["anna", "Anna", "ANNA", "ａｎｎａ", "ＡＮＮＡ"],
            ["andr\u{e9}", "andre\u{301}", "ANDR\u{c9}", "ANDRE\u{301}"],
            ["anonymous", "ａｎｏｎｙｍｏｕｓ", "\u{1d41a}nonymous", "ⒶNONYMOUS"],
            ["Анна", "анна", "АННА"],
            ["アンナ", "ｱﾝﾅ"],
            ["가나", "\u{1100}\u{1161}\u{1102}\u{1161}"],
            // RFC 8265, section 3.5, keeps these apart (examples 2 and 3, 6 and 7), which case folding does not.
            ["fussball", "fu\u{df}ball", "FU\u{1e9e}BALL"],
            ["\u{3c3}", "\u{3a3}", "\u{3c2}"],
        ])
    func areOne(spellings: [String]) {
        for spelling in spellings {
            #expect(Array(names.folded(spelling).utf8) == Array(names.folded(spellings[0]).utf8), "\(spelling)")
            #expect(names.areOne(spelling, spellings[0]))
        }
    }

    @Test(
        "are two if their letters differ",
        arguments: [("anna", "аnna"), ("anna", "anne"), ("andr\u{e9}", "andre"), ("\u{131}", "i"), ("a b", "ab")])
    func areTwo(one: String, other: String) {
        #expect(!names.areOne(one, other))
    }

    @Test("fold to what is its own folded form, each character for itself")
    func eachCharacterIsStable() {
        for value in 0x80...UInt32(0x10ffff) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let folded = names.folded(beyondASCII: String(Character(scalar)))
            guard !names.folded(folded).utf8.elementsEqual(folded.utf8) else { continue }
            Issue.record("\(named(value))")
        }
    }

    @Test("fold to what is its own folded form, whatever stands beside each other")
    func everyTextIsStable() {
        var random = Draws(seed: 5)
        let marks: [UInt32] = [0x300, 0x301, 0x307, 0x308, 0x323, 0x327, 0x345, 0x5b0, 0x1161, 0x11a8, 0x3099]
        let letters: [UInt32] = [0x41, 0x49, 0xdf, 0x130, 0x149, 0x390, 0x3b1, 0x1f52, 0x1100, 0xac00, 0x304b, 0xfb03]
        for _ in 0..<20_000 {
            let text = (0..<6).map { _ in
                random.next() % 2 == 0 ? letters[random.next() % letters.count] : marks[random.next() % marks.count]
            }
            let name = String(String.UnicodeScalarView(text.map { Unicode.Scalar($0)! }))
            let folded = names.folded(name)
            #expect(names.folded(folded).utf8.elementsEqual(folded.utf8), "\(text.map(named))")
        }
    }

    @Test("that are folded come back as they are")
    func whatIsFoldedStays() {
        for name in ["anna", "a.b-c@example.com", "анна", "安娜"] { #expect(names.folded(name) == name) }
    }

    // MARK: Which may be registered

    /// RFC 8265, section 3.5, examples 1 to 7, and others.
    @Test(
        "may be registered in any writing",
        arguments: [
            "juliet@example.com", "fussball", "fu\u{df}ball", "\u{3c0}", "\u{3a3}", "\u{3c3}", "\u{3c2}",
            "Анна", "安娜", "アンナ", "ひらがな", "안나", "\u{1100}\u{1161}", "אננה", "آنا", "ไม้", "अन्ना", "Άννα", "ａｎｎａ",
            "Anna安", "Annaアンナ安", "Anna안나", "anna2", "אננה2", "ل\u{663}", "col\u{b7}lega",
            "anna maria", "анна 2", "o'neill", "カ・ナ", "ג\u{5f3}ורג", "\u{915}\u{93e}",
        ])
    func mayBeRegistered(name: String) {
        #expect(names.flaw(in: name) == nil)
    }

    /// RFC 8265, section 3.5, examples 9 to 11, and one for each kind of RFC 8264, section 9.
    @Test(
        "are refused with the reason",
        arguments: [
            ("", "the username is empty"),
            ("henry\u{2163}", "the username has U+2163, which stands for other characters: write those"),
            ("\u{265a}", "the username has U+265A, which is no letter, mark or digit of a name"),
            ("anna\u{221e}", "the username has U+221E, which is no letter, mark or digit of a name"),
            (" anna", "the username begins or ends with a blank"),
            ("anna\u{3000}", "the username begins or ends with a blank"),
            ("an\u{a0}na", "the username has U+00A0, which stands for other characters: write those"),
            ("an\u{1680}na", "the username has a blank other than the usual one: U+1680"),
            ("an\u{7}na", "the username has a character that can't be seen"),
            ("ann\u{e9}\u{7}", "the username has a character that can't be seen"),
            ("ann\u{e9}\u{200d}", "the username has a character that can't be seen"),
            ("an\u{ad}na", "the username has a character that can't be seen"),
            ("anna\u{fe0f}", "the username has a character that can't be seen"),
            ("anna\u{fffe}", "the username has a character that can't be seen"),
            ("anna\u{378}", "the username has a character that can't be seen"),
            ("anna\u{e000}", "the username has a character that can't be seen"),
            ("anna\u{2800}", "the username has a character that can't be seen"),
            ("\u{fb03}", "the username has U+FB03, which stands for other characters: write those"),
            ("\u{1100}a", "the username has U+1100, which is no letter, mark or digit of a name"),
            ("أ\u{640}نا", "the username has U+0640, which is no letter, mark or digit of a name"),
            ("anna\u{20dd}", "the username has U+20DD, which is no letter, mark or digit of a name"),
            ("«anna»", "the username has U+00AB, which is no letter, mark or digit of a name"),
            ("🌳", "the username has U+1F333, which is no letter, mark or digit of a name"),
            ("\u{301}anna", "the username begins with a mark that belongs to a letter before it"),
            // RFC 5892, appendix A.
            ("a\u{b7}b", "the username has U+00B7 where it has no meaning"),
            ("\u{5f3}אב", "the username has U+05F3 where it has no meaning"),
            ("an\u{30fb}na", "the username has U+30FB where it has no meaning"),
            ("ل\u{663}\u{6f3}", "the username has U+0663 where it has no meaning"),
            // UTS 39, sections 5.2 and 5.3.
            ("аnna", "the username mixes letters of Cyrillic and Latin: write it in one of them"),
            ("annа", "the username mixes letters of Latin and Cyrillic: write it in one of them"),
            ("ＡΝΝΑ", "the username mixes letters of Latin and Greek: write it in one of them"),
            ("Анна Smith", "the username mixes letters of Cyrillic and Latin: write it in one of them"),
            ("안カ", "the username mixes letters of Hangul and Katakana: write it in one of them"),
            ("क1\u{967}", "the username mixes digits of several scripts"),
            // RFC 5893, section 2.
            ("1אננה", "the username mixes letters from the right with others, so that their order isn't clear"),
            ("אננה-", "the username mixes letters from the right with others, so that their order isn't clear"),
        ])
    func areRefused(name: String, reason: String) {
        #expect(names.flaw(in: name) == reason)
    }

    @Test(
        "are allowed, or refused, in NFC as in NFD",
        arguments: [
            ("andr\u{e9}", "andre\u{301}"), ("안나", "\u{110b}\u{1161}\u{11ab}\u{1102}\u{1161}"),
            ("\u{386}", "\u{391}\u{301}"), ("\u{958}", "\u{915}\u{93c}"), ("\u{212b}", "A\u{30a}"),
            ("\u{e9}\u{200b}", "e\u{301}\u{200b}"),
        ])
    func bothFormsAreJudgedAlike(composed: String, decomposed: String) {
        #expect(names.flaw(in: composed) == names.flaw(in: decomposed))
        #expect(names.areOne(composed, decomposed))
    }

    @Test("of ASCII are the same whoever makes the rules, and no table is asked for them")
    func asciiNeedsNoTable() {
        struct NoTable: NameRules {
            func folded(beyondASCII name: String) -> String { fatalError("asked for \(name)") }
            func flaw(beyondASCII name: String) -> String? { fatalError("asked for \(name)") }
        }
        let rules = NoTable()
        #expect(rules.folded("Anna-2") == "anna-2")
        #expect(rules.areOne("ANNA", "anna") && !rules.areOne("anna", "ann") && !rules.areOne("anna", "anne"))
        #expect(!rules.areOne("a@b", "a`b") && !rules.areOne("a[", "a{"))
        #expect(rules.flaw(in: "Anna M. {}") == nil)
        #expect(rules.flaw(in: "an\u{7f}na") == "the username has a character that can't be seen")
        #expect(rules.flaw(in: "an\tna") == "the username has a character that can't be seen")
    }
}

private struct Draws {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33)
    }
}
