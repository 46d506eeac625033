import Testing

@testable import Tree

/// Links that end badly again and again (docs/protocol.md#links-that-break).
@Suite struct FailedLinksTests {
    private static let peer = Origin(node: NodeID(7), incarnation: Incarnation(1))
    private static let address = Address(host: "n", port: 7)
    private static let limits = Limits()

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    /// Faults that follow each other a second after the pause; the pauses.
    private func pauses(_ fault: FailedLinks.Fault, count: Int) -> [Int64] {
        var failed = FailedLinks()
        var random = RandomNumbers(seed: 1)
        var now = at(1000)
        return (0..<count).map { _ in
            _ = failed.failed(Self.peer, at: Self.address, fault, at: now, limits: Self.limits, random: &random)
            let pause = failed.pause(of: Self.peer, at: now, limits: Self.limits)?.left ?? .zero
            now = now + pause + .seconds(1)
            return Int64(pause.wholeMilliseconds)
        }
    }

    @Test func twoLinksThatBreakOffAreFreeAndFurtherOnesCostPausesThatGrowToTenSeconds() {
        let pauses = pauses(.cutShort, count: 12)
        #expect(pauses.prefix(2).allSatisfy { $0 == 0 })
        #expect((400...600).contains(pauses[2]))
        #expect(zip(pauses.dropFirst(2), pauses.dropFirst(3)).prefix(4).allSatisfy { $0 < $1 })
        #expect(pauses.suffix(4).allSatisfy { (8000...10_000).contains($0) })
    }

    @Test func aPeerWhoseWordCannotBeTrueThreeTimesInARowIsLeftAloneForAMinuteAndMore() {
        let pauses = pauses(.peerAtFault, count: 8)
        #expect(pauses.prefix(2).allSatisfy { $0 == 0 })
        #expect((48_000...72_000).contains(pauses[2]))
        #expect((96_000...144_000).contains(pauses[3]))
        #expect(pauses.suffix(2).allSatisfy { (480_000...600_000).contains($0) })
    }

    @Test func whoHadNoFaultForAMinuteBeginsAnewAndSoDoesAnotherLife() {
        var failed = FailedLinks()
        var random = RandomNumbers(seed: 1)
        for n in 0..<3 {
            _ = failed.failed(
                Self.peer, at: Self.address, .cutShort, at: at(Int64(n)), limits: Self.limits, random: &random)
        }
        #expect(failed.pause(of: Self.peer, at: at(10), limits: Self.limits) != nil)
        let next = Origin(node: NodeID(7), incarnation: Incarnation(2))
        #expect(failed.pause(of: next, at: at(10), limits: Self.limits) == nil)
        let known = Contact(node: NodeID(7), incarnation: Incarnation(1), address: Self.address)
        let restarted = Contact(node: NodeID(7), incarnation: Incarnation(2), address: Self.address)
        #expect(failed.isLeftAlone(known, at: at(10)))
        #expect(failed.isLeftAlone(Contact(address: Self.address), at: at(10)))
        #expect(!failed.isLeftAlone(restarted, at: at(10)))
        #expect(!failed.isLeftAlone(known, at: at(2000)))
        _ = failed.failed(Self.peer, at: Self.address, .cutShort, at: at(70_000), limits: Self.limits, random: &random)
        #expect(failed.pause(of: Self.peer, at: at(70_000), limits: Self.limits) == nil)
    }

    @Test func onlySoManyPeersAreRemembered() {
        var failed = FailedLinks()
        var random = RandomNumbers(seed: 1)
        for id in 0..<1000 {
            let origin = Origin(node: NodeID(UInt64(id)), incarnation: Incarnation(1))
            _ = failed.failed(origin, at: Self.address, .cutShort, at: at(0), limits: Self.limits, random: &random)
        }
        #expect(failed.count == Self.limits.failedPeers)
    }

    // MARK: In a node

    /// What was never sent is acknowledged.
    private static let lie = Message.acknowledge(Acknowledgement(stored: 4, safe: 0, confirmed: 0))

    @Test func aChildWhoseWordCannotBeTrueIsLeftAloneUntilItBeginsAnew() {
        let bench = NodeBench()
        var told = 0
        for _ in 0..<3 {
            let effects = bench.handle(.received(bench.child(7), Self.lie))
            told += effects.count { if case .report(.leftAlone(_, _, faults: 3)) = $0 { true } else { false } }
        }
        #expect(told == 1)
        #expect(bench.node.status.counts.brokenStreams == 3)
        let refused = bench.handle(.received(bench.newConnection(), bench.newcomer(7)))
        #expect(refused.refusals.map(\.reason) == [.history])
        let next = bench.handle(.received(bench.newConnection(), bench.newcomer(7, incarnation: 2)))
        #expect(next.refusals.isEmpty)
        #expect(bench.handle(.received(bench.newConnection(), bench.newcomer(8))).refusals.isEmpty)
        // Nobody is left alone for ever.
        bench.wait(80_000)
        #expect(bench.handle(.received(bench.newConnection(), bench.newcomer(7))).refusals.isEmpty)
    }

    @Test func aChildThatClosesItsLinksAtOnceHasToWaitAMoment() {
        let bench = NodeBench()
        for _ in 0..<3 { bench.handle(.closed(bench.child(7))) }
        let refused = bench.handle(.received(bench.newConnection(), bench.newcomer(7)))
        #expect(refused.refusals.map(\.reason) == [.busy])
        bench.wait(700)
        #expect(bench.handle(.received(bench.newConnection(), bench.newcomer(7))).refusals.isEmpty)
    }

    @Test func aLinkThatStoodForAWhileIsNoFault() {
        let bench = NodeBench { $0.limits.silence = .seconds(100) }
        for _ in 0..<5 {
            let child = bench.child(7)
            bench.wait(1500)
            bench.handle(.closed(child))
        }
        #expect(bench.handle(.received(bench.newConnection(), bench.newcomer(7))).refusals.isEmpty)
    }

    /// A node has one address to go to, and what comes from there can't be true: it goes on without.
    @Test func aParentWhoseWordCannotBeTrueIsNotAskedAgainAtOnce() {
        let root = Contact(node: NodeID(1), incarnation: Incarnation(1), address: Address(host: "n", port: 1))
        let position = TreePosition(
            label: Label(term: 3, root: NodeID(1), depth: 0), path: [root], heirs: [], siblings: [], uncles: [],
            claim: RootClaim(priority: 0, reign: 1, root: root))
        let acceptance = Acceptance(
            backup: nil, isRoot: true,
            member: .init(
                origin: root.origin!, position: position, size: 2, clock: .untold, stored: VersionVector(),
                safe: VersionVector()))
        let bench = NodeBench(parent: root.address)
        var links = 0
        var effects = bench.wait(0)
        for _ in 0..<20_000 {
            var next: [Effect] = []
            for case .connect(let attempt, _, _) in effects {
                let up = bench.newConnection()
                next += bench.handle(.connected(attempt, up))
                let asked = next.sent(on: up)
                if asked.contains(where: { if case .authenticate = $0 { true } else { false } }) {
                    links += 1
                    next += bench.handle(.received(up, .authenticationSuccess(acceptance)))
                    next += bench.handle(.received(up, Self.lie))
                } else {
                    // A probe.
                    next += bench.handle(.closed(up))
                }
            }
            effects = next + bench.wait(1)
        }
        #expect(links == 3)
        guard case .root = bench.node.topology.standing else {
            Issue.record("it serves its clients alone: \(bench.node.topology.standing)")
            return
        }
    }
}
