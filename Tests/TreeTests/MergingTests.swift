import Testing

@testable import Tree

/// How two trees become one (docs/protocol.md#merging).
@Suite struct MergingTests {
    private func contact(_ id: UInt64) -> Contact {
        Contact(
            node: NodeID(id), incarnation: Incarnation(1), address: Address(host: "n", port: UInt16(id)))
    }

    /// A root with one child, which knows twenty others outside of its tree.
    private func root() -> (bench: NodeBench, child: ConnectionID) {
        let bench = NodeBench { $0.remembered = (100..<120).map(contact) }
        return (bench, bench.child(70))
    }

    /// Says that another root rules for longer than this node.
    private func met(_ id: UInt64) -> Message {
        .met(RootClaim(priority: 0, reign: id, root: contact(id)))
    }

    private func dials(_ effects: [Effect]) -> [(attempt: AttemptID, port: UInt16)] {
        effects.compactMap {
            if case .connect(let attempt, let address, _) = $0 { (attempt, address.port) } else { nil }
        }
    }

    /// Has the root hear of the tree of root 1, which doesn't answer now.
    private func hearOfTheFirst(_ bench: NodeBench, by child: ConnectionID) throws {
        let dial = try #require(dials(bench.handle(.received(child, met(1)))).first)
        #expect(dial.port == 1)
        bench.wait(20)
        #expect(dials(bench.handle(.connectFailed(dial.attempt))).isEmpty)
    }

    @Test func aWinnerThatDidNotAnswerIsAskedFirstByTheNextProbe() throws {
        let (bench, child) = root()
        try hearOfTheFirst(bench, by: child)
        #expect(dials(bench.wait(3_000)).first?.port == 1)
    }

    @Test func aWinnerThatNeverConnectsIsAskedFirstByTheNextProbe() throws {
        let (bench, child) = root()
        let dial = try #require(dials(bench.handle(.received(child, met(1)))).first)
        #expect(dial.port == 1)
        bench.wait(1_001)
        #expect(dials(bench.wait(3_000)).first?.port == 1)
    }

    /// Where two nodes never reach each other, their trees become one by whoever reaches both.
    @Test func whereTheWinnerIsOutOfReachTheMemberThatToldOfItIsAsked() throws {
        let (bench, _) = root()
        let claim = RootClaim(priority: 0, reign: 1, root: contact(1))
        let probe = Probe(
            secret: Secret("own"), sender: contact(2), label: Label(term: 3, root: NodeID(1), depth: 1), claim: claim,
            clock: .untold)
        var open = dials(bench.handle(.received(bench.newConnection(), .probe(probe))))
        #expect(open.map(\.port) == [1])
        open = dials(bench.wait(60))
        #expect(open.map(\.port) == [2])
        let connection = bench.newConnection()
        let sent = bench.handle(.connected(open[0].attempt, connection)).sent(on: connection)
        #expect(sent.contains { if case .authenticate = $0 { true } else { false } })
    }

    @Test func whoComesUnderAnotherRootMeanwhileAsksTheFirstOneAllTheSame() throws {
        let (bench, child) = root()
        try hearOfTheFirst(bench, by: child)
        let dial = try #require(dials(bench.handle(.received(child, met(2)))).first)
        let up = bench.newConnection()
        bench.handle(.connected(dial.attempt, up))
        let position = TreePosition(
            label: Label(term: 9, root: NodeID(2), depth: 0), path: [contact(2)], heirs: [], siblings: [], uncles: [],
            claim: RootClaim(priority: 0, reign: 2, root: contact(2)))
        let member = Acceptance.Member(
            origin: contact(2).origin!, position: position, size: 1, clock: .untold, stored: VersionVector(),
            safe: VersionVector())
        let effects = bench.handle(
            .received(up, .authenticationSuccess(Acceptance(backup: nil, isRoot: true, member: member))))
        #expect(bench.node.parentLink != nil)

        // What the first one says goes up, to whoever rules now.
        let probe = try #require(dials(effects).first)
        #expect(probe.port == 1)
        let asked = bench.newConnection()
        bench.handle(.connected(probe.attempt, asked))
        let claim = RootClaim(priority: 0, reign: 1, root: contact(1))
        let answer = Probe(
            secret: nil, sender: contact(1), label: Label(term: 3, root: NodeID(1), depth: 0), claim: claim,
            clock: .untold)
        #expect(bench.handle(.received(asked, .probed(answer))).sent(on: up).contains(.met(claim)))
    }
}
