import Testing

@testable import Tree

/// How one node merges what comes to it into the one order of stamps.
@Suite struct TotalOrderTests {
    private let reading = ClockReading(order: .total, stamp: .zero, time: nil)

    private func bench(asksClock: Bool = false) -> NodeBench {
        NodeBench {
            $0.order = .total
            $0.asksClock = asksClock
            $0.replicas = 0
        }
    }

    private func child(_ bench: NodeBench, _ id: UInt64) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.received(connection, bench.newcomer(id, clock: reading)))
        bench.handle(.received(connection, .synchronised))
        return connection
    }

    private func entry(_ text: String, from id: UInt64, _ sequence: UInt64, milliseconds: UInt64) -> Message {
        let origin = Origin(node: NodeID(id), incarnation: Incarnation(1))
        let activity = Activity(sender: "x", text: Array(text.utf8), retry: nil)
        return .entry(
            Entry(
                origin: origin, sequence: sequence, stamp: Stamp(milliseconds: milliseconds),
                body: .activity(activity)),
            hop: 0)
    }

    private func shown(_ bench: NodeBench) -> String {
        let node = bench.node
        guard node.readableEnd > node.readableStart else { return "" }
        return node.withReadable(from: node.readableStart, upTo: node.readableEnd) { span in
            span.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }.split(separator: "\n").map { String($0.dropLast()) }.joined(separator: ",")
    }

    private func watermarks(_ effects: [Effect], on connection: ConnectionID) -> [UInt64] {
        effects.sent(on: connection).compactMap {
            if case .watermark(let stamp) = $0 { stamp.milliseconds } else { nil }
        }
    }

    // MARK: Merging

    @Test func whatComesIsShownInTheOrderOfItsStampsOnceAllHavePromised() {
        let bench = bench()
        let (a, b) = (child(bench, 1), child(bench, 2))
        bench.handle(.received(a, entry("later", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(b, entry("earlier", from: 2, 1, milliseconds: 1_001_000)))
        #expect(shown(bench) == "")
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        #expect(shown(bench) == "")
        bench.handle(.received(b, .watermark(Stamp(milliseconds: 1_002_000))))
        #expect(shown(bench) == "earlier,later")
    }

    @Test func aPromiseIsTheLeastOfWhatTheOthersHavePromised() {
        let bench = bench()
        let (a, b, c) = (child(bench, 1), child(bench, 2), child(bench, 3))
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(b, .watermark(Stamp(milliseconds: 1_002_000))))
        let effects = bench.handle(.received(c, .watermark(Stamp(milliseconds: 1_001_999))))
        #expect(watermarks(effects, on: a) == [1_001_999])
    }

    /// Others have it, and wait with it for this node's promise.
    @Test func whoHadToPassOverSomethingPromisesThatNothingComesBeforeIt() {
        let bench = bench()
        let (a, b) = (child(bench, 1), child(bench, 2))
        bench.handle(.received(b, .watermark(Stamp(milliseconds: 1_004_000))))
        let gap = Log.Gap(origin: Origin(node: NodeID(3), incarnation: Incarnation(1)), from: 1, through: 5)
        let effects = bench.handle(.received(a, .gap(gap, stamp: Stamp(milliseconds: 1_003_000))))
        #expect(watermarks(effects, on: a) == [1_003_000])
        #expect(effects.sent(on: b).contains(.gap(gap, stamp: Stamp(milliseconds: 1_003_000))))
    }

    @Test func aGapWithAStampFromTheFutureBreaksTheLink() {
        let bench = bench()
        let a = child(bench, 1)
        let gap = Log.Gap(origin: Origin(node: NodeID(3), incarnation: Incarnation(1)), from: 1, through: 5)
        #expect(bench.handle(.received(a, .gap(gap, stamp: Stamp(milliseconds: 1_020_000)))).closes(a))
    }

    @Test func aPromiseFollowsTheEntriesThatItCovers() {
        let bench = bench()
        let (a, b) = (child(bench, 1), child(bench, 2))
        bench.handle(.received(b, .watermark(Stamp(milliseconds: 1_002_000))))
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_000))))
        let effects = bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_002_000)))
        let more = bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        #expect(effects.forwards.map(\.0) == [b])
        #expect(watermarks(more, on: b) == [1_002_000])
    }

    @Test func whatComesBelowWhatWasShownIsShownAtOnceAsLate() {
        let bench = bench()
        let a = child(bench, 1)
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        bench.handle(.received(a, entry("old", from: 2, 1, milliseconds: 1_001_500)))
        #expect(shown(bench) == "m,late old")
    }

    @Test func aLostLinkIsWaitedForAndNoLongerThanItsGrace() {
        let bench = bench()
        let (a, b) = (child(bench, 1), child(bench, 2))
        bench.handle(.received(b, .watermark(Stamp(milliseconds: 1_001_500))))
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        bench.handle(.closed(b))
        bench.wait(900)
        #expect(shown(bench) == "")
        bench.wait(200)
        #expect(shown(bench) == "m")
    }

    @Test func whoPromisesForEverIsNotWaitedFor() {
        let bench = bench()
        let (a, b) = (child(bench, 1), child(bench, 2))
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        bench.handle(.received(b, .watermark(.limit)))
        bench.handle(.closed(b))
        #expect(shown(bench) == "m")
    }

    // MARK: The clock

    private func asks(_ effects: [Effect]) -> [Int] {
        effects.compactMap { if case .askClock(let count, _) = $0 { count } else { nil } }
    }

    private func answer(_ first: UInt64, _ count: Int) -> Event {
        .clockAnswered(first: Stamp(first), count: count, epoch: 1, wallMilliseconds: 1_000_000)
    }

    @Test func asManyStampsAreAskedForAsMessagesWaitAndOneRequestIsUnderWay() {
        let bench = bench(asksClock: true)
        let begun = Stamp(milliseconds: 1_000_000).value
        bench.handle(.timePassed)
        bench.handle(answer(begun, 1))
        let client = bench.client()
        #expect(asks(bench.say("one", on: client)) == [1])
        #expect(asks(bench.say("two", on: client)) == [])
        #expect(asks(bench.say("three", on: client)) == [])
        #expect(asks(bench.handle(answer(begun + 1, 1))) == [2])
        bench.handle(answer(begun + 5, 2))
        #expect(shown(bench) == "one,two,three")
        #expect(bench.node.log.stamp(at: LogPosition(2)).value == begun + 6)
    }

    @Test func whileStampsAreOnTheirWayNothingGreaterIsPromised() {
        let bench = bench(asksClock: true)
        bench.handle(.timePassed)
        bench.handle(answer(Stamp(milliseconds: 1_000_000).value, 1))
        let a = child(bench, 1)
        _ = bench.say("mine", on: bench.client())
        bench.handle(.received(a, entry("theirs", from: 1, 1, milliseconds: 1_002_000)))
        bench.handle(.received(a, .watermark(Stamp(milliseconds: 1_002_000))))
        #expect(shown(bench) == "")
        bench.handle(answer(Stamp(milliseconds: 1_001_000).value, 1))
        #expect(shown(bench) == "mine,theirs")
    }

    @Test func afterAMissNoMessageWaitsUntilTheClockAnswersAgain() {
        let bench = bench(asksClock: true)
        bench.handle(.timePassed)
        bench.handle(answer(Stamp(milliseconds: 1_000_000).value, 1))
        let client = bench.client()
        _ = bench.say("one", on: client)
        bench.handle(.clockSilent)
        #expect(asks(bench.say("two", on: client)) == [])
        #expect(shown(bench) == "one,two")
    }

    @Test func anAnswerThatIsNotAboveWhatWasSeenIsNotUsed() {
        let bench = bench(asksClock: true)
        bench.handle(.timePassed)
        bench.handle(answer(Stamp(milliseconds: 1_000_000).value, 1))
        let a = child(bench, 1)
        bench.handle(.received(a, entry("theirs", from: 1, 1, milliseconds: 1_002_000)))
        _ = bench.say("mine", on: bench.client())
        bench.handle(answer(Stamp(milliseconds: 1_001_000).value, 1))
        #expect(bench.node.log.stamp(at: LogPosition(1)) > Stamp(milliseconds: 1_002_000))
    }

    // MARK: Who is refused

    @Test func aStampFarAheadIsRefusedAndNotFollowed() {
        let bench = bench()
        let a = child(bench, 1)
        let effects = bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_000_000 + 3_600_000)))
        #expect(effects.closes(a))
        #expect(bench.node.log.count == 0)
        #expect(bench.node.ordering.clock.latest < Stamp(milliseconds: 1_010_001))
    }

    @Test func aStampWithinTheSkewIsFollowed() {
        let bench = bench()
        let a = child(bench, 1)
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_009_000)))
        #expect(bench.node.log.count == 1)
        #expect(bench.node.ordering.clock.latest == Stamp(milliseconds: 1_009_000))
    }

    @Test func stampsOfOneOriginThatGoBackBreakTheStream() {
        let bench = bench()
        let a = child(bench, 1)
        bench.handle(.received(a, entry("m", from: 1, 1, milliseconds: 1_000_500)))
        let effects = bench.handle(.received(a, entry("n", from: 1, 2, milliseconds: 1_000_400)))
        #expect(effects.closes(a))
        #expect(bench.node.log.count == 1)
    }

    @Test func aNodeOfAnotherOrderIsRefusedAndToldTheFlag() {
        let bench = bench()
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(1)))
        #expect(effects.refusals.first?.reason == .order)
        #expect(effects.refusals.first?.info.contains("--order total") == true)
    }

    @Test func aNodeWhoseTimeIsFarAheadIsRefused() {
        let bench = bench()
        _ = bench.say("m", on: bench.client())
        let ahead = ClockReading(order: .total, stamp: .zero, time: 1_000_000 + 3_600_000)
        let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(1, clock: ahead)))
        #expect(effects.refusals.first?.reason == .clock)
    }
}
