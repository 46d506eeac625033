import Testing

@testable import Tree

/// Neighbours that live, and do nothing of what others wait for (docs/protocol.md#stuck-links).
@Suite struct StuckLinksTests {
    private func heartbeat(_ id: UInt64, waits: UInt32 = 0) -> Message {
        .heartbeat(Heartbeat(label: Label(term: 0, root: NodeID(id), depth: 0), size: 1, waits: waits))
    }

    private func acknowledge(_ stored: UInt64, carried: UInt64? = nil) -> Message {
        .acknowledge(Acknowledgement(stored: stored, safe: 0, confirmed: 0, carried: carried))
    }

    /// Lets seconds pass in which neighbours send signs of life.
    ///
    /// - Returns: after how many seconds one of them was found to be stuck, and which; nil for never.
    private func stuck(
        _ bench: NodeBench, _ neighbours: [(UInt64, ConnectionID)], waits: UInt32 = 0, within seconds: Int,
        each second: (Int) -> Void = { _ in }
    ) -> (seconds: Int, address: Address)? {
        for passed in 1...seconds {
            var effects = bench.wait(1000)
            for (id, connection) in neighbours {
                effects += bench.handle(.received(connection, heartbeat(id, waits: waits)))
            }
            for case .report(.stuck(let contact, _)) in effects { return (passed, contact.address) }
            second(passed)
        }
        return nil
    }

    @Test func whoAcknowledgesNothingIsDroppedAfterTenSecondsAndClientsAreShownWhatWaited() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        _ = bench.say("hello", on: bench.client())
        #expect(bench.node.log.safe < bench.node.log.stored)
        let outcome = stuck(bench, [(7, child)], within: 30)
        let found = try #require(outcome)
        #expect((10...12).contains(found.seconds))
        #expect(bench.node.status.counts.stuckLinks == 1)
        bench.wait(1000)
        #expect(bench.node.log.safe == bench.node.log.stored)
    }

    @Test func aSlowLinkOnWhichSomethingMovesIsKept() {
        let bench = NodeBench()
        let child = bench.child(7)
        let client = bench.client()
        for _ in 0..<20 { _ = bench.say("hello", on: client) }
        let found = stuck(bench, [(7, child)], within: 120) { second in
            if second % 8 == 0 { bench.handle(.received(child, acknowledge(UInt64(second / 8)))) }
        }
        #expect(found == nil)
    }

    @Test func whoOwesNothingIsKept() {
        let bench = NodeBench()
        let child = bench.child(7)
        _ = bench.say("hello", on: bench.client())
        bench.handle(.received(child, acknowledge(1)))
        let outcome = stuck(bench, [(7, child)], within: 60)
        #expect(outcome == nil)
    }

    /// Everybody waits for what the nodes behind it have, too; and it waits for one of them.
    @Test func whoWaitsForSomebodyElseIsDroppedLaterThanThatOneIsByItsNeighbours() throws {
        for (waits, least) in [(UInt32(0), 10), (1, 13), (2, 16)] {
            let bench = NodeBench()
            let (child, other) = (bench.child(7), bench.child(8))
            _ = bench.say("hello", on: bench.client())
            bench.handle(.received(child, acknowledge(1, carried: 0)))
            bench.handle(.received(other, acknowledge(1)))
            let outcome = stuck(bench, [(7, child), (8, other)], waits: waits, within: 30)
            let found = try #require(outcome)
            #expect(found.address.port == 7)
            #expect((least...least + 2).contains(found.seconds))
        }
    }

    @Test func neighboursAreToldHowFarAwayWhoeverIsWaitedForIs() {
        let bench = NodeBench()
        let (child, other) = (bench.child(7), bench.child(8))
        _ = bench.say("hello", on: bench.client())
        bench.handle(.received(other, acknowledge(1)))
        func told(_ effects: [Effect], _ connection: ConnectionID) -> UInt32? {
            effects.sent(on: connection).compactMap {
                if case .heartbeat(let heartbeat) = $0 { heartbeat.waits } else { nil }
            }.last
        }
        #expect(told(bench.wait(1100), other) == 0)
        bench.handle(.received(child, heartbeat(7, waits: 4)))
        bench.handle(.received(other, heartbeat(8)))
        bench.wait(2000)
        bench.handle(.received(child, heartbeat(7, waits: 4)))
        bench.handle(.received(other, heartbeat(8)))
        let effects = bench.wait(1000)
        #expect(told(effects, other) == 5)
        #expect(told(effects, child) == 0)
    }

    @Test func inTotalOrderWhoPromisesNothingIsDroppedAndTheOthersAreShownWhatWaited() throws {
        let bench = NodeBench {
            $0.order = .total
            $0.replicas = 0
        }
        func child(_ id: UInt64) -> ConnectionID {
            let connection = bench.newConnection()
            let reading = ClockReading(order: .total, stamp: .zero, time: nil)
            bench.handle(.received(connection, bench.newcomer(id, clock: reading)))
            bench.handle(.received(connection, .synchronised))
            bench.handle(.received(connection, .watermark(Stamp(milliseconds: 1000))))
            return connection
        }
        let (mute, honest) = (child(7), child(8))
        _ = bench.say("hello", on: bench.client())
        for connection in [mute, honest] { bench.handle(.received(connection, acknowledge(1))) }
        bench.handle(.received(honest, .watermark(Stamp(milliseconds: bench.milliseconds + 1000))))
        #expect(bench.node.readableEnd == bench.node.readableStart)
        let outcome = stuck(bench, [(7, mute), (8, honest)], within: 30)
        let found = try #require(outcome)
        #expect(found.address.port == 7)
        // The grace for lost branches comes on top.
        #expect((12...14).contains(found.seconds))
        bench.wait(1500)
        #expect(bench.node.readableEnd > bench.node.readableStart)
    }

    /// A neighbour of three nodes stores what it is sent, and never says that the nodes behind it do.
    @Test func whoNeverSaysThatAnythingIsSafeIsDroppedWhereMoreThanTwoHaveToHoldIt() throws {
        let bench = NodeBench { $0.replicas = 2 }
        let child = bench.child(7)
        func live() {
            let label = Label(term: 0, root: NodeID(7), depth: 0)
            bench.handle(.received(child, .heartbeat(Heartbeat(label: label, size: 3))))
        }
        live()
        _ = bench.say("hello", on: bench.client())
        bench.handle(.received(child, acknowledge(1)))
        #expect(bench.node.log.safe < bench.node.log.stored)
        var dropped: Int?
        for second in 1...30 where dropped == nil {
            if bench.wait(1000).closes(child) { dropped = second }
            if dropped == nil { live() }
        }
        #expect((10...12).contains(try #require(dropped)))
        #expect(bench.node.status.counts.stuckLinks == 1)
        bench.wait(1000)
        #expect(bench.node.log.safe == bench.node.log.stored, "nobody else is there")
    }

    /// The others wait for it as if it were still stuck: they must not drop whoever has dropped it.
    @Test func whoWaitsForABranchThatWasJustDroppedSaysSo() {
        let bench = NodeBench { $0.order = .total }
        func child(_ id: UInt64) -> ConnectionID {
            let connection = bench.newConnection()
            let reading = ClockReading(order: .total, stamp: .zero, time: nil)
            bench.handle(.received(connection, bench.newcomer(id, clock: reading)))
            bench.handle(.received(connection, .synchronised))
            bench.handle(.received(connection, .watermark(Stamp(milliseconds: 1000))))
            return connection
        }
        let (mute, other) = (child(7), child(8))
        func told() -> UInt32? {
            bench.handle(.received(other, heartbeat(8)))
            return bench.wait(300).sent(on: other).compactMap {
                if case .heartbeat(let heartbeat) = $0 { heartbeat.waits } else { nil }
            }.last
        }
        bench.wait(1000)
        #expect(bench.handle(.standsStill(mute)).closes(mute))
        let reading = ClockReading(order: .total, stamp: .zero, time: nil)
        let again = bench.handle(.received(bench.newConnection(), bench.newcomer(7, clock: reading)))
        #expect(again.refusals.map(\.reason) == [.busy], "it would be waited for once more")
        var heard: [UInt32] = []
        for _ in 0..<4 { if let waits = told() { heard.append(waits) } }
        #expect(heard.contains(1))
        bench.wait(2000)
        bench.handle(.received(other, heartbeat(8)))
        heard = []
        for _ in 0..<4 { if let waits = told() { heard.append(waits) } }
        #expect(!heard.isEmpty && heard.allSatisfy { $0 == 0 })
    }

    @Test func aNodeThatWasStoppedItselfReadsFirst() {
        let bench = NodeBench { $0.limits.silence = .seconds(100) }
        let child = bench.child(7)
        _ = bench.say("hello", on: bench.client())
        bench.wait(1000)
        bench.sleep(250_000)
        #expect(!bench.handle(.timePassed).closes(child))
        bench.handle(.received(child, acknowledge(1)))
        let outcome = stuck(bench, [(7, child)], within: 20)
        #expect(outcome == nil)
    }

    @Test func whoTakesNoByteIsDropped() {
        let bench = NodeBench()
        let child = bench.child(7)
        let effects = bench.handle(.standsStill(child))
        #expect(effects.closes(child))
        #expect(bench.node.status.counts.stuckLinks == 1)
    }

    /// It comes back at once, and is stuck again.
    @Test func whoIsStuckAgainAndAgainIsLeftAlone() {
        let bench = NodeBench()
        for _ in 0..<3 { bench.handle(.standsStill(bench.child(7))) }
        let refused = bench.handle(.received(bench.newConnection(), bench.newcomer(7)))
        #expect(refused.refusals.map(\.reason) == [.history])
    }

    @Test func aNodeThatGivesSilenceMoreTimeGivesMoreToThis() throws {
        let bench = NodeBench { $0.limits.silence = .seconds(20) }
        let child = bench.child(7)
        _ = bench.say("hello", on: bench.client())
        let outcome = stuck(bench, [(7, child)], within: 60)
        #expect((40...42).contains(try #require(outcome).seconds))
    }
}
