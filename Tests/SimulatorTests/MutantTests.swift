import Simulator
import Testing
import Tree

/// Every rule that is left out on purpose is noticed.
@Suite struct MutantTests {
    /// Which faults bring a mutant to light, and by which rule. Seeds rot when the core changes, so one is looked for.
    static let mutants: [(Mutation, faults: [FaultKind], rule: String)] = [
        (.ancestorCheckOnly, [.kill], "L4 labels only rise"),
        (.childlessWithoutLock, [.storm, .flap, .kill], "L2 a locked leaf takes no child"),
        (.teardownByNode, [.storm, .flap], "L3 a child counts from its acceptance"),
        (.reignKept, [.pairs], "one tree whatever is cut"),
        (.acknowledgedBeforeStored, [.kill], "P10 as many hold it as is said"),
        (.dedupeByTime, [.cut, .move], "P2 at most once"),
        (.gapNotTold, [.cut, .kill], "links carry prefixes"),
        (.timersBeforeReads, [.freeze], "nobody is declared silent unread"),
        (.laterOwnerWins, [.split, .cut], "P8 the earlier owner stands"),
        (.namesNotFolded, [.kill], "P8 one name, one owner"),
        (.accountsNotCompared, [.kill, .join], "P8 one name, one owner"),
        (.bansNotCompared, [.ban, .cut, .join], "a ban holds everywhere"),
        (.acknowledgedBeforeSaved, [.kill], "P8 acknowledged when on disk"),
        (.tokenOutlivesReset, [.reset, .move], "a token dies with its secret"),
    ]

    @Test(arguments: mutants) func aSeedKillsTheMutant(
        _ mutant: (mutation: Mutation, faults: [FaultKind], rule: String)
    ) {
        var options = Simulation.Options()
        options.drawing.isSmall = true
        options.drawing.faults = mutant.faults
        options.mutation = mutant.mutation
        let killer = (1...120 as ClosedRange<UInt64>).first {
            Simulation.run(seed: $0, options: options).violations.first?.rule == mutant.rule
        }
        guard let killer else {
            Issue.record("no seed kills \(mutant.mutation)")
            return
        }
        options.mutation = nil
        #expect(Simulation.run(seed: killer, options: options).violations == [])
    }

    /// Small worlds heal without the hints of who refuses: any node finds any other one soon.
    @Test func refusalsThatAreNotFollowedAreNoticed() {
        var options = Simulation.Options()
        options.mutation = .refusalsNotFollowed
        let killer = (21...60 as ClosedRange<UInt64>).first {
            !Simulation.run(seed: $0, options: options).violations.isEmpty
        }
        guard let killer else {
            Issue.record("no seed kills refusalsNotFollowed")
            return
        }
        options.mutation = nil
        #expect(Simulation.run(seed: killer, options: options).violations == [])
    }

    /// What makes the one order of all stamps: promises that mind requests under way, that wait for every link, and
    /// that follow what they cover. The first needs clocks that are far away.
    @Test(arguments: [Mutation.promiseIgnoresRequests, .mergeWithoutOneLink, .watermarkBeforeEntries])
    func aMergeWithoutOneOfItsRulesIsNoticed(_ mutation: Mutation) {
        var options = Simulation.Options()
        options.drawing.isSmall = true
        options.drawing.order = .total
        options.drawing.faults = [.slow]
        options.mutation = mutation
        let killer = (1...120 as ClosedRange<UInt64>).first { seed in
            Simulation.run(seed: seed, options: options).violations.first?.rule.hasPrefix("P5") == true
        }
        guard let killer else {
            Issue.record("no seed kills \(mutation)")
            return
        }
        options.mutation = nil
        #expect(Simulation.run(seed: killer, options: options).violations == [])
    }

    /// The earlier life of the one that asks stands on the path of the one that is asked, since who is in between is
    /// stopped and says nothing.
    @Test func anEarlierLifeOnThePathIsNobodyAbove() {
        let rules = (1...20 as ClosedRange<UInt64>).compactMap { seed in
            var scenario = Scenario(parents: [0, 1, 2], seconds: 12)
            scenario.set { $0.seed = seed }
            scenario.set { $0.seeds = 0 }
            scenario.at(5, .vanish(host: 0))
            scenario.at(5, .vanish(host: 1))
            scenario.at(5, .freeze(host: 2))
            scenario.at(5.01, .restart(host: 1, remembering: true))
            scenario.settle(12, [1, 2, 3])
            var options = Simulation.Options()
            #expect(Simulation.run(scenario.ordered, options: options).violations == [])
            options.mutation = .pathWithoutIncarnation
            return Simulation.run(scenario.ordered, options: options).violations.first?.rule
        }
        #expect(rules.contains("L8 by id and incarnation"))
    }

    /// One speaker, so that nothing but the hole can be out of order.
    @Test func anEntryAfterAHoleIsNeverKept() {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 100_000, seconds: 8)
        for tenth in 20..<70 { scenario.at(Double(tenth) / 10, .say(client: 0, answering: false)) }
        for tenth in stride(from: 30, to: 60, by: 3) { scenario.at(Double(tenth) / 10 - 0.01, .spoil(from: 0, to: 1)) }
        scenario.settle(8, Array(0...3))
        expect(scenario, kills: .gapParked)
    }

    /// Away for longer than entries are kept, but not for longer than its parent waited and minded it.
    @Test func whoIsAwayForAMomentFindsWhatItMissed() {
        var scenario = Scenario(parents: [0, 0], seconds: 14)
        scenario.set { $0.retentionSeconds = 4 }
        scenario.at(5, .cut(1, from: [2], to: [0, 1]))
        scenario.at(5, .cut(2, from: [0, 1], to: [2]))
        scenario.at(10.5, .mend(1))
        scenario.at(10.5, .mend(2))
        scenario.settle(14, [0, 1, 2])
        #expect(scenario.play().count(.nodeMetAGap) == 0)
        var options = Simulation.Options()
        options.mutation = .pruneWithoutDeparted
        #expect(Simulation.run(scenario.ordered, options: options).count(.nodeMetAGap) > 0)
    }

    /// A node that was away keeps the account on its disk; the others, which removed it, have all been restarted since,
    /// so that no log tells of the removal any more.
    @Test func anOldCopyDoesNotBringARemovedNameBack() throws {
        let schedule = try Schedule(
            text: """
                set seed 5
                client 0 named 0
                0.000 start 0
                0.020 start 1 under 0
                0.020 start 2 under 0
                0.500 arrive 0 0
                5.000 kill 2
                6.000 remove 0 0
                8.000 kill 0
                8.000 kill 1
                9.000 restart 0 remembering
                9.000 restart 1 remembering
                11.000 restart 2 remembering
                14.000 settle 0,1,2
                """)
        var options = Simulation.Options()
        #expect(Simulation.run(schedule, options: options).violations == [])
        options.mutation = .removalForgotten
        // Whichever is looked at first: the name is back, or only some have it.
        #expect(Simulation.run(schedule, options: options).violations.first?.rule.hasPrefix("P8") == true)
    }

    private func expect(_ scenario: Scenario, kills mutation: Mutation) {
        scenario.play()
        var options = Simulation.Options()
        options.mutation = mutation
        #expect(Simulation.run(scenario.ordered, options: options).violations != [])
    }
}
