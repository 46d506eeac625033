import Simulator
import Testing

/// Histories in which the core once broke a promise, by the mechanism that was at fault.
@Suite struct FoundHistories {
    /// Full nodes name one another as the ones to try: a round once went on for ever among them.
    @Test func fullNodesThatReferToOneAnotherAreAskedOnceARound() {
        var scenario = Scenario(parents: [0, 0, 1, 1, 2], seconds: 8)
        scenario.set { $0.children = 2 }
        scenario.at(4, .flap(5, 2))
        scenario.at(4.5, .flap(4, 1))
        scenario.settle(8, Array(0...5))
        scenario.play()
    }

    /// A message that can't be read may have been an entry: what comes next of another origin may answer it.
    @Test func afterSomethingThatCannotBeReadTheLinkCatchesUpFromTheVectors() {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 40, seconds: 12)
        for round in 0..<60 {
            scenario.at(3 + 0.13 * Double(round), .spoil(from: 0, to: 1))
            scenario.at(3.05 + 0.13 * Double(round), .spoil(from: 1, to: 0))
        }
        scenario.settle(12, Array(0...3))
        #expect(scenario.play().count(.streamBegunAnew) > 0)
    }

    /// An orphan that was refused as its label was too low asks again once the other one rules.
    @Test func heirsWithChildrenFollowTheFirstOfThemAtOnce() {
        var scenario = Scenario(parents: [0, 0, 0, 1, 2, 3], seconds: 6)
        scenario.set { $0.seeds = 0 }
        scenario.at(5, .kill(host: 0))
        scenario.settle(5.25, [1, 2, 3, 4, 5, 6])
        #expect(scenario.play().healingSeconds! <= 0.25)
    }

    /// Heirs notice that the root is silent one after the other, so the first one may go under one that hasn't noticed
    /// yet; and that one once asked the silent root again, in its second round.
    @Test(arguments: [4, 36, 56, 57, 58]) func heirsThatNoticeASilenceOneByOneFollowNobodyWhoIsGone(seed: UInt64) {
        var scenario = Scenario(parents: [0, 0, 0, 0, 2], messagesEvery: 25, seconds: 10)
        scenario.set {
            $0.seed = seed
            $0.seeds = 0
            $0.latency = 50...300
            $0.lateness = 40_000
        }
        scenario.at(5, .vanish(host: 0))
        scenario.settle(8.6, [1, 2, 3, 4, 5])
        // It is looked at four times a second.
        #expect(scenario.play().healingSeconds! <= 0.25)
    }

    /// The first heir once waited a second for those that fell silent with the root.
    @Test func whereSeveralFallSilentWithTheRootTheFirstHeirDoesNotWaitForThem() {
        var scenario = Scenario(parents: [0, 0, 0, 0, 1, 4], messagesEvery: 25, seconds: 10)
        scenario.set { $0.seeds = 0 }
        for host in [0, 2, 3] { scenario.at(5, .vanish(host: host)) }
        scenario.settle(9.1, [1, 4, 5, 6])
        #expect(scenario.play().healingSeconds! <= 0.25)
    }

    /// A leaf that loses its only way up becomes a root; it once tried for ever to go under a root that it can't reach.
    @Test func whereLeafAndRootNeverReachEachOtherTheOneBetweenLinksThem() {
        var scenario = Scenario(parents: [0, 1], seconds: 20)
        scenario.set { $0.seeds = 0 }
        scenario.at(1.5, .cut(7, from: [0], to: [2]))
        scenario.at(1.5, .cut(8, from: [2], to: [0]))
        scenario.at(6, .freeze(host: 1))
        scenario.at(10.6, .thaw(host: 1))
        scenario.settle(20, [0, 1, 2])
        var joined: Double?
        scenario.play { line in
            if line.hasSuffix("h2 joined h1") { joined = line.split(separator: "\t").first.flatMap { Double($0) } }
        }
        #expect(joined! > 10 && joined! < 16)
    }

    /// A part whose members are nearly all dead finds the few others that live, through many that don't answer.
    @Test func fewLiveNodesAmongManyDeadOnesFindEachOther() {
        var scenario = Scenario(parents: (1..<24).map { ($0 - 1) / 2 }, messagesEvery: 500, seconds: 8)
        scenario.at(6, .settle(hosts: [0, 12, 19], silently: true))
        scenario.play()
    }
}
