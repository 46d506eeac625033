import Simulator
import Testing

/// A data folder is copied, and a process is started with the copy while the first one lives
/// (docs/protocol.md#one-life).
@Suite struct CopyScenarios {
    /// Of a leaf, an inner node and the root; at the same parent, elsewhere, under the original, and as a root.
    private static let cases: [(original: Int, parent: Int?)] = [
        (3, 1), (3, 2), (3, 0), (3, 4), (1, 0), (1, 2), (1, 4), (1, 3), (1, 1), (0, 0), (0, 4), (0, nil), (3, nil),
    ]

    private func scenario(seconds: Int) -> Scenario { Scenario(parents: [0, 0, 1, 2], seconds: seconds) }

    @Test(arguments: cases) func theTreeOfTheLivingOneGoesOnAsItWas(original: Int, parent: Int?) {
        var scenario = scenario(seconds: 40)
        scenario.at(4, .copy(host: 5, of: original, under: parent))
        scenario.settle(40, [0, 1, 2, 3, 4])
        var losses: [String] = []
        var refused = false
        scenario.play { line in
            let seconds = Double(line.prefix { $0 != "\t" }) ?? 0
            // Those that are well: the copy's own trouble is no loss.
            if line.contains("lost its parent"), (4..<39).contains(seconds), !line.contains("\th5") {
                losses.append(line)
            }
            if line.contains("same identity") { refused = true }
        }
        #expect(refused, "somebody says that there are two")
        #expect(losses == [])
    }

    @Test(arguments: cases) func theCopyTakesThePlaceOfOneThatIsGone(original: Int, parent: Int?) {
        var scenario = scenario(seconds: 80)
        scenario.at(4, .copy(host: 5, of: original, under: parent))
        scenario.at(20, .kill(host: original))
        scenario.settle(80, [0, 1, 2, 3, 4, 5].filter { $0 != original })
        scenario.play()
    }

    /// Whoever of the two comes first stays.
    @Test(arguments: [(20.0, 20.01), (20.01, 20.0), (20.0, 20.0)])
    func twoThatAreStartedAnewTogetherDoNotFight(first: Double, second: Double) {
        var scenario = scenario(seconds: 60)
        scenario.at(4, .copy(host: 5, of: 3, under: 2))
        for host in [3, 5] { scenario.at(19, .kill(host: host)) }
        scenario.at(first, .restart(host: 3, remembering: true))
        scenario.at(second, .restart(host: 5, remembering: true))
        scenario.at(40, .kill(host: 5))
        scenario.settle(90, [0, 1, 2, 3, 4])
        scenario.play()
    }
}
