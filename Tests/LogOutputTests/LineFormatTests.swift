import Testing

@testable import LogOutput

@Suite("Lines of the log")
struct LineFormatTests {
    private func line(_ text: String, colours: Bool = false, textBytes: Int = 100) -> String {
        let format = LineFormat(hasColours: colours, textBytes: textBytes)
        let record = LogRecord(level: .warning, program: "node 3780", line: .parentLost, text: text)
        return String(decoding: format.line(record, milliseconds: 1_700_000_000_007), as: UTF8.self)
    }

    private func line(_ format: LogFormat, _ record: LogRecord, forJournal: Bool = false) -> String {
        let format = LineFormat(format: format, hasColours: false, isForJournal: forJournal, textBytes: 100)
        return String(decoding: format.line(record, milliseconds: 1_700_000_000_007), as: UTF8.self)
    }

    @Test("logfmt has the level, the program, its part and the line as fields, and quotes what needs it")
    func logfmt() {
        var record = LogRecord(
            level: .warning, program: "node 3780", line: .parentLost, text: #"lost "a=b" \ c"#,
            fields: [("epoch", "7")])
        record.repeated = (12, 20)
        let fields =
            #"level=warning program="node 3780" module=tree line=parent-lost message="lost \"a=b\" \\ c" epoch=7 "#
            + "repeated=12 repeated_seconds=20\n"
        #expect(line(.logfmt, record).hasSuffix(fields), "\(line(.logfmt, record))")
        #expect(line(.logfmt, record).hasPrefix("time=20"))
    }

    @Test("JSON has the same fields, and one line for any text")
    func json() {
        let record = LogRecord(level: .error, program: "clock 1", line: .boundNotSaved, text: "a\n\"b\"")
        let text = line(.json, record)
        #expect(text.hasPrefix(#"{"time":"20"#))
        let rest =
            #""level":"error","program":"clock 1","module":"clock","line":"bound-not-saved","message":"a\\u{a}\"b\""}"#
        #expect(text.hasSuffix(rest + "\n"), "\(text)")
        #expect(text.filter { $0 == "\n" }.count == 1)
    }

    @Test("the journal gets the level as a prefix, and no time in a text")
    func journal() {
        let record = LogRecord(level: .warning, program: "node 1", line: .parentLost, text: "x")
        #expect(line(.text, record, forJournal: true) == "<4>warning node 1: x\n")
        #expect(line(.logfmt, record, forJournal: true).hasPrefix("<4>time="))
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
