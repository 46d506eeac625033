import Foundation
import LogLines
import Testing

@testable import Answers

@Suite("What clients are told")
struct AnswersTests {
    @Test("every text is explained once, with lines of the log and metrics that there are")
    func complete() throws {
        let texts = AnswerExplanation.all.flatMap(\.texts)
        #expect(texts.count == Set(texts).count)
        for subject in AnswerSubject.allCases {
            #expect(!AnswerExplanation.found(by: subject.rawValue).isEmpty, "\(subject)")
        }
        let catalogue = try Sources.text("Sources/Host/Admin/MetricCatalogue.swift")
        for row in AnswerExplanation.all {
            #expect(!row.texts.isEmpty && row.meaning.hasSuffix("."), "\(row.texts)")
            for line in row.log { #expect(LogExplanation.of(line) != nil) }
            for match in (row.metric ?? "").matches(of: /coppice_[a-z_]+/) {
                let name = String(match.output).replacing(#/_total$/#, with: "")
                #expect(catalogue.contains("\"\(name)\""), "\(name)")
            }
        }
    }

    @Test("a sentence in the sources is a text for clients, a line of the log, or listed as something else")
    func nothingLeftOut() throws {
        let told = AnswerExplanation.all.flatMap(\.texts).map { $0.lowercased() }
        let logged = LogExplanation.all.flatMap(\.texts).map { $0.lowercased() }
        var elsewhere = Elsewhere.sentences
        for file in try Sources.all() where !Elsewhere.files.contains(file.name) {
            for sentence in file.sentences {
                let isKnown = (told + logged).contains { $0.has(sentence.lowercased()) }
                let isListed = Elsewhere.sentences.contains(sentence)
                elsewhere.remove(sentence)
                #expect(isKnown || isListed, "\(file.name): \(sentence)")
            }
        }
        #expect(elsewhere.isEmpty, "they are in the sources no more: \(elsewhere)")
    }

    @Test("every explained text is in the sources, perhaps in pieces")
    func stillThere() throws {
        let all = try Sources.all().flatMap(\.sentencesAndWords).map { $0.lowercased() }
        let pieces = Set(all.flatMap { $0.split(separator: "…") }.map { Self.trimmed($0) })
        for text in AnswerExplanation.all.flatMap(\.texts) {
            for part in text.lowercased().split(separator: "…") {
                let words = Self.trimmed(part)
                let isThere = words.count < 4 || all.contains { $0.contains(words) } || isMade(words, of: pieces)
                #expect(isThere, "\(text)")
            }
        }
    }

    /// Whether words are a few pieces of the sources, one after the other.
    private func isMade(_ words: String, of pieces: Set<String>, atMost count: Int = 4) -> Bool {
        if pieces.contains(words) { return true }
        guard count > 1 else { return false }
        return words.indices.contains { middle in
            pieces.contains(Self.trimmed(words[..<middle]))
                && isMade(Self.trimmed(words[middle...]), of: pieces, atMost: count - 1)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        text.trimmingCharacters(in: CharacterSet(charactersIn: " :;,()"))
    }

    @Test("a text that was copied from a client is found, and words of it are")
    func copied() {
        func kinds(_ words: String) -> [String] { AnswerExplanation.found(by: words).flatMap(\.texts) }
        #expect(
            kinds("Error: the login as anna was refused: too many failed logins as anna: try again in 4 s").contains(
                "too many failed logins as …: try again in … s"))
        #expect(
            kinds("anna is on 1 disk so far, which is too few: it may still succeed, try to log in later").count >= 4)
        #expect(kinds("can't store registrations now").first?.contains("can't store registrations now") == true)
        #expect(kinds("THIS SERVER IS FULL").count == 1)
        #expect(kinds("there is no such text").isEmpty)
    }

    @Test("docs/answers.md is what the sources say; make log-page writes it")
    func page() throws {
        #expect(try Sources.text("docs/answers.md") == AnswerPage.markdown)
    }
}

extension String {
    /// Whether a text has the fixed parts of a sentence, in their order.
    fileprivate func has(_ sentence: String) -> Bool {
        var rest = self[...]
        for part in sentence.split(separator: "…") {
            let words = part.trimmingCharacters(in: .whitespaces)
            guard words.count > 1 else { continue }
            guard let found = rest.firstRange(of: words) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
