import Testing

@testable import LineEditor

@Suite("What a person sees as one character")
struct CharactersTests {
    @Test(
        "may be several of Unicode's",
        arguments: [
            ("a", 1), ("日", 1), ("🌳", 1), ("🇩🇪", 2), ("e\u{301}", 2), ("👩‍👩‍👧", 5), ("👍🏽", 2),
            ("\u{1112}\u{1161}\u{11ab}", 3),
        ])
    func several(character: String, count: Int) {
        let alone = Array(character.unicodeScalars)
        #expect(alone.count == count)
        for (before, after) in [("", ""), ("ab", "cd"), ("🇫🇷", "🇫🇷"), ("日", "日")] {
            #expect(Characters.countOfLast(Array(before.unicodeScalars) + alone) == count)
            #expect(Characters.countOfFirst(alone + Array(after.unicodeScalars)) == count)
        }
    }

    @Test("an empty text has no character")
    func nothing() {
        #expect(Characters.countOfLast([]) == 0)
        #expect(Characters.countOfFirst([]) == 0)
    }
}
