import Foundation
import Testing

extension RealPrograms {
    /// The tutorial, as a beginner types it.
    @Suite(.enabled(if: NameServerTests.canChooseNetworks, "needs a network of its own")) struct TutorialTests {}
}

extension RealPrograms.TutorialTests {
    @Test func `Every block of the tutorial runs in one shell, and prints what stands below it`() throws {
        let blocks = try Handbook("tutorial.md").blocks
        #expect(Set(blocks.map(\.language)) == ["sh", "text"])
        try onBench { bench in
            let mark = "@@ block"
            var script = "set -e\n"
            for block in blocks where block.language == "sh" { script += "echo '\(mark)'\n\(block.text)\n" }
            script += "echo '\(mark)'\n"
            try script.write(toFile: bench.folder + "/tutorial.sh", atomically: true, encoding: .utf8)
            // Its own ports and processes: all of them end with it.
            let program = try Binary.path()
            let shell = try bench.program(
                "tutorial", path: "/usr/bin/unshare",
                [
                    "-n", "-p", "-f", "--kill-child", "--mount-proc", "/bin/bash", "-c",
                    "ip link set lo up && PATH=$(dirname \(program)):$PATH && unset COPPICE_INSECURE_FLAGS "
                        + "&& exec 2>&1 && exec bash tutorial.sh",
                ])
            let output = try shell.readToEnd(within: .seconds(60))
            #expect(try shell.waitForEnd() == .exited(0), "\(output.joined(separator: "\n"))")
            let parts = output.split(separator: mark, omittingEmptySubsequences: false).dropFirst().map(Array.init)
            #expect(parts.count == blocks.count { $0.language == "sh" } + 1)
            var number = -1
            for block in blocks {
                if block.language == "sh" {
                    number += 1
                    continue
                }
                var rest = parts[number][...]
                for wanted in block.text.components(separatedBy: "\n") {
                    guard let index = rest.firstIndex(where: { Self.fits($0, wanted) }) else {
                        Issue.record(
                            "\(block.section): \"\(wanted)\" isn't in:\n\(parts[number].joined(separator: "\n"))")
                        break
                    }
                    rest = rest[(index + 1)...]
                }
            }
        }
    }

    /// Whether a line is what the page says, where `…` stands for anything.
    private static func fits(_ line: String, _ wanted: String) -> Bool {
        let pieces = wanted.components(separatedBy: "…").map { $0.trimmingCharacters(in: .whitespaces) }
        var rest = line[...]
        if let first = pieces.first, !first.isEmpty, !rest.hasPrefix(first) { return false }
        if let last = pieces.last, !last.isEmpty, !rest.hasSuffix(last) { return false }
        for piece in pieces where !piece.isEmpty {
            guard let range = rest.range(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return wanted.contains("…") || line.trimmingCharacters(in: .whitespaces) == wanted
    }
}
