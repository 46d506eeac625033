import Simulator
import Testing

/// The failures that the original system did not survive, and their like. Every one of them is played with messages
/// under way; what is checked is every promise, at every step.
@Suite struct HealingScenarios {
    /// The report's own: six servers, d is killed, then b.
    @Test func whenASecondChildAndThenAFirstChildDieTheRestIsOneTree() {
        var scenario = Scenario(parents: [0, 1, 1, 0, 3], seconds: 12)
        scenario.at(4, .kill(host: 3))
        scenario.at(7, .kill(host: 1))
        scenario.settle(12, [0, 2, 4, 5])
        #expect(scenario.play().healingSeconds! < 1)
    }

    /// The original dies of this: its only other address pointed at a dead server.
    @Test func whenSecondChildFirstChildAndRootDieOneAfterTheOtherTheRestIsOneTree() {
        var scenario = Scenario(parents: [0, 0, 1, 1, 2], seconds: 12)
        scenario.at(4, .kill(host: 2))
        scenario.at(6, .kill(host: 1))
        scenario.at(8, .kill(host: 0))
        scenario.settle(12, [3, 4, 5])
        scenario.play()
    }

    @Test func whenAMiddleNodeAndThenTheRootDieTheRestIsOneTree() {
        var scenario = Scenario(parents: [0, 1, 1, 2], seconds: 12)
        scenario.at(4, .kill(host: 1))
        scenario.at(7, .kill(host: 0))
        scenario.settle(12, [2, 3, 4])
        scenario.play()
    }

    @Test(arguments: [false, true]) func rootAndHeirDieTogether(silently: Bool) {
        var scenario = Scenario(parents: [0, 0, 0, 1, 2], seconds: 14)
        for host in [0, 1] { scenario.at(5, silently ? .vanish(host: host) : .kill(host: host)) }
        scenario.settle(14, [2, 3, 4, 5])
        scenario.play()
    }

    @Test(arguments: [false, true]) func parentAndGrandparentDieTogether(silently: Bool) {
        var scenario = Scenario(parents: [0, 1, 2, 3, 3], seconds: 14)
        for host in [1, 2] { scenario.at(5, silently ? .vanish(host: host) : .kill(host: host)) }
        scenario.settle(14, [0, 3, 4, 5])
        scenario.play()
    }

    @Test(arguments: [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]])
    func aSplitIntoThreePartsHealsInEveryOrder(order: [Int]) {
        var scenario = Scenario(parents: [0, 0, 1, 1, 2, 2], seconds: 26)
        let parts = [[0], [1, 3, 4], [2, 5, 6]]
        // Each pair of parts has two cuts, one a direction.
        let pairs = [1: (parts[0], parts[1]), 2: (parts[0], parts[2]), 3: (parts[1], parts[2])]
        for (step, pair) in order.enumerated() {
            let (a, b) = pairs[pair]!
            scenario.at(4, .cut(2 * pair, from: a, to: b))
            scenario.at(4, .cut(2 * pair + 1, from: b, to: a))
            for cut in [2 * pair, 2 * pair + 1] { scenario.at(Double(14 + 5 * step), .mend(cut)) }
        }
        scenario.settle(26, Array(0...6))
        scenario.play()
    }

    @Test(arguments: [false, true]) func anOldRootThatRestartsJoinsTheTreeOfItsHeir(remembering: Bool) {
        var scenario = Scenario(parents: [0, 0, 1], seconds: 14)
        scenario.at(4, .kill(host: 0))
        scenario.at(7, .restart(host: 0, remembering: remembering))
        scenario.settle(14, [0, 1, 2, 3])
        #expect(scenario.play().healingSeconds! < 1)
    }

    @Test func twoSubtreesThatKnowEachOtherOnlyAsDeadpoolBecomeOneTree() {
        var scenario = Scenario(parents: [0, 0, 1, 2, 3, 4], seconds: 14)
        scenario.set { $0.seeds = 0 }
        for host in [0, 1, 2] { scenario.at(6, .kill(host: host)) }
        scenario.settle(14, [3, 4, 5, 6])
        scenario.play()
    }

    @Test func aNodeThatIsStoppedForAMinuteIsPassedOverAndComesBack() {
        var scenario = Scenario(parents: [0, 1, 1, 0], messagesEvery: 300, seconds: 68)
        scenario.at(4, .freeze(host: 1))
        scenario.at(64, .thaw(host: 1))
        scenario.settle(68, Array(0...4))
        scenario.play()
    }

    @Test func flappingLinksLoseNothing() {
        var scenario = Scenario(parents: [0, 0, 1, 1], seconds: 14)
        for round in 0..<20 {
            scenario.at(3 + 0.45 * Double(round), .flap(0, 1))
            scenario.at(3.2 + 0.45 * Double(round), .flap(1, 3))
        }
        scenario.settle(13, Array(0...4))
        scenario.play()
    }

    @Test func aRollingRestartOfAllNodesLosesNothing() {
        var scenario = Scenario(parents: [0, 0, 1, 1, 2], seconds: 40)
        for host in 0..<6 {
            scenario.at(5 + 5 * Double(host), .leave(host: host))
            scenario.at(8 + 5 * Double(host), .restart(host: host, remembering: true))
        }
        scenario.settle(40, Array(0...5))
        #expect(scenario.play().count(.leftInOrder) == 6)
    }

    @Test func sixNodesStartedAtOnceFormTheTreeThatWasAskedFor() {
        var schedule = Schedule()
        for (host, parent) in [(0, nil), (1, 0), (2, 1), (3, 1), (4, 0), (5, 3)] as [(Int, Int?)] {
            schedule.steps.append(.init(atMilliseconds: 0, .start(host: host, under: parent)))
        }
        schedule.steps.append(.init(atMilliseconds: 3000, .settle(hosts: Array(0...5), silently: false)))
        let outcome = Simulation.run(schedule)
        #expect(outcome.violations == [])
        #expect(outcome.healingSeconds == 0)
    }
}
