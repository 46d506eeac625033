import Testing

@testable import Tree

/// What a node that leaves says of its links (docs/protocol.md#leaving): nothing, for it closes them itself.
@Suite struct LeavingTests {
    private let parent = Contact(
        node: NodeID(7), incarnation: Incarnation(1), address: Address(host: "p", port: 1))

    private func losses(_ effects: [Effect]) -> [Notice] {
        effects.compactMap {
            switch $0 {
            case .report(let notice):
                switch notice {
                case .parentLost, .childLost, .baseServerLost: notice
                default: nil
                }
            default: nil
            }
        }
    }

    private func isStopped(_ effects: [Effect]) -> Bool {
        effects.contains { if case .stop(.drained) = $0 { true } else { false } }
    }

    /// A node below a parent, and the parent's connection.
    private func attached() throws -> (NodeBench, ConnectionID) {
        let bench = NodeBench(parent: parent.address)
        let dialled = bench.wait(10) + bench.handle(.timePassed)
        let attempt = try #require(
            dialled.lazy.compactMap { if case .connect(let attempt, _, _) = $0 { attempt } else { nil } }.first)
        let up = bench.newConnection()
        bench.handle(.connected(attempt, up))
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let label = Label(term: 1, root: origin.node, depth: 0)
        let member = Acceptance.Member(
            origin: origin,
            position: TreePosition(
                label: label, path: [parent], heirs: [], siblings: [], uncles: [],
                claim: RootClaim(priority: 0, reign: 5, root: parent)),
            size: 2, clock: .untold, stored: VersionVector(), safe: VersionVector())
        bench.handle(.received(up, .authenticationSuccess(Acceptance(backup: nil, isRoot: true, member: member))))
        bench.handle(.received(up, .synchronised))
        try #require(bench.node.parentLink != nil)
        return (bench, up)
    }

    @Test func aNodeThatLeavesDoesNotSayThatItLosesItsParent() throws {
        let (bench, up) = try attached()
        let effects = bench.handle(.drainRequested) + bench.wait(6000)
        #expect(isStopped(effects) && effects.closes(up))
        #expect(losses(effects).isEmpty, "\(losses(effects))")
    }

    @Test func childrenThatItHasSentOnAreNotLost() throws {
        let (bench, _) = try attached()
        let child = bench.child(1)
        var effects = bench.handle(.drainRequested)
        #expect(effects.sent(on: child).contains { if case .leaving = $0 { true } else { false } })
        effects += bench.handle(.closed(child)) + bench.wait(6000)
        #expect(isStopped(effects))
        #expect(losses(effects).isEmpty, "\(losses(effects))")
    }

    @Test func aRootThatHandsOverDoesNotLoseItsHeir() {
        let bench = NodeBench()
        let heir = bench.child(1)
        var effects = bench.handle(.drainRequested)
        effects += bench.handle(.closed(heir)) + bench.wait(6000)
        #expect(isStopped(effects))
        #expect(losses(effects).isEmpty, "\(losses(effects))")
    }

    @Test func aParentThatFailsMeanwhileIsStillNews() throws {
        let (bench, up) = try attached()
        // It waits for its child to go.
        _ = bench.child(1)
        bench.handle(.drainRequested)
        let effects = bench.handle(.closed(up))
        #expect(losses(effects) == [.parentLost(parent, why: .closed)])
    }

    @Test func aNodeThatStaysTellsOfBoth() throws {
        let (bench, up) = try attached()
        let child = bench.child(1)
        #expect(losses(bench.handle(.closed(child))).count == 1)
        #expect(losses(bench.handle(.closed(up))).count == 1)
    }
}
