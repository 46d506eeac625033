import Testing

@testable import Tree

private let start: UInt64 = 1_000_000

/// So many milliseconds after the start.
private func moment(_ milliseconds: UInt64) -> Moment {
    Moment(instant: instant(milliseconds), wallMilliseconds: start + milliseconds)
}

private func instant(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

private func stamp(_ milliseconds: UInt64) -> Stamp { Stamp(milliseconds: start + milliseconds) }

private func body(_ text: String, retry: RetryKey? = nil) -> Entry.Body {
    .activity(Activity(sender: "x", text: Array(text.utf8), retry: retry))
}

/// Which stamps own entries get, and which stamps of others are believed.
@Suite struct OrderingTests {
    private let skew = Duration.seconds(10)
    private let trust = Duration.seconds(86_400)

    private func ordering() -> Ordering { Ordering(at: moment(0), total: nil) }

    // MARK: The clock server

    @Test func asManyStampsAreAskedForAsMessagesWaitAndAtLeastOne() {
        var ordering = ordering()
        #expect(ordering.requestStamps(atMost: 2).count == 1)
        for _ in 0..<3 { ordering.waitForStamp(body("m"), .client, at: instant(0)) }
        #expect(ordering.requestStamps(atMost: 2).count == 2)
        #expect(ordering.requestStamps(atMost: 8).count == 3)
    }

    @Test func anAnswerIsFollowedOnlyAfterAQuestionAndAboveWhatWasSeen() {
        var ordering = ordering()
        func answer(_ first: Stamp, _ count: Int) -> Ordering.ClockAnswer {
            ordering.clockAnswered(
                first, count: count, wallMilliseconds: start, skew: skew, trust: trust, at: moment(0))
        }
        #expect(answer(stamp(5), 1) == .notAsked)
        ordering.witness(stamp(3))
        ordering.waitForStamp(body("m"), .client, at: instant(0))
        ordering.waitForStamp(body("m"), .client, at: instant(0))
        _ = ordering.requestStamps(atMost: 8)
        #expect(answer(stamp(3), 2) == .wentBack)
        #expect(answer(stamp(4), 1) == .wentBack)
        #expect(ordering.isAskingClock)
        #expect(answer(stamp(4), 2) == .stamps(messages: 2, isBack: false))
        #expect(!ordering.isAskingClock)
    }

    private func answer(_ ordering: inout Ordering, _ first: UInt64) -> Ordering.ClockAnswer {
        _ = ordering.requestStamps(atMost: 8)
        return ordering.clockAnswered(
            stamp(first), count: 1, wallMilliseconds: start, skew: skew, trust: trust, at: moment(0))
    }

    @Test func aClockThatStaysSilentIsNewsOnceAndSoIsItsReturn() {
        var ordering = ordering()
        func isNews(at milliseconds: UInt64) -> Bool {
            _ = ordering.requestStamps(atMost: 8)
            return ordering.clockFellSilent(at: instant(milliseconds), grace: .seconds(5))
        }
        #expect([0, 600, 4999, 5000, 5600].map(isNews) == [false, false, false, true, false])
        #expect(!ordering.clockAnswers)
        #expect(!ordering.followsClock)
        #expect(answer(&ordering, 9) == .stamps(messages: 0, isBack: true))
        #expect(ordering.clockAnswers)
        #expect(ordering.followsClock)
    }

    /// As at the start of a network, whose clock and nodes begin together.
    @Test func aClockThatAnswersSoonHasNeverBeenSilent() {
        var ordering = ordering()
        for milliseconds: UInt64 in [0, 600, 1200] {
            _ = ordering.requestStamps(atMost: 8)
            #expect(ordering.clockFellSilent(at: instant(milliseconds), grace: .seconds(5)) == false)
            #expect(!ordering.clockAnswers, "no message waits for it")
        }
        #expect(answer(&ordering, 9) == .stamps(messages: 0, isBack: false))
        let isNews = ordering.clockFellSilent(at: instant(6000), grace: .seconds(5))
        #expect(!isNews, "each silence counts by itself")
    }

    @Test func aClockWhoseAnswersCannotBeUsedIsNotCalledSilent() {
        var ordering = ordering()
        ordering.clockIsUnusable(at: instant(0))
        #expect(!ordering.clockAnswers)
        #expect(ordering.clockFellSilent(at: instant(9000), grace: .seconds(5)) == false)
        #expect(answer(&ordering, 9) == .stamps(messages: 0, isBack: true))
    }

    /// The stamps that were asked for may be just above what was known then.
    @Test func nothingAboveARequestIsPromisedUntilItIsAnswered() {
        var ordering = ordering()
        ordering.witness(stamp(3))
        ordering.waitForStamp(body("m"), .client, at: instant(0))
        _ = ordering.requestStamps(atMost: 8)
        ordering.witness(stamp(7))
        #expect(ordering.lowerBound(ignoresRequest: false) == stamp(3))
        #expect(ordering.lowerBound(ignoresRequest: true) > stamp(3))
        ordering.giveUpRequestedStamps()
        #expect(ordering.lowerBound(ignoresRequest: false) == ordering.clock.latest)
    }

    @Test func messagesWaitInTheOrderInWhichTheyCame() {
        var ordering = ordering()
        ordering.waitForStamp(body("one"), .client, at: instant(5))
        ordering.waitForStamp(body("two"), .client, at: instant(6))
        #expect(ordering.unstamped.since == instant(5))
        #expect(ordering.unstamped.bytes == 2 * 64 + 6)
        #expect(ordering.takeUnstamped(at: instant(9))?.body == body("one"))
        #expect(ordering.unstamped.since == instant(9))
        #expect(ordering.takeUnstamped(at: instant(9))?.body == body("two"))
        #expect(ordering.takeUnstamped(at: instant(9)) == nil)
        #expect(ordering.unstamped.since == nil)
        #expect(ordering.unstamped.bytes == 0)
    }

    // MARK: Others

    @Test func theStampsOfAnOriginMustGrow() {
        var ordering = ordering()
        ordering.stored(stamp(5), of: 3)
        #expect(!ordering.isAboveNewest(stamp(5), of: 3))
        #expect(ordering.isAboveNewest(stamp(5).next, of: 3))
        #expect(ordering.isAboveNewest(stamp(1), of: 2))
        #expect(ordering.isAboveNewest(stamp(1), of: 4))
    }

    @Test func aStampThatIsTooFarAheadIsNotFollowed() {
        var ordering = ordering()
        #expect(ordering.excess(ofStored: stamp(10_000), skew: skew, at: moment(0)) == nil)
        #expect(ordering.excess(ofStored: stamp(10_001), skew: skew, at: moment(0)) == .milliseconds(10_001))
        ordering.witnessIfCredible(stamp(10_001), skew: skew, at: instant(0))
        #expect(ordering.clock.latest == .zero)
        ordering.witnessIfCredible(stamp(10_000), skew: skew, at: instant(0))
        #expect(ordering.clock.latest >= stamp(10_000))
    }

    /// The clock server's machine was set back, and this node has asked it before its neighbour has.
    @Test func aStampThatAgreesWithTheMachinesWallClockIsBelieved() {
        var ordering = ordering()
        let later = Moment(instant: instant(0), wallMilliseconds: start + 60_000)
        #expect(ordering.excess(ofStored: stamp(65_000), skew: skew, at: later) == nil)
        #expect(ordering.clock.milliseconds(at: instant(0)) == start + 60_000)
    }

    @Test func aNodeThatWasToldNoTimeTakesTheOtherOnesTime() {
        var ordering = ordering()
        let reading = ClockReading(order: .causal, stamp: .zero, time: start + 99_000)
        #expect(ordering.disagreement(with: reading, skew: skew, trust: trust, at: moment(0)) == nil)
        #expect(ordering.clock.milliseconds(at: instant(0)) == start + 99_000)
    }

    /// Ten years were believed, by whoever told them first.
    @Test func aTimeThatIsYearsAwayIsFollowedOfTwoWitnessesOnly() {
        let years: UInt64 = 315_360_000_000
        var ordering = ordering()
        func ask(_ milliseconds: UInt64) -> Ordering.ClockAnswer {
            _ = ordering.requestStamps(atMost: 1)
            return ordering.clockAnswered(
                stamp(milliseconds), count: 1, wallMilliseconds: start + milliseconds, skew: skew, trust: trust,
                at: moment(0))
        }
        #expect(ask(years) == .far(.milliseconds(Int64(years)), isNews: true))
        #expect(ask(years + 1) == .far(.milliseconds(Int64(years + 1)), isNews: false))
        #expect(ordering.clock.milliseconds(at: instant(0)) == start)
        #expect(ordering.nextStamp(at: instant(0)).milliseconds == start)
        let other = ClockReading(order: .causal, stamp: .zero, time: start + years + 5000)
        _ = ordering.disagreement(with: other, skew: skew, trust: trust, at: moment(0))
        #expect(ask(years) == .stamps(messages: 0, isBack: false))
        #expect(ordering.clock.milliseconds(at: instant(0)) == start + years)
    }

    @Test func anotherNodesTimeThatIsYearsAwayIsNotTaken() {
        let years: UInt64 = 315_360_000_000
        var ordering = ordering()
        let reading = ClockReading(order: .causal, stamp: .zero, time: start + years)
        #expect(
            ordering.disagreement(with: reading, skew: skew, trust: trust, at: moment(0))
                == .milliseconds(Int64(years)))
        #expect(ordering.clock.milliseconds(at: instant(0)) == start)
    }

    /// Its stamps go on from the bound on its disk.
    @Test func aClockThatIsHoursAheadAfterARestartIsFollowedAndNothingGoesBack() {
        var ordering = ordering()
        let hours: UInt64 = 3 * 3_600_000
        _ = ordering.requestStamps(atMost: 1)
        let answer = ordering.clockAnswered(
            stamp(hours), count: 1, wallMilliseconds: start, skew: skew, trust: trust, at: moment(0))
        #expect(answer == .stamps(messages: 0, isBack: false))
        ordering.witness(stamp(hours))
        #expect(ordering.nextStamp(at: instant(0)) > stamp(hours))
    }

    /// Small steps don't add up to what would not be believed at once.
    @Test func aClockServerCannotDragANodeAwayDayByDay() {
        var ordering = ordering()
        var followed: UInt64 = 0
        for day in 1...30 {
            let milliseconds = UInt64(day) * 80_000_000
            _ = ordering.requestStamps(atMost: 1)
            let answer = ordering.clockAnswered(
                stamp(milliseconds), count: 1, wallMilliseconds: start + milliseconds, skew: skew, trust: trust,
                at: moment(0))
            if case .stamps = answer { followed += 1 }
        }
        #expect(followed == 1)
    }

    @Test func nodesWhoseClocksDifferTooMuchStayApartUnlessThisMachineSlept() {
        var ordering = ordering()
        _ = ordering.nextStamp(at: instant(0))
        let reading = ClockReading(order: .causal, stamp: .zero, time: start + 99_000)
        #expect(ordering.disagreement(with: reading, skew: skew, trust: trust, at: moment(0)) == .seconds(99))
        let awake = Moment(instant: instant(0), wallMilliseconds: start + 98_000)
        #expect(ordering.disagreement(with: reading, skew: skew, trust: trust, at: awake) == nil)
        #expect(ordering.clock.milliseconds(at: instant(0)) == start + 98_000)
    }
}

/// Which entry clients are shown next in total order.
@Suite struct MergedOrderTests {
    private static let origins = (1...3).map { Origin(node: NodeID($0), incarnation: Incarnation(1)) }
    private static let contact = Contact(address: Address(host: "h", port: 7))

    /// A total order with the log that it orders.
    private final class Merging {
        var log = Log(format: PlainLines())
        let total: TotalOrder

        init(isOpen: Bool = true) {
            total = TotalOrder(retries: DuplicateFilter(memory: .seconds(600)), isOpen: isOpen, at: LogPosition(0))
        }

        /// Stores the next entry of an origin.
        func store(_ text: String, from index: Int, at milliseconds: UInt64, retry: RetryKey? = nil) {
            let origin = MergedOrderTests.origins[index]
            let number = log.number(of: origin)
            let entry = Entry(
                origin: origin, sequence: log.storedSequence(of: number) + 1, stamp: stamp(milliseconds),
                body: body(text, retry: retry))
            let position = log.append(
                entry, number: number, hop: 0, arrival: 1, visibility: .shown, at: instant(milliseconds))
            total.add(entry, at: position, number: number)
        }

        /// What is shown now, if all inputs have promised so much.
        func shown(upTo milliseconds: UInt64, before safe: UInt64? = nil) -> [String] {
            let first = total.delivered.end
            while let (entry, isLate) = total.takeNext(
                upTo: stamp(milliseconds), before: safe.map { LogPosition($0) } ?? log.stored)
            {
                let record = log.record(at: entry.position)
                total.deliver(entry, record, isLate: isLate, at: instant(milliseconds)) { bytes in
                    log.withLines(from: record.offset, upTo: record.offset + UInt64(record.length)) {
                        log.format.append($0, isLate: isLate, to: &bytes)
                    }
                }
            }
            return (first.value..<total.delivered.end.value).compactMap { position in
                guard let line = total.delivered.record(at: LogPosition(position), log.origins).line else { return nil }
                return total.delivered.withLines(from: line.offset, upTo: line.offset + UInt64(line.length)) { span in
                    span.withUnsafeBufferPointer { String(decoding: $0.dropLast(2), as: UTF8.self) }
                }
            }
        }
    }

    @Test func entriesAreShownByTheirStampsAsFarAsAllHavePromised() {
        let merging = Merging()
        merging.store("c", from: 0, at: 30)
        merging.store("a", from: 1, at: 10)
        merging.store("b", from: 2, at: 20)
        #expect(merging.shown(upTo: 20) == ["a", "b"])
        #expect(merging.total.waitingCount == 1)
        #expect(merging.shown(upTo: 30) == ["c"])
        #expect(merging.total.firstWaiting == merging.log.stored)
    }

    /// What comes behind an entry that isn't safe would change places with it if that were lost.
    @Test func anEntryThatIsNotSafeHoldsUpWhatFollowsIt() {
        let merging = Merging()
        merging.store("b", from: 0, at: 20)
        merging.store("a", from: 1, at: 10)
        #expect(merging.shown(upTo: 30, before: 1) == [])
        #expect(merging.shown(upTo: 30, before: 2) == ["a", "b"])
    }

    @Test func whatComesBelowWhatWasShownIsLate() {
        let merging = Merging()
        merging.store("b", from: 0, at: 20)
        #expect(merging.shown(upTo: 20) == ["b"])
        merging.store("a", from: 1, at: 10)
        #expect(merging.shown(upTo: 20) == ["late a"])
    }

    @Test func ofTwoCopiesTheOneWithTheSmallerStampIsShown() {
        let merging = Merging()
        let key = RetryKey(session: "s", sequence: 1)
        merging.store("again", from: 0, at: 20, retry: key)
        merging.store("first", from: 1, at: 10, retry: key)
        #expect(merging.shown(upTo: 30) == ["first"])
        #expect(merging.total.waitingCount == 0)
    }

    @Test func nothingIsShownBeforeTheParentsFirstPromise() {
        let merging = Merging(isOpen: false)
        merging.store("a", from: 0, at: 10)
        #expect(merging.shown(upTo: 30) == [])
        merging.total.firstPromise(on: ConnectionID(1), isParent: false)
        #expect(!merging.total.isOpen)
        merging.total.firstPromise(on: ConnectionID(2), isParent: true)
        #expect(merging.shown(upTo: 30) == ["a"])
    }

    @Test func aGapIsPassedOnceWhatStandsBeforeItWasShown() {
        let merging = Merging()
        merging.store("a", from: 0, at: 10)
        let number = merging.log.number(of: Self.origins[0])
        let gap = Log.Gap(origin: Self.origins[0], from: 2, through: 5)
        merging.total.learnt(of: gap, number)
        #expect(merging.total.takeGapDue() == nil)
        #expect(merging.shown(upTo: 10) == ["a"])
        #expect(merging.total.takeGapDue() == gap)
        #expect(merging.total.takeGapDue() == nil)
        #expect(merging.total.delivered.marks[number] == 5)
    }

    // MARK: Holds

    private func hold(_ reason: TotalOrder.Hold.Reason, promise: UInt64, until: UInt64) -> TotalOrder.Hold {
        TotalOrder.Hold(reason: reason, contact: Self.contact, promise: stamp(promise), until: instant(until))
    }

    @Test func theLeastPromiseOfWhatWasLostBoundsWhatIsShown() {
        let total = Merging().total
        #expect(!total.isHolding && total.heldBound == .limit)
        total.wait(hold(.lost(Self.origins[0], parentLeft: false), promise: 20, until: 900))
        total.wait(hold(.synchronising(ConnectionID(4)), promise: 10, until: 800))
        #expect(total.heldBound == stamp(10))
        #expect(total.nextGivingUp == instant(800))
    }

    @Test func aHoldEndsWhenItsNodeIsBackAndBringsItsPromise() {
        let total = Merging().total
        total.wait(hold(.lost(Self.origins[0], parentLeft: false), promise: 20, until: 900))
        #expect(total.isBack(Self.origins[1]) == nil)
        #expect(total.isBack(Self.origins[0]) == stamp(20))
        #expect(!total.isHolding)
    }

    @Test func aHoldForAParentThatLeftInOrderEndsWithTheNextParentsFirstPromise() {
        let total = Merging().total
        total.wait(hold(.lost(Self.origins[0], parentLeft: true), promise: 20, until: 900))
        total.wait(hold(.lost(Self.origins[1], parentLeft: false), promise: 30, until: 900))
        total.firstPromise(on: ConnectionID(1), isParent: false)
        #expect(total.heldBound == stamp(20))
        total.firstPromise(on: ConnectionID(1), isParent: true)
        #expect(total.heldBound == stamp(30))
    }

    @Test func aHoldForALinkEndsWithItsFirstPromiseOrItsEnd() {
        let total = Merging().total
        for connection in UInt64(1)...3 {
            total.wait(hold(.synchronising(ConnectionID(connection)), promise: connection, until: 900))
        }
        total.firstPromise(on: ConnectionID(1), isParent: false)
        #expect(total.heldBound == stamp(2))
        total.stopWaiting(for: ConnectionID(2))
        #expect(total.heldBound == stamp(3))
    }

    @Test func aHoldIsGivenUpWhenItsTimeIsOver() {
        let total = Merging().total
        total.wait(hold(.synchronising(ConnectionID(4)), promise: 10, until: 800))
        #expect(total.giveUpHolds(at: instant(799)) == [])
        #expect(total.giveUpHolds(at: instant(800)) == [Self.contact])
        #expect(total.nextGivingUp == nil)
    }
}
