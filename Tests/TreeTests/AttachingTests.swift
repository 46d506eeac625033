import Testing

@testable import Tree

/// The rules of attaching, as seen by the node that is asked (docs/protocol.md#attaching).
@Suite struct AttachingTests {
    @Test func aLeafIsTakenWhateverItsLabel() {
        let bench = NodeBench()
        let connection = bench.newConnection()
        let high = Label(term: 99, root: NodeID(7), depth: 0)
        let effects = bench.handle(.received(connection, bench.newcomer(7, label: high)))
        #expect(effects.refusals.isEmpty)
        #expect(bench.node.children.map(\.origin!.node) == [NodeID(7)])
    }

    @Test func aRootRaisesItsTermAboveANewcomerWithChildren() {
        let bench = NodeBench()
        let high = Label(term: 5, root: NodeID(7), depth: 0)
        let effects = bench.handle(
            .received(bench.newConnection(), bench.newcomer(7, label: high, isChildless: false)))
        #expect(effects.refusals.isEmpty)
        #expect(bench.node.topology.label.term == 6)
    }

    @Test func aWrongSecretIsRefusedInTheBaseProtocolsWords() {
        let bench = NodeBench()
        let connection = bench.newConnection()
        let effects = bench.handle(
            .received(connection, .authenticate(Authenticate(secret: Secret("wrong"), kind: .base))))
        #expect(effects.refusals.map(\.info) == ["the supplied secret is incorrect: wrong"])
        #expect(effects.closes(connection))
    }

    @Test func theNewerLinkOfANodeReplacesTheOlderOne() {
        // NATS and InspIRCd refuse a server that comes back before its old link was noticed to be dead.
        let bench = NodeBench()
        let old = bench.child(7)
        let new = bench.newConnection()
        let effects = bench.handle(.received(new, bench.newcomer(7, attempt: 2)))
        #expect(effects.closes(old))
        #expect(bench.node.links.map(\.connection) == [new])
    }

    @Test func anOlderAttemptThatArrivesLateDoesNotReplaceTheNewerLink() {
        let bench = NodeBench()
        let new = bench.newConnection()
        bench.handle(.received(new, bench.newcomer(7, attempt: 5)))
        let late = bench.newConnection()
        let effects = bench.handle(.received(late, bench.newcomer(7, attempt: 4)))
        #expect(effects.refusals.map(\.reason) == [.busy])
        #expect(bench.node.links.map(\.connection) == [new])
    }

    @Test func theEndOfAnOldLinkDoesNotTakeTheNewOneDown() {
        let bench = NodeBench()
        let old = bench.child(7)
        let new = bench.newConnection()
        bench.handle(.received(new, bench.newcomer(7, attempt: 2)))
        bench.handle(.closed(old))
        #expect(bench.node.links.map(\.connection) == [new])
    }

    @Test func anEarlierLifeOfAKnownNodeIsToldThatItIsSuperseded() {
        let bench = NodeBench()
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 2)))
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 1)))
        #expect(effects.refusals.map(\.reason) == [.superseded])
    }

    @Test func aNodeThatAsksItselfIsRefused() {
        let bench = NodeBench(id: 50)
        let itself = bench.newcomer(50, at: Address(host: "me", port: 50))
        let effects = bench.handle(.received(bench.newConnection(), itself))
        #expect(effects.refusals.map(\.reason) == [.loop])
    }

    @Test func aFullNodeNamesItsChildren() {
        let bench = NodeBench { $0.limits.children = 2 }
        _ = bench.child(7)
        _ = bench.child(8)
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(9)))
        #expect(effects.refusals.map(\.reason) == [.full])
        #expect(effects.refusals.first?.others.compactMap(\.node).sorted() == [NodeID(7), NodeID(8)])
    }

    @Test func aReplacingLinkKeepsItsPlaceAmongTheHeirs() {
        let bench = NodeBench()
        _ = bench.child(7)
        _ = bench.child(8)
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, attempt: 2)))
        #expect(bench.node.position(for: nil).heirs.compactMap(\.node) == [NodeID(7), NodeID(8)])
    }

    @Test func aNewLifeGoesLastAmongTheHeirs() {
        let bench = NodeBench()
        let first = bench.child(7)
        _ = bench.child(8)
        bench.handle(.closed(first))
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 2)))
        #expect(bench.node.position(for: nil).heirs.compactMap(\.node) == [NodeID(8), NodeID(7)])
    }

    @Test func aNodeThatAsksAsALeafTakesNobodyUntilItIsAnswered() {
        let bench = NodeBench(parent: Address(host: "p", port: 1))
        let dial = bench.wait(0)
        guard case .connect(let attempt, _, _)? = dial.first else {
            Issue.record("it has to dial its parent at once")
            return
        }
        let up = bench.newConnection()
        bench.handle(.connected(attempt, up))
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(9)))
        #expect(effects.refusals.map(\.reason) == [.busy])
        #expect(bench.node.children.isEmpty)
    }

    @Test func anAnswerThatCrossedALabelRaiseIsLookedAtAgain() {
        // The rule counts at the moment when the answer is in, by the label in the answer.
        let bench = NodeBench(id: 50)
        _ = bench.child(7)
        let rival = RootClaim(
            priority: 9, reign: 1, root: Contact(node: NodeID(90), address: Address(host: "r", port: 90)))
        let dial = bench.handle(
            .received(
                bench.newConnection(),
                .probe(
                    Probe(
                        secret: Secret("own"), sender: rival.root, label: bench.node.topology.label, claim: rival,
                        clock: .untold
                    ))))
        guard case .connect(let attempt, _, _)? = dial.last(where: { if case .connect = $0 { true } else { false } })
        else {
            Issue.record("a root that loses has to go under the winner")
            return
        }
        let up = bench.newConnection()
        bench.handle(.connected(attempt, up))
        let low = Label(term: 0, root: NodeID(10), depth: 0)
        let origin = Origin(node: NodeID(90), incarnation: Incarnation(1))
        let position = TreePosition(
            label: low, path: [Contact(node: NodeID(90), incarnation: Incarnation(1), address: rival.root.address)],
            heirs: [], siblings: [], uncles: [], claim: rival)
        let effects = bench.handle(
            .received(
                up,
                .authenticationSuccess(
                    Acceptance(
                        backup: nil, isRoot: true,
                        member: .init(
                            origin: origin, position: position, size: 1, clock: .untold, stored: VersionVector(),
                            safe: VersionVector())
                    ))))
        #expect(effects.closes(up))
        #expect(bench.node.parentLink == nil)
    }

    @Test func whoShowsTheEndOfTimeIsRefusedAndTheNodeGoesOn() {
        let bench = NodeBench()
        let clock = ClockReading(order: .causal, stamp: Stamp(1 << 62), time: nil)
        let refused = bench.handle(.received(bench.newConnection(), bench.newcomer(7, clock: clock))).refusals
        #expect(refused.map(\.reason) == [.clock])
        #expect(refused.first?.info.contains("s ahead of the other") == true)
        _ = bench.child(8)
    }
}
