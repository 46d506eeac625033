import Logging
import Testing
import Tree

@testable import Host

@Suite("Lines of a node's log")
struct NoticeLogTests {
    /// Keeps the lines.
    private final class Kept: LogHandler {
        var lines: [String] = []
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(
            level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
            function: String, line: UInt
        ) {
            lines.append("\(message)")
        }
    }

    @Test("have marks of direction and other invisible characters of others written out")
    func marksOfDirection() {
        let kept = Kept()
        let log = NoticeLog(Logger(label: "test") { _ in kept })
        let marks = ["\u{202e}", "\u{2066}", "\u{200f}", "\u{61c}", "\u{2028}", "\n", "\u{1b}"]
        log.log(.badFrame(nil, info: marks.joined(separator: "x")))
        log.log(.namedAlike(["anna", marks.joined(separator: "x")]))
        #expect(kept.lines.count == 2)
        for line in kept.lines {
            for mark in marks {
                #expect(!line.contains(mark))
                #expect(line.contains("\\u{\(String(mark.unicodeScalars.first!.value, radix: 16))}"))
            }
        }
    }
}
