import Testing

@testable import Tree

@Suite struct LabelTests {
    private func label(_ term: UInt64, _ root: UInt64, _ depth: UInt32) -> Label {
        Label(term: term, root: NodeID(root), depth: depth)
    }

    @Test func labelsCompareByTermThenRootThenNearness() {
        #expect(label(1, 9, 0) < label(2, 1, 5))
        #expect(label(2, 1, 0) < label(2, 2, 5))
        #expect(label(2, 2, 5) < label(2, 2, 4))
    }

    @Test func aChildsLabelIsBelowItsParents() {
        #expect(label(3, 4, 2).ofChild < label(3, 4, 2))
    }
}

@Suite struct RootClaimTests {
    private func claim(_ priority: Int32, _ reign: UInt64?, _ id: UInt64) -> RootClaim {
        RootClaim(
            priority: priority, reign: reign,
            root: Contact(node: NodeID(id), address: Address(host: "h", port: UInt16(id))))
    }

    @Test func theGreaterPriorityWinsWhateverTheReign() {
        #expect(claim(0, 1, 1) < claim(1, nil, 9))
    }

    @Test func theOlderReignWinsAndNoReignIsTheYoungest() {
        #expect(claim(0, 2000, 1) < claim(0, 1000, 9))
        #expect(claim(0, nil, 1) < claim(0, 1000, 9))
    }

    @Test func theLowerIDDecidesBetweenEquals() {
        #expect(claim(0, nil, 9) < claim(0, nil, 1))
    }
}

@Suite struct HybridClockTests {
    private func moment(_ milliseconds: UInt64, wall: UInt64? = nil) -> Moment {
        Moment(
            instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: wall ?? milliseconds + 1_000_000)
    }

    @Test func stampsIncreaseAlthoughTheWallClockGoesBack() {
        var clock = HybridClock(at: moment(1000, wall: 9000))
        let first = clock.next(at: moment(1000).instant)
        let second = clock.next(at: moment(1500, wall: 100).instant)
        #expect(first.milliseconds == 9000)
        #expect(second.milliseconds == 9500)
    }

    @Test func aStampThatWasSeenIsExceeded() {
        var clock = HybridClock(at: moment(0, wall: 1000))
        clock.witness(Stamp(milliseconds: 5000))
        #expect(clock.next(at: moment(0).instant) > Stamp(milliseconds: 5000))
    }

    @Test func theClockServerSetsTheTime() {
        var clock = HybridClock(at: moment(0, wall: 1000))
        clock.follow(Stamp(milliseconds: 9000), wallMilliseconds: 9000, skew: .seconds(1), at: moment(0).instant)
        #expect(clock.next(at: moment(100).instant).milliseconds == 9100)
    }

    @Test func correctingBackNeverMakesAStampGoBack() {
        var clock = HybridClock(at: moment(0, wall: 9000))
        let before = clock.next(at: moment(0).instant)
        clock.follow(Stamp(milliseconds: 9001), wallMilliseconds: 1000, skew: .seconds(1), at: moment(1).instant)
        #expect(clock.next(at: moment(2).instant) > before)
    }

    @Test func stampsAreJudgedByATimeThatDoesNotGoBackWithTheClockServersMachine() {
        var clock = HybridClock(at: moment(0, wall: 9000))
        clock.follow(Stamp(milliseconds: 9000), wallMilliseconds: 9000, skew: .seconds(1), at: moment(0).instant)
        clock.follow(Stamp(milliseconds: 9500), wallMilliseconds: 1000, skew: .seconds(1), at: moment(500).instant)
        #expect(clock.stampsMilliseconds(at: moment(20_000).instant) == 29_000)
    }
}

@Suite struct VersionVectorTests {
    private let a = Origin(node: NodeID(1), incarnation: Incarnation(1))
    private let b = Origin(node: NodeID(1), incarnation: Incarnation(2))

    @Test func anOriginThatIsNotThereCountsAsZero() {
        let vector = VersionVector([.init(origin: a, sequence: 4)])
        #expect(vector[a] == 4)
        #expect(vector[b] == 0)
    }

    @Test func componentsAreOrderedAndOfTwoTheHigherCounts() {
        let vector = VersionVector([
            .init(origin: b, sequence: 1), .init(origin: a, sequence: 3), .init(origin: a, sequence: 2),
        ])
        #expect(vector.components.map(\.origin) == [a, b])
        #expect(vector[a] == 3)
    }

    @Test func marksOnlyRise() {
        var marks = Marks()
        let rose = marks.raise(3, to: 7)
        let fell = marks.raise(3, to: 6)
        #expect(rose)
        #expect(!fell)
        #expect(marks[3] == 7)
        #expect(marks[0] == 0)
    }
}

@Suite struct RetriesTests {
    private func key(_ sequence: UInt64) -> RetryKey { RetryKey(session: "s", sequence: sequence) }

    @Test func whatWasSaidBeforeIsARetryAndWhatIsNewIsNot() {
        var retries = DuplicateFilter(memory: .seconds(60))
        retries.record(key(1), by: "ann", stamp: Stamp(1))
        retries.record(key(2), by: "ann", stamp: Stamp(2))
        #expect(retries.isRetry(key(1), by: "ann"))
        #expect(retries.isRetry(key(2), by: "ann"))
        #expect(!retries.isRetry(key(3), by: "ann"))
    }

    @Test func whatWasLeftOutIsNewWhenItComes() {
        var retries = DuplicateFilter(memory: .seconds(60))
        retries.record(key(5), by: "ann", stamp: Stamp(1))
        #expect(!retries.isRetry(key(3), by: "ann"))
        retries.record(key(3), by: "ann", stamp: Stamp(2))
        #expect(retries.isRetry(key(3), by: "ann"))
        #expect(!retries.isRetry(key(2), by: "ann"))
        #expect(!retries.isRetry(key(4), by: "ann"))
    }

    @Test func ofTooManyHolesTheOldestCountAsSaid() {
        var retries = DuplicateFilter(memory: .seconds(60))
        let highest = UInt64(2 * Limits.retryHoles + 2)
        for sequence in stride(from: 2, through: highest, by: 2) {
            retries.record(key(sequence), by: "ann", stamp: Stamp(sequence))
        }
        // 1, 3, 5 and so on were left out, one more than are remembered.
        #expect(retries.isRetry(key(1), by: "ann"))
        for sequence in stride(from: 3, to: highest, by: 2) { #expect(!retries.isRetry(key(sequence), by: "ann")) }
    }

    @Test func aSessionCountsOnlyUnderItsOwnName() {
        var retries = DuplicateFilter(memory: .seconds(60))
        retries.record(key(2), by: "ann", stamp: Stamp(1))
        #expect(!retries.isRetry(key(2), by: "bob"))
    }

    @Test func sessionsAreForgottenByStampsAndNotByTheClock() {
        var retries = DuplicateFilter(memory: .seconds(60))
        retries.record(key(2), by: "ann", stamp: Stamp(milliseconds: 1_000))
        retries.record(RetryKey(session: "t", sequence: 1), by: "bob", stamp: Stamp(milliseconds: 200_000))
        #expect(!retries.isRetry(key(2), by: "ann"))
        #expect(retries.isRetry(RetryKey(session: "t", sequence: 1), by: "bob"))
    }

    @Test func ofTooManySessionsThoseThatWereSilentForLongestGo() {
        var retries = DuplicateFilter(memory: .seconds(60), sessions: 8)
        for number in 1...9 as ClosedRange<UInt64> {
            retries.record(RetryKey(session: "s\(number)", sequence: 1), by: "ann", stamp: Stamp(number))
        }
        #expect(retries.sessions <= 8)
        #expect(!retries.isRetry(RetryKey(session: "s1", sequence: 1), by: "ann"))
        #expect(retries.isRetry(RetryKey(session: "s9", sequence: 1), by: "ann"))
    }
}
