import Testing

@testable import Tree

/// The life of an entry (docs/protocol.md#life-of-a-message).
@Suite struct ReplicatingTests {
    private func acknowledge(_ stored: UInt64, safe: UInt64 = 0) -> Message {
        .acknowledge(Acknowledgement(stored: stored, safe: safe, confirmed: 0))
    }

    @Test func aNodeThatIsAloneShowsItsClientsAtOnceAndSaysThatOneNodeHoldsIt() {
        let bench = NodeBench()
        let client = bench.client()
        _ = bench.say("hello", on: client)
        #expect(bench.node.log.safe == bench.node.log.stored)
        #expect(bench.node.log.withLines(from: 0, upTo: 7) { $0[5] } == UInt8(ascii: "1"))
    }

    @Test func anEntryIsReplicatedBeforeItIsProcessed() {
        let bench = NodeBench()
        let child = bench.child(7)
        let client = bench.client()
        let effects = bench.say("hello", on: client)
        #expect(effects.forwards.map(\.0) == [child])
        #expect(bench.node.log.safe < bench.node.log.stored)
        bench.handle(.received(child, acknowledge(1)))
        #expect(bench.node.log.safe == bench.node.log.stored)
    }

    @Test func theEffectThatForwardsAnEntrySaysWhatIsToBeWritten() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let line = try #require(bench.say("hello", on: bench.client()).forwards.first { $0.0 == child })
        let record = bench.node.log.record(at: line.1.position)
        #expect(line.1.content == .line(offset: record.offset, length: Int(record.length)))

        let stamp = Stamp(milliseconds: 5)
        let account = Account(
            name: "anna", hash: "h", registered: AccountVersion(stamp: stamp, origin: bench.node.origin))
        bench.node.accept(.account(.registered(account)))
        let registration = try #require(bench.handle(.turnEnded).forwards.first { $0.0 == child })
        guard case .entry(let entry) = registration.1.content else { throw NotAnEntry() }
        #expect(entry.body == .account(.registered(account)))
    }

    private struct NotAnEntry: Error {}

    @Test func withTwoReplicasTwoOthersHaveToHoldIt() {
        let bench = NodeBench { $0.replicas = 2 }
        let children = [bench.child(7), bench.child(8)]
        _ = bench.say("hello", on: bench.client())
        bench.handle(.received(children[0], acknowledge(1)))
        #expect(bench.node.log.safe < bench.node.log.stored)
        bench.handle(.received(children[1], acknowledge(1)))
        #expect(bench.node.log.safe == bench.node.log.stored)
    }

    /// With more than sixteen origins neighbours tell each other digests, which don't say what is safe.
    @Test func whoWaitsForCopiesAsksANeighbourThatKnowsOfMore() {
        let bench = NodeBench {
            $0.replicas = 2
            $0.limits.namedOrigins = 0
            $0.limits.silence = .seconds(100)
        }
        let children = [bench.child(7), bench.child(8)]
        _ = bench.say("hello", on: bench.client())
        bench.handle(.received(children[0], acknowledge(1)))
        #expect(bench.node.log.safe < bench.node.log.stored)
        let all = VersionVector([.init(origin: bench.node.origin, sequence: 1)])
        let digest = VersionVector([], leftOut: VersionVector.digest(of: all.components[0]))
        let digests = Message.vectors(stored: digest, safe: digest)
        let asked = bench.handle(.received(children[0], digests)).sent(on: children[0])
        #expect(asked.contains { if case .vectors(all, _) = $0 { true } else { false } })
        bench.handle(.received(children[0], .vectors(stored: all, safe: all)))
        #expect(bench.node.log.safe == bench.node.log.stored)
        // Where nothing waits, what is safe may differ for a moment, and nothing is named.
        bench.wait(11_000)
        let early = Message.vectors(stored: digest, safe: VersionVector([]))
        #expect(bench.handle(.received(children[0], early)).sent(on: children[0]).isEmpty)
    }

    @Test func anEntryThatCameOverALinkIsSafeByItsHop() {
        let bench = NodeBench()
        let child = bench.child(7)
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let entry = Entry(
            origin: origin, sequence: 1, stamp: Stamp(1),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        let effects = bench.handle(.received(child, .entry(entry, hop: 0)))
        #expect(bench.node.log.safe == bench.node.log.stored)
        #expect(effects.sent(on: child).contains(acknowledge(1, safe: 1)))
    }

    @Test func anEntryDoesNotGoBackToWhereItCameFrom() {
        let bench = NodeBench()
        let from = bench.child(7)
        let other = bench.child(8)
        let entry = Entry(
            origin: Origin(node: NodeID(7), incarnation: Incarnation(1)), sequence: 1, stamp: Stamp(1),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        let effects = bench.handle(.received(from, .entry(entry, hop: 0)))
        #expect(effects.forwards.map(\.0) == [other])
        #expect(effects.forwards.map(\.2) == [1])
    }

    @Test func anEntryThatWouldLeaveAHoleBreaksTheLinkAndIsNotKept() {
        // phoenix_pubsub once kept such entries aside, and old state came back by them.
        let bench = NodeBench()
        let child = bench.child(7)
        let entry = Entry(
            origin: Origin(node: NodeID(7), incarnation: Incarnation(1)), sequence: 2, stamp: Stamp(1),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        let effects = bench.handle(.received(child, .entry(entry, hop: 0)))
        #expect(effects.closes(child))
        #expect(bench.node.log.count == 0)
    }

    /// What node 7 has accepted at that time.
    private func entry(_ sequence: UInt64, _ milliseconds: UInt64, on connection: ConnectionID) -> Event {
        let entry = Entry(
            origin: Origin(node: NodeID(7), incarnation: Incarnation(1)), sequence: sequence,
            stamp: Stamp(milliseconds: milliseconds),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        return .received(connection, .entry(entry, hop: 0))
    }

    /// Both ends knew no time when the link opened, and the other one has been told it since.
    @Test func aNodeThatWasToldNoTimeLetsTheLinkGoAndIsToldItByTheNextOne() {
        let bench = NodeBench()
        let hence = bench.milliseconds + 3_600_000
        let child = bench.child(7)
        #expect(!bench.handle(entry(1, bench.milliseconds - 60_000, on: child)).closes(child))
        let effects = bench.handle(entry(2, hence, on: child))
        #expect(effects.closes(child))
        #expect(!effects.contains { if case .report(.stampRefused) = $0 { true } else { false } })
        let next = bench.newConnection()
        let told = ClockReading(order: .causal, stamp: Stamp(milliseconds: hence), time: hence)
        bench.handle(.received(next, bench.newcomer(7, attempt: 2, clock: told)))
        bench.handle(.received(next, .synchronised))
        #expect(!bench.handle(entry(2, hence, on: next)).closes(next))
        #expect(bench.node.log.count == 2)
        // From now on it can say who is wrong.
        let refusal = bench.handle(entry(3, hence + 3_600_000, on: next))
        #expect(refusal.closes(next))
        #expect(refusal.contains { if case .report(.stampRefused) = $0 { true } else { false } })
    }

    /// Nor by a probe, which is only a question.
    @Test(arguments: [false, true]) func aNodeWhoseClockAgreesWithItsTreeIsNotPulledAlong(byProbe: Bool) {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.handle(entry(1, bench.milliseconds, on: child))
        let hence = bench.milliseconds + 3_600_000
        let wrong = ClockReading(order: .causal, stamp: Stamp(milliseconds: hence), time: hence)
        if byProbe {
            let root = Contact(node: NodeID(8), incarnation: Incarnation(1), address: Address(host: "n", port: 8))
            let probe = Probe(
                secret: Secret("own"), sender: root, label: Label(term: 3, root: NodeID(8), depth: 0),
                claim: RootClaim(priority: 0, reign: 2_000_000, root: root), clock: wrong)
            bench.handle(.received(bench.newConnection(), .probe(probe)))
        } else {
            let effects = bench.handle(.received(bench.newConnection(), bench.newcomer(8, clock: wrong)))
            #expect(effects.refusals.map(\.reason) == [.clock])
        }
        _ = bench.say("hello", on: bench.client())
        #expect(bench.node.ordering.clock.latest.milliseconds < bench.milliseconds + 10_000)
    }

    @Test func aStampThatIsRightByTheMachinesClockIsBelievedAlthoughTheClockServerWasSetBack() {
        let bench = NodeBench { $0.asksClock = true }
        let wall = bench.milliseconds
        bench.handle(
            .clockAnswered(
                first: Stamp(milliseconds: wall - 30_000), count: 1, epoch: 1, wallMilliseconds: wall - 30_000))
        let child = bench.child(7)
        #expect(!bench.handle(entry(1, wall, on: child)).closes(child))
        #expect(bench.node.log.count == 1)
        #expect(bench.handle(entry(2, wall + 11_000, on: child)).closes(child))
        #expect(bench.node.log.count == 1)
    }

    /// Ten years were believed.
    @Test func aClockServerThatIsYearsAwayIsSaidOnceAndOwnStampsGoOn() {
        let bench = NodeBench { $0.asksClock = true }
        let years = bench.milliseconds + 315_360_000_000
        var told = 0
        for _ in 0..<3 {
            bench.wait(2000)
            let effects = bench.handle(
                .clockAnswered(
                    first: Stamp(milliseconds: years), count: 1, epoch: 1, wallMilliseconds: years))
            told += effects.filter { if case .report(.clockFar) = $0 { true } else { false } }.count
        }
        #expect(told == 1)
        _ = bench.say("hello", on: bench.client())
        #expect(bench.node.ordering.clock.latest.milliseconds < bench.milliseconds + 10_000)
    }

    @Test func anAcknowledgementOfWhatWasNeverSentBreaksTheLink() {
        let bench = NodeBench()
        let child = bench.child(7)
        let effects = bench.handle(.received(child, acknowledge(4)))
        #expect(effects.closes(child))
    }

    @Test func theDeadNodesQueueIsPassedOnByWhoeverHoldsIt() {
        let bench = NodeBench()
        let dying = bench.child(7)
        let entry = Entry(
            origin: Origin(node: NodeID(7), incarnation: Incarnation(1)), sequence: 1, stamp: Stamp(1),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        bench.handle(.received(dying, .entry(entry, hop: 0)))
        bench.handle(.closed(dying))
        let orphan = bench.newConnection()
        let effects = bench.handle(.received(orphan, bench.newcomer(9)))
        #expect(effects.forwards.map(\.0) == [orphan])
    }

    @Test func aNodeThatLostItsLastLinkLetsItsSearchComeFirst() {
        let bench = NodeBench()
        let child = bench.child(7)
        let client = bench.client()
        bench.handle(.closed(child))
        _ = bench.say("hello", on: client)
        #expect(bench.node.log.safe < bench.node.log.stored)
        bench.wait(300)
        #expect(bench.node.log.safe == bench.node.log.stored)
    }

    @Test func aFullQueueStopsReadingAndNothingIsDropped() {
        let bench = NodeBench { $0.limits.queueBytes = 1000 }
        let child = bench.child(7)
        let client = bench.client()
        var sent = 0
        while !bench.effects.contains(.pause(client)) {
            _ = bench.say(String(repeating: "x", count: 100), on: client)
            sent += 1
        }
        #expect(bench.node.log.count == sent)
        let effects = bench.handle(.received(child, acknowledge(UInt64(sent), safe: UInt64(sent))))
        #expect(effects.contains(.resume(client)))
    }

    @Test func aRetryIsNotSaidAgain() {
        let bench = NodeBench()
        let client = bench.client(session: "s")
        _ = bench.say("one", on: client, sequence: 1)
        _ = bench.say("one", on: client, sequence: 1)
        #expect(bench.node.log.count == 1)
    }

    @Test func theSecondCopyOfARetryIsPassedOnAndNotShown() {
        // A client that moved may reach the second node before its first message does: one message, two ids.
        let bench = NodeBench()
        let from = bench.child(7)
        let other = bench.child(8)
        _ = bench.say("one", on: bench.client(session: "s"), sequence: 1)
        let shown = bench.node.log.offset(of: bench.node.log.stored)
        let copy = Entry(
            origin: Origin(node: NodeID(7), incarnation: Incarnation(1)), sequence: 1, stamp: Stamp(1),
            body: .activity(
                Activity(
                    sender: Login.anonymous, text: Array("one".utf8), retry: RetryKey(session: "s", sequence: 1))))
        let effects = bench.handle(.received(from, .entry(copy, hop: 0)))
        #expect(bench.node.log.offset(of: bench.node.log.stored) == shown)
        #expect(effects.forwards.map(\.0) == [other])
    }

    /// The entry is one like any other: all nodes have it, and all pass over what it says.
    @Test func anAccountWhoseVersionLeavesNoRoomIsNotTakenFromTheLogEither() {
        let bench = NodeBench()
        let child = bench.child(7)
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let version = AccountVersion(stamp: Stamp(Stamp.limit.value - 1), origin: origin)
        let account = Account(name: "anna", hash: "h", registered: version)
        let entry = Entry(origin: origin, sequence: 1, stamp: Stamp(1), body: .account(.registered(account)))
        #expect(!bench.handle(.received(child, .entry(entry, hop: 0))).closes(child))
        #expect(bench.node.log.count == 1)
        #expect(bench.node.accounts["anna"] == nil)
    }
}
