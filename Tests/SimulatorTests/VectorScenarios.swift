import Simulator
import Testing

/// Vectors stay small, however often nodes are started anew.
@Suite struct VectorScenarios {
    /// A node that has said something is killed and comes back, again and again, as another life of itself.
    private func manyRestarts(keptFor seconds: Int) -> Scenario {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 40, seconds: 70)
        scenario.set { $0.retentionSeconds = seconds }
        for round in 0..<20 {
            let at = 4 + 3 * Double(round)
            scenario.at(at, .kill(host: 1 + round % 3))
            scenario.at(at + 0.4, .restart(host: 1 + round % 3, remembering: true))
            // Only a life that has said something is an origin.
            scenario.at(at + 1, .move(client: round % 4, host: 1 + round % 3))
            scenario.at(at + 2, .say(client: round % 4, answering: false))
        }
        // A branch that was lost counts for as long as entries are kept.
        scenario.settle(75, [0, 1, 2, 3])
        return scenario
    }

    @Test func originsOfEarlierLivesAreNamedNoMoreOnceAllHoldThem() {
        let outcome = manyRestarts(keptFor: 2).play()
        #expect(outcome.count(.originsLeftOut) > 5)
        // A life each, and those whose last entries are still kept.
        #expect(outcome.namedOrigins <= 10, "\(outcome.namedOrigins) origins")
    }

    /// The same while nothing may go yet: so the bound above is there because of the retiring.
    @Test func whileTheirEntriesAreKeptTheyAreNamed() {
        let outcome = manyRestarts(keptFor: 600).play()
        #expect(outcome.count(.originsLeftOut) == 0)
        #expect(outcome.namedOrigins > 20, "\(outcome.namedOrigins) origins")
    }

    /// Digests instead of twenty names and more, and all named where they differ.
    @Test func manyOriginsAreComparedByADigest() {
        var scenario = Scenario(parents: (1..<24).map { ($0 - 1) / 3 }, messagesEvery: 25, seconds: 16)
        scenario.set { $0.quirks = [.talkative] }
        scenario.at(9, .spoil(from: 0, to: 1))
        scenario.at(9.5, .kill(host: 2))
        scenario.settle(16, (0..<24).filter { $0 != 2 })
        scenario.play()
    }
}
