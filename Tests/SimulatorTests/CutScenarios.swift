import Simulator
import Testing

/// Networks that are broken by halves: some pairs don't reach each other, and everybody reaches somebody.
@Suite struct CutScenarios {
    /// The smallest: the root and its child lose each other, and the grandchild reaches both. The child would have to
    /// go under the root, and only the grandchild can.
    @Test func whereRootAndChildLoseEachOtherTheGrandchildLinksThem() {
        var scenario = Scenario(parents: [0, 1], seconds: 40)
        scenario.cutPair(6, 0, 1)
        scenario.settle(40, [0, 1, 2])
        #expect(scenario.play().count(.reignPassed) == 1)
        var options = Simulation.Options()
        options.mutation = .reignKept
        #expect(Simulation.run(scenario.ordered, options: options).violations.first?.rule == "one tree whatever is cut")
    }

    /// It goes from the root over its child to the grandchild, which is the only one who reaches anybody outside.
    @Test func aReignPassesOverSeveralLinks() {
        var scenario = Scenario(parents: [0, 1, 2, 3], seconds: 40)
        for host in 1...3 { scenario.cutPair(6, 0, host) }
        scenario.settle(40, Array(0...4))
        #expect(scenario.play().count(.reignPassed) == 3)
    }

    @Test(
        arguments: [
            ([0, 1], [[0, 1]], true), ([0, 1], [[1, 2]], false), ([0, 1], [[0, 2]], false), ([0, 0], [[0, 1]], false),
            ([0, 0], [[1, 2]], false), ([0, 1, 1, 0, 4], [[0, 1]], false),
            ([0, 1, 1, 0, 4], [[0, 1], [0, 4]], false),
            ([0, 1, 1, 0, 4], [[0, 1], [1, 4]], false), ([0, 1, 1, 0, 4], [[1, 2], [0, 4]], false),
            ([0, 1, 1, 0, 4], [[0, 4], [4, 5]], true), ([0, 1, 1, 0, 4], [[0, 1], [0, 2]], false),
        ] as [([Int], [[Int]], Bool)])
    func whateverPairsAreCutWhatIsConnectedIsOneTree(parents: [Int], pairs: [[Int]], isOneWay: Bool) {
        for seed in 1...5 as ClosedRange<UInt64> {
            var scenario = Scenario(parents: parents, seconds: 40)
            scenario.set { $0.seed = seed }
            for pair in pairs { scenario.cutPair(6, pair[0], pair[1], isOneWay: isOneWay) }
            scenario.settle(40, Array(0...parents.count))
            scenario.play()
        }
    }

    /// The root can connect to the grandchild, and nobody there to the root: so the root is the one to go.
    @Test func whereConnectionsAreMadeInOneDirectionAloneTheWinnerGoes() {
        var scenario = Scenario(parents: [0, 1], seconds: 40)
        scenario.cutPair(6, 0, 1)
        scenario.at(6, .bar(300, from: [2], to: [0]))
        scenario.settle(40, [0, 1, 2])
        var joined: Double?
        scenario.play { line in
            if line.hasSuffix("h0 joined h2") { joined = line.split(separator: "\t").first.flatMap { Double($0) } }
        }
        #expect(joined.map { $0 > 9 && $0 < 25 } == true)
    }

    /// A change of state is told, and then nothing until the next.
    @Test func aTreeThatCannotBeReachedIsReportedOnce() {
        var scenario = Scenario(parents: [0, 1], seconds: 60)
        scenario.cutPair(6, 0, 1)
        scenario.at(6, .bar(300, from: [2], to: [0]))
        scenario.at(6, .bar(301, from: [0], to: [2]))
        scenario.settle(60, [0, 1, 2])
        var met = 0
        scenario.play { line in
            if line.contains("merges under") || line.contains("can't reach the tree") { met += 1 }
        }
        #expect(met <= 3)
    }
}

extension Scenario {
    /// Cuts a pair of nodes from each other.
    mutating func cutPair(_ seconds: Double, _ a: Int, _ b: Int, isOneWay: Bool = false) {
        at(seconds, .cut(200 + 2 * (10 * a + b), from: [a], to: [b]))
        if !isOneWay { at(seconds, .cut(201 + 2 * (10 * a + b), from: [b], to: [a])) }
    }
}
