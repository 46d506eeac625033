import Testing

@testable import Tree

/// Where a node stands in the tree (docs/protocol.md#labels).
@Suite struct TopologyTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func contact(_ id: UInt64) -> Contact {
        Contact(node: NodeID(id), incarnation: Incarnation(1), address: Address(host: "n", port: UInt16(id)))
    }

    /// Node 50.
    private func topology(parent: Address? = nil) -> Topology {
        let configuration = Configuration(
            origin: Origin(node: NodeID(50), incarnation: Incarnation(1)), address: Address(host: "me", port: 50),
            ownSecret: Secret("own"), parentSecret: Secret("own"), parent: parent, randomSeed: 1,
            digest: { _ in SecretDigest(high: 0, low: 0) })
        return Topology(configuration: configuration, at: start)
    }

    private func position(
        term: UInt64 = 3, depth: UInt32 = 0, path: [UInt64] = [1], heirs: [UInt64] = []
    ) -> TreePosition {
        TreePosition(
            label: Label(term: term, root: NodeID(path.last ?? 1), depth: depth), path: path.map(contact),
            heirs: heirs.map(contact), siblings: [], uncles: [],
            claim: RootClaim(priority: 0, reign: 1, root: contact(path.last ?? 1)))
    }

    private func link(to id: UInt64) -> Link {
        Link(
            connection: ConnectionID(id), serial: 1, role: .parent, kind: .node(contact(id).origin!),
            attempt: AttemptID(1), contact: contact(id), size: 1, at: start)
    }

    /// Node 50 under root 1, or under what a position names.
    private func attached(at position: TreePosition? = nil) -> Topology {
        var topology = topology()
        let position = position ?? self.position()
        topology.attached(to: link(to: 1), at: position)
        topology.deadpool.learn(position, at: start)
        return topology
    }

    private func isRoot(_ topology: Topology) -> Bool {
        if case .root = topology.standing { true } else { false }
    }

    private func isOrphan(_ topology: Topology) -> Bool {
        if case .orphan = topology.standing { true } else { false }
    }

    // MARK: Ruling

    @Test func aNodeWithoutAConfiguredParentRulesAndOneWithAParentSearches() {
        #expect(isRoot(topology()))
        #expect(topology().search == nil)
        let joining = topology(parent: Address(host: "n", port: 1))
        #expect(!isRoot(joining))
        #expect(joining.search?.isDialDue(at: start, limits: limits) == true)
    }

    @Test func promotionRaisesTheLabelAboveTheLostOne() {
        var topology = attached()
        topology.lostParent()
        #expect(isOrphan(topology) && topology.path.isEmpty)
        topology.promoted(at: 77)
        #expect(isRoot(topology))
        #expect(topology.label == Label(term: 4, root: NodeID(50), depth: 0))
        #expect(topology.reign == 77)
    }

    @Test func aReignBeginsWithTheFirstChildAndStaysAsItIs() {
        var topology = topology()
        #expect(topology.reign == nil)
        topology.tookChild(at: 5)
        topology.tookChild(at: 6)
        #expect(topology.reign == 5)
        topology.attached(to: link(to: 1), at: position())
        #expect(topology.reign == nil)
        topology.tookChild(at: 7)
        #expect(topology.reign == nil, "a node with a parent doesn't rule")
    }

    @Test func aRootRaisesItsLabelForOthersAtMostOnceASecond() {
        var topology = topology()
        var terms: [UInt64] = []
        for milliseconds in [0, 999, 1000] {
            topology.raiseLabelForOthers(
                above: topology.label.term + 5, at: start + .milliseconds(milliseconds), limits: limits)
            terms.append(topology.label.term)
        }
        #expect(terms == [6, 6, 12])
        topology.raiseLabelForOthers(above: 11, at: start + .seconds(9), limits: limits)
        #expect(topology.label.term == 12, "the label is above that already")
    }

    @Test func theHeirOfALeavingRootRulesAboveTheTermThatItIsTold() {
        var topology = attached()
        topology.parentHandedOver(term: 9)
        #expect(topology.parent == nil)
        topology.promoted(at: 1)
        #expect(topology.label == Label(term: 10, root: NodeID(50), depth: 0))
    }

    // MARK: The parent

    @Test func aChildStandsBelowItsParent() {
        let topology = attached(at: position(depth: 2, path: [3, 2, 1]))
        #expect(topology.label == Label(term: 3, root: NodeID(1), depth: 3))
        #expect(topology.path.map(\.node) == [NodeID(3), NodeID(2), NodeID(1)])
        #expect(topology.parent != nil && !topology.isBelowRoot)
        #expect(attached().isBelowRoot)
    }

    @Test func aParentThatMovesTakesThisNodeAlong() {
        var topology = attached()
        topology.positionTold()
        #expect(
            topology.parentMoved(
                to: position(term: 4, depth: 1, path: [1, 9]), at: start, limits: limits, mutation: nil) == nil)
        #expect(topology.label == Label(term: 4, root: NodeID(9), depth: 2))
        #expect(topology.path.map(\.node) == [NodeID(1), NodeID(9)])
        #expect(topology.positionChanged)
    }

    @Test(
        arguments: [
            (4, 1, [1, 50], Topology.ParentFault.loop), (4, 64, [1, 9], .tooDeep), (2, 0, [1], .labelWentBack),
        ] as [(UInt64, UInt32, [UInt64], Topology.ParentFault)])
    func aParentThatBreaksARuleIsLeftAndChangesNothing(
        term: UInt64, depth: UInt32, path: [UInt64], fault: Topology.ParentFault
    ) {
        var topology = attached()
        let told = position(term: term, depth: depth, path: path)
        #expect(topology.parentMoved(to: told, at: start, limits: limits, mutation: nil) == fault)
        #expect(topology.label == Label(term: 3, root: NodeID(1), depth: 1))
        #expect(topology.path.map(\.node) == [NodeID(1)])
    }

    @Test func anEarlierLifeOfThisNodeOnThePathIsNoLoop() {
        var topology = attached()
        var told = position(term: 4, depth: 1, path: [1, 50])
        told.path[1].incarnation = Incarnation(0)
        #expect(topology.parentMoved(to: told, at: start, limits: limits, mutation: nil) == nil)
    }

    @Test func aHeartbeatRaisesTheLabelAndNeverLowersIt() {
        var topology = attached()
        topology.positionTold()
        #expect(topology.parentShowed(Label(term: 3, root: NodeID(1), depth: 0), mutation: nil) == nil)
        #expect(!topology.positionChanged)
        #expect(topology.parentShowed(Label(term: 5, root: NodeID(1), depth: 0), mutation: nil) == nil)
        #expect(topology.label.term == 5 && topology.positionChanged)
        #expect(topology.parentShowed(Label(term: 4, root: NodeID(1), depth: 0), mutation: nil) == .labelWentBack)
        #expect(topology.label.term == 5)
    }

    // MARK: Heirs

    @Test func theRankOfAnHeirCountsTheEldersThatAreNotBelowIt() {
        let topology = attached(at: position(heirs: [60, 61, 50]))
        #expect(topology.rankAmongHeirs { _ in false } == 2)
        #expect(topology.rankAmongHeirs { $0 == NodeID(61) } == 1)
        #expect(attached(at: position(heirs: [60])).rankAmongHeirs { _ in true } == nil)
    }

    @Test func aBranchThatHasLostTheRootWaitsForTheEldersOfItsTop() {
        var topology = attached(at: position(heirs: [60, 50, 61]))
        #expect(!topology.isWaitingFor(elder: NodeID(60)) { _ in false }, "the root is there")
        topology.lostParent()
        #expect(topology.isWaitingFor(elder: NodeID(60)) { _ in false })
        #expect(!topology.isWaitingFor(elder: NodeID(61)) { _ in false })
    }

    // MARK: The search

    @Test func aSearchEndsOnce() {
        var topology = topology()
        topology.beginSearch(.merging(under: contact(1)), candidates: [contact(1)], at: start)
        #expect(topology.search?.isMerging == true)
        #expect(topology.endSearch()?.isMerging == true)
        #expect(topology.search == nil && topology.endSearch() == nil)
    }
}
