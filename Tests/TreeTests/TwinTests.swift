import Testing

@testable import Tree

/// Two processes with one identity (docs/protocol.md#one-life).
@Suite struct TwinTests {
    private let elsewhere = Address(host: "copy", port: 1)
    private let home = Address(host: "n", port: 7)

    private func dials(_ effects: [Effect]) -> [(attempt: AttemptID, address: Address)] {
        effects.compactMap { if case .connect(let attempt, let address, _) = $0 { (attempt, address) } else { nil } }
    }

    private func probe(
        _ id: UInt64, incarnation: UInt64, at address: Address, isInTree: Bool = true, isAnswer: Bool = false
    ) -> Probe {
        let sender = Contact(node: NodeID(id), incarnation: Incarnation(incarnation), address: address)
        let root = Contact(node: NodeID(1), incarnation: Incarnation(1), address: Address(host: "n", port: 1))
        return Probe(
            secret: isAnswer ? nil : Secret("own"), sender: sender, label: Label(term: 9, root: NodeID(1), depth: 1),
            claim: isInTree ? RootClaim(priority: 0, reign: 1, root: root) : nil, clock: .untold)
    }

    private func announcement(_ id: UInt64, incarnation: UInt64, at address: Address) -> Message {
        .serverAnnounce(
            Announcement(
                id: "", node: NodeID(id), address: address, load: 0,
                version: .init(incarnation: Incarnation(incarnation), count: 1)))
    }

    private func ask(_ bench: NodeBench, incarnation: UInt64, at address: Address) -> Refusal? {
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: incarnation, at: address)))
            .refusals.first
    }

    // MARK: The asked node

    @Test(arguments: [UInt64(1), 2, 3])
    func aCopyOfALinkedNodeIsRefusedWithBothAddresses(incarnation: UInt64) {
        let bench = NodeBench()
        let link = bench.newConnection()
        bench.handle(.received(link, bench.newcomer(7, incarnation: 2)))
        let refusal = ask(bench, incarnation: incarnation, at: elsewhere)
        #expect(refusal?.reason == (incarnation < 2 ? .superseded : .duplicate))
        #expect(refusal?.info.contains("n:7") == true && refusal?.info.contains("copy:1") == true)
        #expect(refusal?.others.map(\.address) == [home], "the asker can look for itself")
        #expect(bench.node.links.map(\.connection) == [link])
        #expect(bench.node.children.map(\.origin!.incarnation) == [Incarnation(2)])
    }

    @Test func aCopyOfTheAskedNodeItselfIsRefusedAndTheNodeGoesOn() {
        for incarnation in [UInt64(1), 2] {
            let bench = NodeBench()
            _ = bench.child(8)
            let effects = bench.handle(
                .received(bench.newConnection(), bench.newcomer(50, incarnation: incarnation, at: elsewhere)))
            #expect(effects.refusals.map(\.reason) == [.duplicate])
            #expect(!effects.contains { if case .stop = $0 { true } else { false } })
            #expect(bench.node.children.count == 1)
            #expect(effects.contains { if case .report(.refusedNode) = $0 { true } else { false } })
        }
    }

    @Test func aNodeThatWasStartedAnewGetsInAsSoonAsItsOldLinkIsGone() {
        let bench = NodeBench()
        let old = bench.newConnection()
        bench.handle(.received(old, bench.newcomer(7, incarnation: 1)))
        #expect(ask(bench, incarnation: 2, at: home)?.reason == .busy)
        bench.handle(.closed(old))
        #expect(ask(bench, incarnation: 2, at: home) == nil)
    }

    @Test func aLinkThatLingersAfterALossOfPowerKeepsItsNodeOutForNoLongerThanItsSilence() {
        let bench = NodeBench()
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 1)))
        var refused: UInt64 = 0
        while ask(bench, incarnation: 2, at: elsewhere) != nil, refused < 20_000 {
            bench.wait(100)
            refused += 100
        }
        #expect(refused >= 3_000 && refused <= 3_700)
    }

    @Test(arguments: [true, false])
    func aCopyOfANodeElsewhereInTheTreeIsRefusedOnlyIfThatOneAnswers(lives: Bool) {
        let bench = NodeBench()
        let neighbour = bench.child(8)
        bench.handle(.received(neighbour, announcement(7, incarnation: 1, at: home)))
        let first = bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 2, at: elsewhere)))
        #expect(first.refusals.map(\.reason) == [.busy], "it is asked there first")
        guard let dial = dials(first).first(where: { $0.address == home }) else {
            Issue.record("it asks nobody")
            return
        }
        #expect(ask(bench, incarnation: 2, at: elsewhere)?.reason == .busy)
        if lives {
            let connection = bench.newConnection()
            bench.handle(.connected(dial.attempt, connection))
            bench.handle(.received(connection, .probed(probe(7, incarnation: 1, at: home, isAnswer: true))))
            let refusal = ask(bench, incarnation: 2, at: elsewhere)
            #expect(refusal?.reason == .duplicate)
            #expect(refusal?.info.contains("n:7") == true && refusal?.info.contains("copy:1") == true)
        } else {
            bench.handle(.connectFailed(dial.attempt))
            #expect(ask(bench, incarnation: 2, at: elsewhere) == nil)
        }
    }

    @Test func aNodeThatWasStartedAnewAtItsAddressIsNotLookedFor() {
        let bench = NodeBench()
        bench.handle(.received(bench.child(8), announcement(7, incarnation: 1, at: home)))
        #expect(ask(bench, incarnation: 2, at: home) == nil)
    }

    // MARK: The two

    /// Nobody knew: the copy is in the tree, and announces itself.
    @Test func aNodeThatHearsOfItsCopyAsksThereAndStays() {
        let bench = NodeBench()
        let neighbour = bench.child(8)
        let effects = bench.handle(.received(neighbour, announcement(50, incarnation: 2, at: elsewhere)))
        guard let dial = dials(effects).first(where: { $0.address == elsewhere }) else {
            Issue.record("it asks nobody")
            return
        }
        let connection = bench.newConnection()
        bench.handle(.connected(dial.attempt, connection))
        let answer = bench.handle(
            .received(connection, .probed(probe(50, incarnation: 2, at: elsewhere, isAnswer: true))))
        #expect(bench.node.links.map(\.connection) == [neighbour])
        #expect(bench.node.status.trouble == nil)
        #expect(answer.contains { if case .report(.refusedNode) = $0 { true } else { false } })
    }

    @Test func theCopyThatIsAskedByTheEarlierOneStandsApartAndComesBackWhenThatOneIsGone() {
        let bench = NodeBench { $0 = $0.withIncarnation(2) }
        let neighbour = bench.child(8)
        let effects = bench.handle(
            .received(bench.newConnection(), .probe(probe(50, incarnation: 1, at: elsewhere))))
        #expect(effects.closes(neighbour))
        #expect(!effects.contains { if case .stop = $0 { true } else { false } })
        #expect(bench.node.status.trouble?.reason == .duplicate)
        #expect(bench.node.status.trouble?.info.contains("copy:1") == true)
        #expect(bench.node.status.trouble?.info.contains("me:50") == true)
        #expect(
            bench.handle(.received(bench.newConnection(), bench.newcomer(8))).refusals.map(\.reason) == [.busy],
            "nobody hangs under a node that stands apart")
        var attempt: AttemptID?
        for _ in 0..<5_000 where attempt == nil {
            attempt = dials(bench.wait(1)).first { $0.address == elsewhere }?.attempt
        }
        guard let attempt else {
            Issue.record("it doesn't ask whether the other one lives")
            return
        }
        bench.handle(.connectFailed(attempt))
        #expect(bench.node.status.trouble == nil)
        #expect(bench.handle(.received(bench.newConnection(), bench.newcomer(8))).refusals.isEmpty)
    }

    @Test func aProbeFromOneThatStandsApartMovesNobody() {
        let bench = NodeBench { $0 = $0.withIncarnation(2) }
        let neighbour = bench.child(8)
        bench.handle(
            .received(bench.newConnection(), .probe(probe(50, incarnation: 1, at: elsewhere, isInTree: false))))
        #expect(bench.node.links.map(\.connection) == [neighbour])
        #expect(bench.node.status.trouble == nil)
    }

    /// A node that has lost its parent finds its position taken.
    @Test(arguments: [Refusal.Reason.superseded, .duplicate])
    func whoIsRefusedForAnotherLifeGoesOnApartAndNeverEnds(reason: Refusal.Reason) {
        let bench = NodeBench(id: 50, parent: Address(host: "n", port: 1))
        let twin = Contact(node: NodeID(50), incarnation: Incarnation(2), address: elsewhere)
        var effects: [Effect] = []
        var refusals = 0
        for _ in 0..<11_000 {
            for dial in dials(bench.wait(1)) where dial.address.port == 1 {
                if case .some = bench.node.joining.unjoined { continue }
                let up = bench.newConnection()
                bench.handle(.connected(dial.attempt, up))
                effects += bench.handle(
                    .received(
                        up, .authenticationFail(Refusal(reason: reason, info: "lives at copy:1", others: [twin]))))
                refusals += 1
            }
        }
        #expect(refusals > 10, "a link that lingers goes within 3.5 s, so it goes on asking")
        #expect(!effects.contains { if case .stop = $0 { true } else { false } })
        #expect(bench.node.isApart)
        #expect(bench.node.status.trouble?.reason == reason)
        #expect(bench.node.status.trouble?.info.contains("copy:1") == true)
    }
}

extension Configuration {
    fileprivate func withIncarnation(_ value: UInt64) -> Configuration {
        var changed = Configuration(
            origin: Origin(node: origin.node, incarnation: Incarnation(value)), address: address, ownSecret: ownSecret,
            parentSecret: parentSecret, parent: parent, randomSeed: randomSeed, digest: digest)
        changed.asksClock = asksClock
        return changed
    }
}
