import Testing

@testable import Tree

/// Nodes of several versions (docs/protocol.md#versions).
@Suite struct WireVersionTests {
    private let later = WireVersions(oldest: 2, newest: 5)!

    @Test func aNodeWithoutACommonVersionIsRefusedAndTheLogSaysWhichOneToUpgrade() {
        let bench = NodeBench { $0.versions = WireVersions(oldest: 4, newest: 5)! }
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(7, versions: .first)))
        #expect(effects.refusals.map(\.reason) == [.version])
        #expect(effects.refusals[0].info.contains("upgrade the node that speaks version 1"))
        #expect(effects.contains { if case .report(.refusedNode) = $0 { true } else { false } })
        #expect(bench.node.children.isEmpty)
    }

    @Test(arguments: [(1, 1, false), (1, 4, true), (4, 9, true), (5, 5, true), (6, 9, false), (1, 3, false)])
    func oneVersionInCommonIsEnough(_ oldest: UInt16, _ newest: UInt16, _ isTaken: Bool) {
        let bench = NodeBench { $0.versions = WireVersions(oldest: 4, newest: 5)! }
        let versions = WireVersions(oldest: oldest, newest: newest)!
        bench.handle(.received(bench.newConnection(), bench.newcomer(7, versions: versions)))
        #expect(bench.node.children.count == (isTaken ? 1 : 0))
    }

    @Test func aParentWithoutACommonVersionIsLeft() throws {
        let parent = Address(host: "n", port: 1)
        let bench = NodeBench(parent: parent) { $0.versions = WireVersions(oldest: 4, newest: 5)! }
        let attempt = try #require(
            bench.wait(10).compactMap { if case .connect(let attempt, _, _) = $0 { attempt } else { nil } }.first)
        let connection = bench.newConnection()
        bench.handle(.connected(attempt, connection))
        let member = Acceptance.Member(
            origin: Origin(node: NodeID(1), incarnation: Incarnation(1)),
            position: TreePosition(
                label: Label(term: 3, root: NodeID(1), depth: 0),
                path: [Contact(node: NodeID(1), incarnation: Incarnation(1), address: parent)], heirs: [], siblings: [],
                uncles: [],
                claim: RootClaim(
                    priority: 0, reign: 5,
                    root: Contact(node: NodeID(1), incarnation: Incarnation(1), address: parent))), size: 1,
            clock: .untold, stored: VersionVector(), safe: VersionVector(), versions: .first)
        let effects = bench.handle(
            .received(connection, .authenticationSuccess(Acceptance(backup: nil, isRoot: true, member: member))))
        #expect(effects.closes(connection))
        #expect(bench.node.parentLink == nil)
    }

    @Test func whatANewerNodeSaysBeyondThisVersionIsSkipped() {
        let bench = NodeBench()
        let connection = bench.newConnection()
        bench.handle(.received(connection, bench.newcomer(7, versions: later)))
        let effects = bench.handle(.received(connection, .unknown(command: "OF_LATER")))
        #expect(!effects.contains { if case .report(.badFrame) = $0 { true } else { false } })
        #expect(effects.sent(on: connection).isEmpty)
        #expect(bench.node.children.count == 1)
    }

    @Test func anUnknownCommandFromANodeOfThisVersionIsReported() {
        let bench = NodeBench()
        let connection = bench.child(7)
        let effects = bench.handle(.received(connection, .unknown(command: "NONSENSE")))
        #expect(effects.contains { if case .report(.badFrame) = $0 { true } else { false } })
    }

    @Test func anUnknownCommandOfAClientIsAnsweredAndEndsTheConnection() {
        let bench = NodeBench()
        let client = bench.client()
        let effects = bench.handle(.received(client, .unknown(command: "NONSENSE")))
        #expect(effects.sent(on: client) == [.invalidMessage(info: "unknown message")])
        #expect(effects.closes(client))
    }
}
