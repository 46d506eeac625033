import Testing

@testable import Tree

/// How long entries stay (docs/protocol.md#retention).
@Suite struct KeepingEntriesTests {
    @Test func aBurstIsNotKeptUntilTheNextSecond() {
        let bench = NodeBench {
            $0.limits.retentionBytes = 100_000
            $0.limits.retentionSlackBytes = 50_000
        }
        let feeding = bench.child(7)
        let feeder = Origin(node: NodeID(7), incarnation: Incarnation(1))
        var greatest = 0
        for sequence in UInt64(1)...2_000 {
            let activity = Activity(sender: "x", text: Array(repeating: UInt8(ascii: "m"), count: 999), retry: nil)
            let entry = Entry(
                origin: feeder, sequence: sequence, stamp: Stamp(sequence), body: .activity(activity))
            bench.handle(.received(feeding, .entry(entry, hop: 0)))
            greatest = max(greatest, bench.node.log.bytes)
        }
        // Room is given back by whole segments.
        #expect(greatest <= 150_000 + 2 * Segments.capacityBytes)
    }
}
