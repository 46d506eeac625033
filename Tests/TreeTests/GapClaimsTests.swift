import Testing

@testable import Tree

/// What peers tell to be lost is held against what can be: a node is the authority on its own entries
/// (docs/protocol.md#retention).
@Suite struct GapClaimsTests {
    private func origin(_ id: UInt64) -> Origin { Origin(node: NodeID(id), incarnation: Incarnation(1)) }

    private func gap(_ id: UInt64, _ range: ClosedRange<UInt64>) -> Message {
        .gap(Log.Gap(origin: origin(id), from: range.lowerBound, through: range.upperBound), stamp: .zero)
    }

    private func entry(_ id: UInt64, _ sequence: UInt64) -> Message {
        .entry(
            Entry(
                origin: origin(id), sequence: sequence, stamp: Stamp(sequence),
                body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil))), hop: 0)
    }

    private func gaps(_ effects: [Effect], on connection: ConnectionID) -> [Log.Gap] {
        effects.sent(on: connection).compactMap { if case .gap(let gap, _) = $0 { gap } else { nil } }
    }

    @Test func aGapOfMoreEntriesThanANodeMakesIsNotBelievedAndItsOriginIsHeardOn() {
        let bench = NodeBench()
        let liar = bench.child(7)
        let effects = bench.handle(.received(liar, gap(9, 1...(1 << 62))))
        #expect(effects.closes(liar))
        #expect(bench.node.log.knownNumber(of: origin(9)) == nil, "what isn't believed leaves nothing behind")
        let honest = bench.child(9)
        bench.handle(.received(honest, entry(9, 1)))
        #expect(bench.node.log.count == 1)
    }

    @Test func aGapInWhatANeighbourHasNotMadeIsNotBelieved() {
        let bench = NodeBench()
        let (liar, maker) = (bench.child(7), bench.child(8))
        bench.handle(.received(maker, entry(8, 1)))
        #expect(!bench.handle(.received(liar, gap(8, 1...1))).closes(liar))
        #expect(bench.handle(.received(liar, gap(8, 2...(Limits.gapLead + 2)))).closes(liar))
        #expect(!bench.handle(.received(maker, entry(8, 2))).closes(maker))
        #expect(bench.node.log.count == 2)
    }

    @Test func aGapInWhatMayBeOnItsWayFromANeighbourIsToldToIt() {
        let bench = NodeBench()
        let (teller, maker) = (bench.child(7), bench.child(8))
        bench.handle(.received(maker, entry(8, 1)))
        let effects = bench.handle(.received(teller, gap(8, 2...5)))
        #expect(!effects.closes(teller))
        #expect(gaps(effects, on: maker) == [Log.Gap(origin: origin(8), from: 2, through: 5)])
    }

    @Test func aNeighbourTellsOfItsOwnGaps() {
        let bench = NodeBench()
        let maker = bench.child(8)
        #expect(!bench.handle(.received(maker, gap(8, 1...5))).closes(maker))
        bench.handle(.received(maker, entry(8, 6)))
        #expect(bench.node.log.count == 1)
    }

    /// Somebody far away may have believed a lie: it passes over what comes next of this node, whatever it is.
    @Test func aNodeOfWhichMoreIsBelievedThanItHasMadeGoesOnBehindIt() {
        let bench = NodeBench()
        let (deceived, other) = (bench.child(7), bench.child(8))
        _ = bench.say("before", on: bench.client())
        let effects = bench.handle(.received(deceived, gap(50, 2...9)))
        #expect(!effects.closes(deceived))
        #expect(
            effects.contains {
                if case .report(.ownNumbersTaken(_, count: 8)) = $0 { true } else { false }
            })
        #expect(gaps(effects, on: other) == [Log.Gap(origin: origin(50), from: 2, through: 9)])
        let said = bench.say("after", on: bench.client())
        #expect(said.forwards.map(\.0) == [deceived, other])
        #expect(bench.node.log.sequence(at: LogPosition(1)) == 10)
    }

    @Test func aLongGapIsToldInPiecesThatAreBelieved() {
        let bench = NodeBench { $0.limits.gapEntries = 4 }
        let teller = bench.child(7)
        for piece in [1...4, 5...8, 9...10] as [ClosedRange<UInt64>] {
            #expect(!bench.handle(.received(teller, gap(9, piece))).closes(teller))
        }
        let newcomer = bench.newConnection()
        let effects = bench.handle(.received(newcomer, bench.newcomer(8)))
        #expect(gaps(effects, on: newcomer).map(\.from) == [1, 5, 9])
        #expect(gaps(effects, on: newcomer).map(\.through) == [4, 8, 10])
        #expect(bench.handle(.received(teller, gap(9, 11...15))).closes(teller))
    }
}
