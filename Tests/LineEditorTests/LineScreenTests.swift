import ScreenModel
import Testing

@testable import LineEditor

@Suite("The line below other output")
struct LineScreenTests {
    private var screen = LineScreen(columns: 20, rows: 6)
    private var model = ScreenModel(columns: 20, rows: 6)

    private mutating func shows(_ said: String, _ line: String, cursor: Int? = nil, status: [String] = []) {
        let text = Array(line.unicodeScalars)
        let content = LineScreen.Content(
            status: status.map { LineScreen.Status($0) }, prompt: ["> "].flatMap { Array($0.unicodeScalars) },
            text: text,
            cursor: cursor ?? text.count)
        model.write(screen.erase())
        model.write(said)
        model.write(screen.draw(content))
    }

    @Test("output appears above the line, which stays whole and keeps its cursor")
    mutating func above() {
        shows("", "hello", cursor: 2)
        shows("bob: hi\n", "hello", cursor: 2)
        shows("bob: two\nbob: three\n", "hello", cursor: 2)
        #expect(model.text == ["bob: hi", "bob: two", "bob: three", "> hello"])
        #expect((model.row, model.column) == (3, 4))
    }

    @Test("a line over several rows is removed completely, wherever the cursor is", arguments: [0, 17, 18, 30, 40])
    mutating func wrapped(cursor: Int) {
        let line = String(repeating: "abcdefghij", count: 4)
        shows("", line, cursor: cursor)
        shows("bob: hi\n", line, cursor: cursor)
        #expect(model.text == ["bob: hi", "> abcdefghijabcdefgh", "ijabcdefghijabcdefgh", "ij"])
        #expect((model.row, model.column) == (1 + (cursor + 2) / 20, (cursor + 2) % 20))
    }

    @Test("a line that ends at the last column has its cursor in the next row", arguments: [18, 38])
    mutating func full(count: Int) {
        let line = String(repeating: "x", count: count)
        shows("", line)
        shows("bob: hi\n", line)
        #expect((model.row, model.column) == (1 + (count + 2) / 20, 0))
        shows("", String(line.dropLast()))
        #expect(model.text.first == "bob: hi")
        #expect((model.row, model.column) == ((count + 2) / 20, 19))
    }

    @Test("a wide character isn't split at the edge")
    mutating func wide() {
        shows("", "abcdefghijklmnopq日本")
        #expect(model.text == ["> abcdefghijklmnopq", "日本"])
        shows("bob: hi\n", "abcdefghijklmnopq日本", cursor: 17)
        #expect(model.text == ["bob: hi", "> abcdefghijklmnopq", "日本"])
        #expect((model.row, model.column) == (2, 0))
    }

    @Test("if a line is higher than the screen, the rows around the cursor are shown", arguments: [0, 100, 600, 2000])
    mutating func higherThanTheScreen(cursor: Int) {
        let line = (0..<500).map { String(10_000 + $0).suffix(4) }.joined()
        shows("bob: hi\n", line, cursor: cursor)
        for _ in 0..<3 { shows("", line, cursor: cursor) }
        #expect(model.text.first == "bob: hi")
        #expect(model.text.count <= 7)
        // The character at the cursor is on the screen, and the cursor is on it.
        let at = cursor == line.count ? "" : String(line[line.index(line.startIndex, offsetBy: cursor)])
        let shown = Array(model.text[model.row])
        #expect((model.column < shown.count ? String(shown[model.column]) : "") == at)
        shows("bob: two\n", "short")
        #expect(model.text == ["bob: hi", "bob: two", "> short"])
    }

    @Test("rows of status stand above the line, one row each, and are removed again")
    mutating func status() {
        shows("", "x", status: ["... one", "... a message that is longer than a row"])
        #expect(model.text == ["... one", "... a message that…", "> x"])
        shows("me: one\n", "x", status: ["... two"])
        #expect(model.text == ["me: one", "... two", "> x"])
        shows("me: two\n", "x")
        #expect(model.text == ["me: one", "me: two", "> x"])
        shows("", "x", status: (0..<20).map { "... \($0)" })
        #expect(model.shown == ["... 15", "... 16", "... 17", "... 18", "... 19", "> x"])
    }

    @Test("after a change of width nothing of the old line is left", arguments: [7, 13, 19, 21, 50])
    mutating func resized(columns: Int) {
        let line = "abcdefghij 日本日本日本 klmnopqrstuvwxyz"
        for cursor in [0, 5, 16, 20, line.count] {
            screen = LineScreen(columns: 20, rows: 12)
            model = ScreenModel(columns: 20, rows: 12)
            shows("bob: hi\n", line, cursor: cursor, status: ["... on its way"])
            model.resize(columns: columns)
            screen.columns = columns
            shows("", line, cursor: cursor, status: ["... on its way"])
            let whole = model.text.joined()
            #expect(whole.hasPrefix("bob: hi..."), "\(cursor): \(model.text)")
            #expect(whole.components("> abc") == 1, "\(cursor): \(model.text)")
            #expect(whole.components("...") == 1, "\(cursor): \(model.text)")
        }
    }

    @Test("no typed or pasted escape sequence reaches the terminal")
    mutating func unfit() {
        shows("", "a\u{1b}[2Jb\nc\td\u{202e}\u{9b}")
        #expect(model.text == ["> a^[[2Jb↵c     d\u{fffd}\u{fffd}"])
    }
}

extension String {
    /// How often the text contains another one.
    fileprivate func components(_ other: String) -> Int {
        indices.filter { self[$0...].hasPrefix(other) }.count
    }
}
