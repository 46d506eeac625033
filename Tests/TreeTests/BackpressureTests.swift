import Testing

@testable import Tree

/// A link that takes less than comes (docs/protocol.md#holding-back).
@Suite struct `A slow link` {
    private let feeder = Origin(node: NodeID(7), incarnation: Incarnation(1))

    private func entry(_ sequence: UInt64) -> Message {
        let activity = Activity(sender: "x", text: Array(repeating: UInt8(ascii: "m"), count: 999), retry: nil)
        return .entry(
            Entry(origin: feeder, sequence: sequence, stamp: Stamp(sequence), body: .activity(activity)), hop: 0)
    }

    @Test func `holds back acknowledgements and clients until it has caught up, and nothing is dropped`() {
        let bench = NodeBench { $0.limits.retentionBytes = 100_000 }
        let (feeding, slow) = (bench.child(7), bench.child(8))
        let client = bench.client()
        bench.handle(.congested(slow))

        // A quarter of what the log may keep: until then all goes on.
        var sequence: UInt64 = 0
        for _ in 1...24 {
            sequence += 1
            let effects = bench.handle(.received(feeding, entry(sequence)))
            #expect(effects.sent(on: feeding).contains { if case .acknowledge = $0 { true } else { false } })
        }
        for _ in 1...40 {
            sequence += 1
            let effects = bench.handle(.received(feeding, entry(sequence)))
            if sequence > 25 { #expect(effects.sent(on: feeding).isEmpty) }
        }
        // A client's next message is taken; then it isn't read from.
        #expect(bench.say("hello", on: client).contains(.pause(client)))

        let effects = bench.handle(.drained(slow))
        #expect(effects.forwards.filter { $0.0 == slow }.count == Int(sequence) + 1)
        #expect(effects.sent(on: slow).allSatisfy { if case .gap = $0 { false } else { true } })
        #expect(effects.contains(.resume(client)) || bench.handle(.turnEnded).contains(.resume(client)))
        #expect(
            effects.sent(on: feeding).contains {
                if case .acknowledge(let counts) = $0 { counts.stored == sequence } else { false }
            })
    }

    @Test func `that still catches up with what was there before holds nobody up`() {
        let bench = NodeBench {
            $0.limits.retentionBytes = 100_000
            $0.limits.linkBurstBytes = 10_000
        }
        let client = bench.client()
        for _ in 1...60 { _ = bench.say(String(repeating: "m", count: 999), on: client) }
        let late = bench.newConnection()
        bench.handle(.received(late, bench.newcomer(9)))
        bench.handle(.congested(late))
        #expect(!bench.say("hello", on: client).contains(.pause(client)))
    }
}
