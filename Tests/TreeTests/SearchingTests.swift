import Testing

@testable import Tree

/// How a node without a parent finds one (docs/protocol.md#healing).
@Suite struct SearchingTests {
    /// A node under a root with id 1, whose heirs are given by id.
    private func attached(id: UInt64 = 50, heirs: [UInt64]) -> (NodeBench, ConnectionID) {
        let bench = NodeBench(id: id, parent: Address(host: "n", port: 1))
        guard case .connect(let attempt, _, _)? = bench.wait(0).first else {
            preconditionFailure("it dials its parent")
        }
        let up = bench.newConnection()
        bench.handle(.connected(attempt, up))
        let root = contact(1)
        let position = TreePosition(
            label: Label(term: 3, root: NodeID(1), depth: 0), path: [root], heirs: heirs.map(contact), siblings: [],
            uncles: [], claim: RootClaim(priority: 0, reign: 1, root: root))
        bench.handle(
            .received(
                up,
                .authenticationSuccess(
                    Acceptance(
                        backup: nil, isRoot: true,
                        member: .init(
                            origin: root.origin!, position: position, size: 2, clock: .untold, stored: VersionVector(),
                            safe: VersionVector())))))
        bench.handle(.received(up, .synchronised))
        return (bench, up)
    }

    private func contact(_ id: UInt64) -> Contact {
        Contact(
            node: NodeID(id), incarnation: Incarnation(1), address: Address(host: "n", port: UInt16(id)))
    }

    private func dials(_ effects: [Effect]) -> [(AttemptID, Address)] {
        effects.compactMap { if case .connect(let attempt, let address, _) = $0 { (attempt, address) } else { nil } }
    }

    /// Has every dial fail until the time is up.
    private func failEverything(_ bench: NodeBench, _ first: [Effect], for milliseconds: UInt64) {
        var open = dials(first)
        for _ in 0..<milliseconds {
            while !open.isEmpty {
                let (attempt, _) = open.removeFirst()
                open += dials(bench.handle(.connectFailed(attempt)))
            }
            open += dials(bench.wait(1))
        }
    }

    @Test func aParentThatIsTheNodeItselfIsReportedOnce() {
        let bench = NodeBench(id: 50, parent: Address(host: "n", port: 50))
        let refusal = Refusal(reason: .loop, info: "this is the node itself", others: [])
        var reports = 0
        var asked = 0
        for _ in 0..<2000 {
            for (attempt, _) in dials(bench.wait(1)) {
                asked += 1
                let up = bench.newConnection()
                bench.handle(.connected(attempt, up))
                let effects = bench.handle(.received(up, .authenticationFail(refusal)))
                reports += effects.count { if case .report(.retryingParent) = $0 { true } else { false } }
            }
        }
        #expect(asked > 2)
        #expect(reports == 1)
    }

    @Test func aParentThatComesToStandTooDeepIsLeft() {
        let (bench, up) = attached(heirs: [])
        func position(depth: UInt32) -> TreePosition {
            TreePosition(
                label: Label(term: 4, root: NodeID(9), depth: depth), path: [contact(1), contact(9)], heirs: [],
                siblings: [], uncles: [], claim: RootClaim(priority: 0, reign: 1, root: contact(9)))
        }
        #expect(!bench.handle(.received(up, .tree(position(depth: 63)))).closes(up))
        #expect(bench.node.topology.label.depth == 64)
        let effects = bench.handle(.received(up, .tree(position(depth: 64))))
        #expect(effects.closes(up))
        #expect(bench.node.parentLink == nil)
        #expect(bench.node.topology.label.depth <= 64)
        let left = effects.compactMap { if case .report(.tooDeep(let parent)) = $0 { parent.node } else { nil } }
        #expect(left == [NodeID(1)])
    }

    @Test func theFirstHeirRulesAsSoonAsNobodyElseCanBeHad() {
        let (bench, up) = attached(heirs: [50, 60])
        let effects = bench.handle(.closed(up))
        failEverything(bench, effects, for: 50)
        #expect(bench.node.parentLink == nil)
        #expect(bench.node.topology.label == Label(term: 4, root: NodeID(50), depth: 0))
    }

    @Test func theSecondHeirLeavesTheFirstOneARound() {
        let (bench, up) = attached(heirs: [60, 50])
        let effects = bench.handle(.closed(up))
        failEverything(bench, effects, for: 200)
        #expect(bench.node.topology.label.term == 3)
        failEverything(bench, [], for: 400)
        #expect(bench.node.topology.label.term == 4)
    }

    /// The first heir noticed the loss first, and went under one that hadn't noticed yet.
    @Test func anHeirThatAnElderOneHasJoinedRulesInItsPlace() {
        let (bench, up) = attached(heirs: [60, 61, 50])
        _ = bench.child(60)
        let effects = bench.handle(.closed(up))
        failEverything(bench, effects, for: 50)
        #expect(bench.node.topology.label.term == 4)
    }

    @Test func anHeirThatAYoungerOneHasJoinedWaitsAllTheSame() {
        let (bench, up) = attached(heirs: [60, 50, 61])
        _ = bench.child(61)
        let effects = bench.handle(.closed(up))
        failEverything(bench, effects, for: 200)
        #expect(bench.node.topology.label.term == 3)
    }

    @Test func aRootThatFellSilentIsAskedInNoRound() {
        let (bench, _) = attached(heirs: [60, 61])
        var dialled = Set<UInt16>()
        for _ in 0..<6_000 where bench.node.topology.label.term == 3 {
            for (attempt, address) in dials(bench.wait(1)) {
                dialled.insert(address.port)
                bench.handle(.connectFailed(attempt))
            }
        }
        #expect(bench.node.topology.label.term == 4)
        #expect(dialled.contains(61))
        #expect(!dialled.contains(1))
    }

    /// Where several fell silent at once, those that are left would otherwise wait a second for each round.
    @Test func aCandidateThatDoesNotConnectIsAwaitedForNoMoreThanARound() {
        let (bench, up) = attached(heirs: [50, 60, 61])
        bench.handle(.closed(up))
        bench.wait(300)
        #expect(bench.node.topology.label.term == 3)
        bench.wait(150)
        #expect(bench.node.topology.label.term == 4)
    }

    @Test(arguments: [4, 7, 8, 15]) func theFirstHeirRulesSoonAlsoWhenManyFellSilent(count: UInt64) {
        let (bench, up) = attached(heirs: [50] + (60..<60 + count).map { $0 })
        let began = bench.milliseconds
        bench.handle(.closed(up))
        while bench.node.topology.label.term == 3, bench.milliseconds < began + 5000 { bench.wait(10) }
        #expect(bench.milliseconds - began <= 50 * (count + 1) + 310)
    }

    @Test func aRootThatSaysThatItRulesIsAskedAlthoughADialToItHangs() {
        let (bench, up) = attached(heirs: [60, 50])
        bench.handle(.closed(up))
        bench.wait(400)
        let probe = Probe(
            secret: Secret("own"), sender: contact(60), label: Label(term: 4, root: NodeID(60), depth: 0),
            claim: RootClaim(priority: 0, reign: 2, root: contact(60)), clock: .untold)
        let effects = bench.handle(.received(bench.newConnection(), .probe(probe)))
        #expect(dials(effects).contains { $0.1.port == 60 })
        bench.wait(350)
        #expect(bench.node.topology.label.term == 3)
    }

    /// Only the link broke, and the root is so far away that no round waits for it.
    @Test func whoRulesBeforeItsDialsStandAsksThemWhoRules() {
        let (bench, up) = attached(heirs: [50, 60])
        bench.handle(.closed(up))
        var last: [Effect] = []
        for _ in 0..<1000 where bench.node.topology.label.term == 3 { last = bench.wait(1) }
        #expect(bench.node.topology.label.term == 4)
        #expect(dials(last).contains { $0.1.port == 1 })
    }

    /// 60 connects 400 ms after it was dialled, between two rounds; everybody else fails at once.
    private func askedBetweenRounds(_ heirs: [UInt64]) -> (NodeBench, ConnectionID) {
        let (bench, up) = attached(heirs: heirs)
        var attempt: AttemptID?
        var open = dials(bench.handle(.closed(up)))
        for _ in 0..<400 {
            while !open.isEmpty {
                let (one, address) = open.removeFirst()
                if address.port == 60 { attempt = one } else { open += dials(bench.handle(.connectFailed(one))) }
            }
            open += dials(bench.wait(1))
        }
        let connection = bench.newConnection()
        let sent = bench.handle(.connected(attempt!, connection)).sent(on: connection)
        #expect(sent.contains { if case .authenticate = $0 { true } else { false } })
        return (bench, connection)
    }

    @Test func whoAFullNodeNamesBetweenTwoRoundsIsDialledNext() {
        let (bench, connection) = askedBetweenRounds([60, 61, 50])
        let refusal = Refusal(reason: .full, info: "full", others: [contact(200)])
        let effects = bench.handle(.received(connection, .authenticationFail(refusal)))
        #expect(dials(effects).contains { $0.1.port == 200 })
    }

    @Test(arguments: [true, false]) func aCandidateThatIsAskedBetweenTwoRoundsIsAskedOnce(isLow: Bool) {
        let (bench, connection) = askedBetweenRounds([60, 61, 62, 63, 50])
        let began = bench.milliseconds
        var isAskedAgain = false
        for _ in 0..<3000 where bench.node.topology.label.term == 3 {
            var effects = bench.wait(1)
            if isLow, bench.milliseconds == began + 400 {
                let refusal = Refusal(reason: .low, info: "low")
                effects += bench.handle(.received(connection, .authenticationFail(refusal)))
            }
            for (attempt, address) in dials(effects) {
                guard address.port == 60 else {
                    bench.handle(.connectFailed(attempt))
                    continue
                }
                // It may be a probe's, too.
                let second = bench.newConnection()
                let sent = bench.handle(.connected(attempt, second)).sent(on: second)
                if sent.contains(where: { if case .authenticate = $0 { true } else { false } }) { isAskedAgain = true }
            }
        }
        #expect(bench.node.topology.label.term == 4)
        #expect(!isAskedAgain)
    }

    @Test func whoIsNoHeirWaitsFourRounds() {
        let (bench, up) = attached(heirs: [60, 61])
        let effects = bench.handle(.closed(up))
        failEverything(bench, effects, for: 900)
        #expect(bench.node.topology.label.term == 3)
        failEverything(bench, [], for: 700)
        #expect(bench.node.topology.label.term == 4)
    }

    @Test func aCandidateThatRefusesAsTooLowIsAskedOncePerSearch() {
        let (bench, up) = attached(heirs: [60, 61])
        _ = bench.child(70)
        var asked = 0
        var open = dials(bench.handle(.closed(up)))
        for _ in 0..<2000 where bench.node.topology.label.term == 3 {
            while !open.isEmpty, bench.node.topology.label.term == 3 {
                let (attempt, address) = open.removeFirst()
                guard address.port == 60 else {
                    open += dials(bench.handle(.connectFailed(attempt)))
                    continue
                }
                let connection = bench.newConnection()
                bench.handle(.connected(attempt, connection))
                asked += 1
                open += dials(
                    bench.handle(
                        .received(connection, .authenticationFail(Refusal(reason: .low, info: "low")))))
            }
            open += dials(bench.wait(1))
        }
        #expect(asked == 1)
        #expect(bench.node.topology.label.term == 4)
    }

    @Test func aFreshNodeServesAloneWhenItsParentNeverAnswers() {
        let bench = NodeBench(parent: Address(host: "p", port: 1))
        let client = bench.newConnection()
        bench.handle(.received(client, .login(Login(username: Login.anonymous))))
        #expect(bench.effects.sent(on: client).isEmpty)
        failEverything(bench, bench.wait(0), for: 9_500)
        #expect(bench.node.topology.label.term == 0)
        failEverything(bench, [], for: 1_500)
        #expect(bench.node.topology.label.term == 1)
        #expect(bench.node.load == 1)
    }

    @Test func silenceOfTheParentIsNoticedAfterTheTimeLimit() {
        let (bench, up) = attached(heirs: [50])
        bench.wait(3_400)
        #expect(bench.node.parentLink != nil)
        let effects = bench.wait(200)
        #expect(effects.closes(up))
        #expect(bench.node.parentLink == nil)
    }

    @Test func aNodeThatWasItselfStoppedJudgesNobodyAtOnce() {
        // Serf and Consul declare their neighbours dead after the own machine has paused.
        let (bench, up) = attached(heirs: [50])
        bench.sleep(60_000)
        let effects = bench.handle(.timePassed)
        #expect(!effects.closes(up))
        bench.handle(.received(up, .heartbeat(Heartbeat(label: Label(term: 3, root: NodeID(1), depth: 0), size: 2))))
        bench.wait(2_000)
        #expect(bench.node.parentLink != nil)
    }

    @Test func aParentWhoseLabelGoesBackIsLeft() {
        let (bench, up) = attached(heirs: [50])
        let lower = Heartbeat(label: Label(term: 2, root: NodeID(1), depth: 0), size: 2)
        let effects = bench.handle(.received(up, .heartbeat(lower)))
        #expect(effects.closes(up))
    }

    @Test func theDeadpoolDoesNotNameTheParentItself() {
        let (bench, _) = attached(heirs: [50, 60])
        #expect(bench.node.status.deadpool.compactMap(\.node) == [NodeID(60)])
    }
}
