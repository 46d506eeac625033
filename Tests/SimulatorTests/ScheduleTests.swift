import Foundation
import Simulator
import Testing

/// Histories that are kept as text, since seeds rot when the code changes: `Schedules/` has one file each.
@Suite struct ScheduleTests {
    static let files: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schedules")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
    }()

    @Test(arguments: files) func aKeptHistoryKeepsEveryPromise(file: URL) throws {
        let schedule = try Schedule(text: String(contentsOf: file, encoding: .utf8))
        #expect(Simulation.run(schedule).violations == [])
    }
}
