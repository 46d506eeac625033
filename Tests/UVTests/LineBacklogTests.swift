import Testing

@testable import UV

@Suite("Lines that wait to be written")
struct LineBacklogTests {
    private func backlog(_ limitBytes: Int) -> LineBacklog {
        LineBacklog(limitBytes: limitBytes, urgentBytes: 10) { Array("\($0) missing\n".utf8) }
    }

    private func takeAll(_ backlog: inout LineBacklog) -> String {
        var taken: [UInt8] = []
        while !backlog.isEmpty { taken += backlog.take(5) }
        return String(decoding: taken, as: UTF8.self)
    }

    @Test("lines come out in order, in pieces of any size")
    func order() {
        var lines = backlog(100)
        for text in ["one\n", "two\n", "three\n"] { lines.append(Array(text.utf8), isUrgent: false) }
        #expect(takeAll(&lines) == "one\ntwo\nthree\n")
        #expect(lines.isEmpty)
        #expect(lines.take(5) == [])
    }

    @Test("lines that don't fit are counted, and one note behind the earlier lines tells how many")
    func full() {
        var lines = backlog(10)
        for text in ["first\n", "more\n", "even\n"] { lines.append(Array(text.utf8), isUrgent: false) }
        // The line would fit now, but a second gap would tell less than one.
        #expect(lines.take(5) == Array("first".utf8))
        lines.append([UInt8(ascii: "\n")], isUrgent: false)
        #expect(takeAll(&lines) == "\n3 missing\n")
        #expect(lines.lost == 3)
        lines.append(Array("late\n".utf8), isUrgent: false)
        #expect(takeAll(&lines) == "late\n")
    }

    @Test("an urgent line is taken although the backlog is full, behind the note of missing lines")
    func urgent() {
        var lines = LineBacklog(limitBytes: 10, urgentBytes: 20) { Array("\($0) missing\n".utf8) }
        for text in ["123456789\n", "lost\n"] { lines.append(Array(text.utf8), isUrgent: false) }
        lines.append(Array("fatal\n".utf8), isUrgent: true)
        lines.append(Array("lost\n".utf8), isUrgent: false)
        lines.append(Array("far too long for it\n".utf8), isUrgent: true)
        #expect(takeAll(&lines) == "123456789\n1 missing\nfatal\n2 missing\n")
    }

    @Test("lines that could not be written are counted, and a note tells so with the next line")
    func lost() {
        var lines = backlog(100)
        lines.append(Array("a\nb\nc\n".utf8), isUrgent: false)
        let piece = lines.take(100)
        lines.lose(piece[2...])
        #expect(lines.isEmpty, "nothing is tried again by itself")
        lines.append(Array("d\n".utf8), isUrgent: false)
        #expect(takeAll(&lines) == "2 missing\nd\n")
        #expect(lines.lost == 2)
    }
}
