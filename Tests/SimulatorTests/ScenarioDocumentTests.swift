import Foundation
import Simulator
import Testing

/// Rules told by examples: `Scenarios/` has one file each. `make scenarios` writes their traces anew.
@Suite struct ScenarioDocumentTests {
    static let files: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scenarios")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
    }()

    @Test(arguments: files) func aScenarioGoesAsItIsWritten(file: URL) throws {
        let written = try String(contentsOf: file, encoding: .utf8)
        let (played, violations) = try ScenarioDocument(text: written).played()
        #expect(violations == [])
        if ProcessInfo.processInfo.environment["COPPICE_WRITE_SCENARIOS"] != nil {
            try played.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let difference = zip(played.split(separator: "\n"), written.split(separator: "\n")).first { $0 != $1 }
        #expect(
            played == written,
            """
            \(file.lastPathComponent) goes another way now. First line that differs: \
            \(difference.map { "\"\($0.0)\" instead of \"\($0.1)\"" } ?? "one trace is longer"). \
            If that is meant, run `make scenarios` and read what has changed.
            """)
    }

    @Test func thereIsAScenarioForEachRuleOfTheTree() {
        for rule in 1...8 {
            #expect(Self.files.contains { $0.lastPathComponent.hasPrefix("L\(rule)-") }, "none for L\(rule)")
        }
    }

    @Test func aWordThatNothingIsCalledIsRefused() {
        #expect(throws: ScenarioDocument.TextError.self) { try ScenarioDocument(text: "tell weather\n0.000 start 0\n") }
    }
}
