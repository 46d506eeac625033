import Testing

@testable import LogOutput

@Suite("Lines of the log")
struct LineFormatTests {
    private func line(_ text: String, colours: Bool = false, textBytes: Int = 100) -> String {
        let format = LineFormat(hasColours: colours, textBytes: textBytes)
        return String(
            decoding: format.line(.warning, "node 3780", text, milliseconds: 1_700_000_000_007), as: UTF8.self)
    }

    @Test("a line has the time with its zone, the level, the name and the text")
    func parts() {
        let pattern = #/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.007[+-]\d\d\d\d warning node 3780: hello\n/#
        #expect(line("hello").wholeMatch(of: pattern) != nil, "\(line("hello"))")
    }

    @Test("no text of others ends a line or moves the cursor")
    func harmless() {
        #expect(line("a\nb\u{1b}[2Jc\u{2028}d").hasSuffix(#": a\u{a}b\u{1b}[2Jc\u{2028}d"# + "\n"))
    }

    @Test("a long text is cut, and a mark says so")
    func long() {
        #expect(line(String(repeating: "é", count: 100), textBytes: 20).hasSuffix("éé…\n"))
    }

    @Test("there are colours only where they are wanted")
    func colours() {
        #expect(line("x", colours: true).contains("\u{1b}[33mwarning\u{1b}[0m"))
        #expect(!line("x").contains("\u{1b}"))
    }
}
