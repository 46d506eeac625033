import Foundation
import Testing

@testable import LogLines

@Suite("Lines of the log")
struct LogLinesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The sources of what runs in a node or a clock, and of the program around them.
    private static func sources() throws -> [(name: String, text: String)] {
        try ["Sources/Host", "Sources/Clock", "Sources/coppice"].flatMap { folder in
            let all = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
            return try (all?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
                .map { ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8)) }
        }
    }

    @Test("every line is explained, once")
    func complete() {
        let explained = LogExplanation.all.map(\.line)
        #expect(explained.count == Set(explained).count)
        for line in LogLine.allCases { #expect(explained.contains(line), "\(line) is not explained") }
        for row in LogExplanation.all {
            #expect(!row.texts.isEmpty && row.meaning.hasSuffix("."), "\(row.line)")
            #expect(LogExplanation.found(by: row.line.rawValue).map(\.line) == [row.line])
        }
    }

    @Test("every line that a node or a clock logs has a name")
    func named() throws {
        // NoticeLog names all its lines at once, by their notices.
        let nameless = #/\b(?:log|logger)\??\.(?:trace|debug|info|notice|warning|error|critical|log)\(/#
        let sources = try Self.sources()
        #expect(sources.count > 30)
        for (name, text) in sources where name != "NoticeLog.swift" {
            for line in text.split(separator: "\n") where line.contains(nameless) && !line.contains("notices") {
                Issue.record("\(name): \(line)")
            }
        }
    }

    @Test("every name is used, and the explained texts are those of the sources")
    func texts() throws {
        // Long texts stand in several lines.
        let all = try Self.sources().map(\.text).joined()
            .replacing(#/\\\n\s*/#, with: "").replacing(#/"\s*\+ "/#, with: "").replacing(
                #/\\\((?:[^()"]|\([^()]*\)|"[^"]*")*\)/#, with: "…")
        let shown = all.lowercased()
        for row in LogExplanation.all {
            let name = "\(row.line)"
            #expect(all.contains(".\(name)") || row.line == .linesMissing, "\(name) is never logged")
            guard row.line != .linesMissing else { continue }
            for part in row.texts.flatMap({ $0.split(separator: "…") }) {
                let words = part.trimmingCharacters(in: CharacterSet(charactersIn: " :;,").union(.newlines))
                    .lowercased()
                #expect(words.count < 4 || shown.contains(words), "\(name): \(words)")
            }
        }
    }

    @Test("a line that was copied from a log is found")
    func copied() {
        let line =
            "2026-11-28T17:50:03.250+0100 warning node 3780: lost the parent ab3xyz at localhost:3780: it was silent"
        #expect(LogExplanation.found(by: line).map(\.line) == [.parentLost])
        #expect(LogExplanation.found(by: "TLS").count > 3)
        // A piece of a line weighs more than a line of few words in it.
        let piece = "accounts can't be saved"
        let heaviest = LogExplanation.found(by: piece).max { $0.weight(in: piece) < $1.weight(in: piece) }
        #expect(heaviest?.line == .accountsNotSaved)
        #expect(LogExplanation.found(by: "tls").allSatisfy { $0.subsystem == .tls })
        #expect(LogExplanation.found(by: "there is no such line").isEmpty)
    }

    @Test("docs/log.md is what the sources say; make log-page writes it")
    func page() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/log.md"), encoding: .utf8)
        #expect(page == LogPage.markdown)
    }
}
