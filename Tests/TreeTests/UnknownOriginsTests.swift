import Testing

@testable import Tree

/// What neighbours say of origins of which nothing has come here (docs/protocol.md#synchronising).
@Suite struct UnknownOriginsTests {
    private func origin(_ id: UInt64) -> Origin { Origin(node: NodeID(id), incarnation: Incarnation(1)) }

    private func vector(_ ids: some Sequence<UInt64>, sequence: UInt64 = 3) -> VersionVector {
        VersionVector(ids.map { .init(origin: origin($0), sequence: sequence) })
    }

    private func entry(_ id: UInt64, _ sequence: UInt64) -> Message {
        .entry(
            Entry(
                origin: origin(id), sequence: sequence, stamp: Stamp(sequence),
                body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil))), hop: 0)
    }

    private func child(_ bench: NodeBench, _ id: UInt64, stored: VersionVector) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.received(connection, bench.newcomer(id, stored: stored)))
        bench.handle(.received(connection, .synchronised))
        return connection
    }

    @Test func whatAPeerSaysOfInventedOriginsGoesWithItsLink() {
        let bench = NodeBench()
        let liar = child(bench, 7, stored: vector(1000..<2000))
        bench.handle(.received(liar, .stable(vector(2000..<3000), isWhole: true)))
        bench.handle(.received(liar, .stable(vector(3000..<4000), isWhole: false)))
        #expect(bench.node.links[liar]?.unknown.count == 3000)
        // What it has, and has sent, would have come.
        #expect(bench.handle(.received(liar, .vectors(stored: vector(4000..<5000), safe: vector([])))).closes(liar))
        // An entry of one that nobody knows, and that would leave a hole.
        let other = bench.child(8)
        #expect(bench.handle(.received(other, entry(9, 2))).closes(other))
        #expect(bench.node.log.origins.origins == [bench.node.origin])
    }

    @Test func onlySoManyAreKeptOnALink() {
        let bench = NodeBench { $0.limits.unknownOrigins = 10 }
        let liar = child(bench, 7, stored: vector(1000..<2000))
        bench.handle(.received(liar, .stable(vector(2000..<3000), isWhole: true)))
        #expect(bench.node.links[liar]?.unknown.count == 10)
    }

    @Test func whatANeighbourHasCountsOnceSomethingComesOfTheOrigin() {
        let bench = NodeBench()
        let (has, brings) = (child(bench, 7, stored: vector([9])), bench.child(8))
        for sequence in 1...3 as ClosedRange<UInt64> {
            let effects = bench.handle(.received(brings, entry(9, sequence)))
            #expect(effects.forwards.isEmpty, "the neighbour has it")
        }
        #expect(bench.handle(.received(brings, entry(9, 4))).forwards.map(\.0) == [has])
        #expect(bench.node.links[has]?.unknown.count == 0)
    }

    @Test func whatABranchHoldsCountsOnceSomethingComesOfTheOrigin() throws {
        let bench = NodeBench()
        let (early, brings) = (bench.child(7), bench.child(8))
        bench.handle(.received(early, .stable(vector([9], sequence: 1), isWhole: false)))
        bench.handle(.received(brings, entry(9, 1)))
        bench.handle(.received(brings, .stable(vector([9], sequence: 1), isWhole: false)))
        bench.wait(1500)
        let number = try #require(bench.node.log.knownNumber(of: origin(9)))
        #expect(bench.node.retention.heldByAll[number] == 1)
    }

    @Test func whatIsSaidToBeSafeCountsOnceItComesFromElsewhere() {
        let bench = NodeBench { $0.replicas = 3 }
        let knows = bench.newConnection()
        bench.handle(.received(knows, bench.newcomer(7, stored: vector([9], sequence: 1))))
        bench.handle(.received(knows, .synchronised))
        bench.node.links[knows]?.unknown.claimed(origin(9), safe: 1, limit: 1)
        for id in 11...13 as ClosedRange<UInt64> { _ = bench.child(id) }
        let brings = bench.child(8)
        bench.handle(.received(brings, entry(9, 1)))
        #expect(bench.node.log.safe == bench.node.log.stored)
    }
}
