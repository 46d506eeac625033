import Testing
import Tree

@testable import Clock

@Suite("Shares of the stamps")
struct StampSharesTests {
    private static let noon: UInt64 = 1_800_000_000_000
    private static let batch = 1 << 18

    /// Two strangers ask for all that a question may have, 20,000 times a second together, and a node for a few.
    private func flood(seconds: Int, node: String, strangers: (Int) -> (UInt64, String)) -> Bench {
        var bench = Bench(wall: Self.noon)
        bench.write()
        for millisecond in 0..<(seconds * 1000) {
            for n in 0..<20 {
                let (connection, host) = strangers(millisecond * 20 + n)
                bench.ask(connection, count: Self.batch, from: host)
                bench.write()
            }
            if millisecond % 10 == 0 { bench.ask(1, count: 100, from: node) }
            bench.write()
            bench.wall += 1
            bench.uptime += 1
        }
        return bench
    }

    @Test("two strangers who ask for all stamps in a loop leave a node what it needs, and the stamps near the time")
    func twoStrangers() {
        let bench = flood(seconds: 4, node: "node") { n in n % 2 == 0 ? (2, "one") : (3, "other") }
        #expect(!bench.refusals.contains { $0.asker.value == 1 })
        #expect(bench.answers.filter { $0.asker.value == 1 }.count == 400)
        #expect(bench.source.next.milliseconds < bench.wall + 2500)
        #expect(bench.refusals.contains { $0.asker.value == 2 } && bench.refusals.contains { $0.asker.value == 3 })
    }

    @Test("who comes back on a new connection each time takes from its address, and leaves small questions theirs")
    func newConnections() {
        // All come from one address, as behind a tunnel.
        let bench = flood(seconds: 4, node: "tunnel") { n in (UInt64(10 + n), "tunnel") }
        #expect(!bench.refusals.contains { $0.asker.value == 1 })
        #expect(bench.source.next.milliseconds < bench.wall + 2500)
    }

    @Test("who pulls the stamps along by what it has seen, to the end of what is allowed, stops nobody")
    func pullingAlong() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        for _ in 0..<3000 {
            let last = Stamp(milliseconds: bench.wall + 10_000).value + UInt64(Self.batch) - 2
            bench.ask(2, seen: Stamp(last), from: "stranger")
            bench.write()
            bench.ask(1, count: 100, from: "node")
            bench.write()
            bench.wall += 1
            bench.uptime += 1
        }
        // The first pull is free, and takes the last millisecond: the node misses that one.
        let refused = bench.refusals.filter { $0.asker.value == 1 }.count
        #expect(refused <= 1, "\(refused) of 3000")
    }

    @Test("an asker alone gets all that time brings, without a share")
    func alone() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        for _ in 0..<3000 {
            bench.ask(count: Self.batch, from: "node")
            bench.write()
            bench.wall += 1
            bench.uptime += 1
        }
        #expect(bench.refusals.isEmpty)
    }

    @Test("an asker that never comes back is forgotten after two windows")
    func forgotten() {
        var shares = StampShares(limits: ClockLimits())
        func at(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
        shares.advance(to: at(1))
        for n in 0..<100 { shares.take(1, by: ConnectionID(UInt64(n)), at: "host \(n)") }
        #expect(shares.remembered == 100)
        shares.advance(to: at(2))
        #expect(shares.remembered == 100)
        #expect(shares.share(of: ConnectionID(1), at: "host 1") == ClockLimits().sharedStamps / 100)
        shares.advance(to: at(3))
        #expect(shares.remembered == 0)
        #expect(shares.share(of: ConnectionID(1), at: "host 1") == ClockLimits().sharedStamps)
    }

    @Test("only so many askers are counted, and beyond that small questions are still allowed")
    func counted() {
        var limits = ClockLimits()
        limits.askersCounted = 10
        var shares = StampShares(limits: limits)
        for n in 0..<1000 { shares.take(1, by: ConnectionID(UInt64(n)), at: "host \(n)") }
        #expect(shares.remembered == 10)
        #expect(shares.allow(100, to: ConnectionID(5000), at: "node"))
    }
}
