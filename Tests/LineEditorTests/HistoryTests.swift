import Testing

@testable import LineEditor

@Suite("The history of lines")
struct HistoryTests {
    private var history = LineHistory(limit: 4)

    private func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    private func text(_ scalars: [Unicode.Scalar]?) -> String? {
        scalars.map { String(String.UnicodeScalarView($0)) }
    }

    @Test("up and down move through the history, and return to the line that was being typed")
    mutating func upAndDown() {
        for line in ["one", "two", "two", ""] { history.add(scalars(line)) }
        #expect(text(history.previous(scalars("new"))) == "two")
        #expect(text(history.previous(scalars("two"))) == "one")
        #expect(history.previous(scalars("one")) == nil)
        #expect(text(history.next()) == "two")
        #expect(text(history.next()) == "new")
        #expect(history.next() == nil)
    }

    @Test("the oldest lines are dropped when there are too many")
    mutating func limit() {
        for number in 1...6 { history.add(scalars("\(number)")) }
        #expect(history.lines.map { text($0) } == ["3", "4", "5", "6"])
    }

    @Test("a search narrows, continues to older lines, and ignores case")
    mutating func search() {
        for line in ["Hello anna", "hello bob", "good bye"] { history.add(scalars(line)) }
        var search = HistorySearch(text: scalars("draft"), cursor: 2)
        search.add(scalars("HELLO"), in: history)
        #expect(search.found == 1)
        search.searchFurther(in: history)
        #expect(search.found == 0)
        search.searchFurther(in: history)
        #expect(search.found == 0)
        #expect(search.hasFailed)
        search.removeLast(in: history)
        #expect(search.found == 1)
        #expect(!search.hasFailed)
        search.add(scalars("o an"), in: history)
        #expect(search.found == 0)
        search.add(scalars("x"), in: history)
        #expect(search.hasFailed)
        #expect(text(search.prompt) == "(not found 'HELLo anx') ")
    }
}
