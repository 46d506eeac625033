import Simulator
import Testing
import Tree

/// Nodes that know the secret and lie: the others keep their promises, and each bound that is left out is noticed.
@Suite struct LiarTests {
    private func scenario(_ lie: Lie, _ change: (inout Setting) -> Void = { _ in }) -> Scenario {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 200, seconds: 20)
        scenario.set(change)
        scenario.at(4, .lie(host: 1, lie))
        scenario.settle(20, Array(0...3))
        return scenario
    }

    @Test(arguments: Lie.allCases) func theOthersKeepTheirPromises(_ lie: Lie) {
        scenario(lie).play()
        scenario(lie) { $0.order = .total }.play()
        scenario(lie) { $0.replicas = 2 }.play()
    }

    @Test func severalOfThemAtATimeChangeNothing() {
        var scenario = Scenario(parents: [0, 0, 1, 1, 2], messagesEvery: 200, seconds: 20)
        for (index, lie) in Lie.allCases.enumerated() { scenario.at(4 + Double(index) / 5, .lie(host: index % 6, lie)) }
        scenario.settle(20, Array(0...5))
        scenario.play()
    }

    static let mutants: [(lie: Lie, mutation: Mutation, rule: String)] = [
        (.gaps, .anyGapBelieved, "only what was made is lost"),
        (.gaps, .faultsForgiven, "who says what can't be true is left alone"),
        (.terms, .anyTermFollowed, "P9 bounds"),
        (.stamps, .anyStampFollowed, "P2 only what was said"),
        (.bodies, .conflictsOverlooked, "entries that differ are found out"),
        (.origins, .unknownOriginsKept, "P9 bounds"),
        (.claims, .claimsUnbounded, "P9 bounds"),
        (.nodes, .announcedNodesUnbounded, "P9 bounds"),
        (.versions, .anyVersionTaken, "P9 bounds"),
        (.promises, .stuckLinksKept, "everything is delivered"),
    ]

    @Test(arguments: mutants) func aBoundThatIsLeftOutIsNoticed(
        _ mutant: (lie: Lie, mutation: Mutation, rule: String)
    ) {
        var options = Simulation.Options()
        options.mutation = mutant.mutation
        var rules: [String] = []
        for order in [Configuration.Order.causal, .total] {
            let schedule = scenario(mutant.lie) { $0.order = order }.ordered
            rules += Simulation.run(schedule, options: options).violations.map(\.rule)
        }
        #expect(rules.contains(mutant.rule), "\(rules)")
    }
}
