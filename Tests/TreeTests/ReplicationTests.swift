import Testing

@testable import Tree

private func marks(_ sequences: UInt64...) -> Marks {
    var marks = Marks()
    for (number, sequence) in sequences.enumerated() { marks.raise(number, to: sequence) }
    return marks
}

private func instant(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

/// How far entries are safe.
@Suite struct ReplicationTests {
    private func gap(through sequence: UInt64) -> Log.Gap {
        Log.Gap(origin: Origin(node: NodeID(3), incarnation: Incarnation(1)), from: 1, through: sequence)
    }

    @Test func theQueueIsWhatWasAcceptedHereAndIsNotSafe() {
        var replication = Replication(ownNumber: 0)
        replication.accepted(bytes: 100)
        replication.accepted(bytes: 20)
        replication.acceptedIsSafe(bytes: 100)
        #expect(replication.queue.count == 1)
        #expect(replication.queue.bytes == 20)
    }

    @Test func aGapIsSafeOnceTheLogIsSafeUpToWhereItWasLearntOf() {
        var replication = Replication(ownNumber: 0)
        replication.learnt(of: gap(through: 5), 1, at: LogPosition(3))
        replication.passGaps(upTo: LogPosition(2))
        #expect(replication.safeMarks[1] == 0)
        #expect(replication.gaps(behind: LogPosition(2)).map(\.gap) == [gap(through: 5)])
        #expect(replication.gaps(behind: LogPosition(3)).isEmpty)
        replication.passGaps(upTo: LogPosition(3))
        #expect(replication.safeMarks[1] == 5)
        #expect(replication.gapCount == 0)
    }

    @Test func aGapTakesNoSafeEntryBack() {
        var replication = Replication(ownNumber: 0)
        replication.becameSafe(1, 8)
        replication.learnt(of: gap(through: 5), 1, at: LogPosition(0))
        replication.passGaps(upTo: LogPosition(0))
        #expect(replication.safeMarks[1] == 8)
    }
}

/// What may be dropped.
@Suite struct RetentionTests {
    @Test func aVersionIsCountedForEveryChangeOfWhatAllHold() {
        var retention = Retention()
        retention.learn(heldByAll: marks(1))
        retention.learn(heldByAll: marks(1))
        #expect(retention.heldVersion == 1)
        retention.learn(heldByAll: marks(2))
        #expect(retention.heldVersion == 2)
        #expect(retention.heldByAll == marks(2))
    }

    @Test func aBranchThatHasLeftCountsUntilItsTimeIsOver() {
        var retention = Retention()
        retention.branchDeparted(holding: marks(3, 9), until: instant(10), atMost: 8)
        #expect(retention.least(5, of: 0) == 3)
        #expect(retention.least(5, of: 1) == 5)
        #expect(retention.least(5, of: 2) == 0)
        retention.forgetDeparted(at: instant(9))
        #expect(retention.departedCount == 1)
        retention.forgetDeparted(at: instant(10))
        #expect(retention.least(5, of: 0) == 5)
    }

    @Test func onlyTheLastBranchesThatHaveLeftAreRemembered() {
        var retention = Retention()
        for held in UInt64(1)...3 { retention.branchDeparted(holding: marks(held), until: instant(10), atMost: 2) }
        #expect(retention.departedCount == 2)
        #expect(retention.least(9, of: 0) == 2)
    }

    @Test func anOriginRetiresWhenItIsFirstFoundRetired() {
        var retention = Retention()
        retention.note(4, isRetired: false, at: instant(1))
        #expect(!retention.hasRetiredOrigins)
        retention.note(4, isRetired: true, at: instant(2))
        retention.note(4, isRetired: true, at: instant(3))
        #expect(retention.hasRetiredOrigins)
        #expect(!retention.isRetired(4, since: instant(1)))
        #expect(retention.isRetired(4, since: instant(2)))
        #expect(!retention.isRetired(5, since: instant(9)))
        retention.note(4, isRetired: false, at: instant(4))
        #expect(!retention.isRetired(4, since: instant(9)))
    }
}

/// What is asked next when two nodes find out where their accounts differ.
@Suite struct AccountComparisonTests {
    private func parts(_ digits: ClosedRange<Int>) -> [AccountPrefix] { digits.map { AccountPrefix.all.part($0) } }

    @Test func nothingIsAskedUnlessAComparisonIsWanted() {
        var comparison = AccountComparison()
        comparison.beginIfWanted(at: instant(0))
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == nil)
        comparison.want()
        comparison.beginIfWanted(at: instant(0))
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == [.all])
    }

    @Test func anEqualWholeEndsTheComparison() {
        var comparison = AccountComparison()
        comparison.want()
        comparison.beginIfWanted(at: instant(0))
        _ = comparison.nextQuestion(atOnce: 4, ranges: 16)
        #expect(comparison.answered(at: instant(1)) == true)
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == nil)
        #expect(comparison.answered(at: instant(2)) == false)
    }

    @Test func whatDiffersIsAskedTheLastFirstInQuestionsThatAreNeitherTooLongNorTooMany() {
        var comparison = AccountComparison()
        comparison.want()
        comparison.beginIfWanted(at: instant(0))
        _ = comparison.nextQuestion(atOnce: 2, ranges: 3)
        #expect(comparison.answered(at: instant(1)) == true)
        for part in parts(0...7) { comparison.differs(under: part) }
        #expect(comparison.nextQuestion(atOnce: 2, ranges: 3).map(Array.init) == parts(5...7))
        #expect(comparison.nextQuestion(atOnce: 2, ranges: 3).map(Array.init) == parts(2...4))
        #expect(comparison.nextQuestion(atOnce: 2, ranges: 3) == nil)
        #expect(comparison.answered(at: instant(2)) == true)
        #expect(comparison.nextQuestion(atOnce: 2, ranges: 3).map(Array.init) == parts(0...1))
    }

    /// Records that were asked for are still on their way.
    @Test func aComparisonLastsUntilAllIsAnswered() {
        var comparison = AccountComparison()
        comparison.want()
        comparison.beginIfWanted(at: instant(0))
        _ = comparison.nextQuestion(atOnce: 4, ranges: 16)
        comparison.asked()
        #expect(comparison.answered(at: instant(1)) == true)
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == nil)
        #expect(comparison.answered(at: instant(2)) == true)
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == nil)
        #expect(comparison.answered(at: instant(3)) == false)
    }

    @Test func oneThatHasStoppedIsGivenUpAndAnotherOneBegins() {
        var comparison = AccountComparison()
        comparison.want()
        comparison.beginIfWanted(at: instant(0))
        #expect(comparison.giveUp(silentFor: .seconds(10), at: instant(9)) == false)
        comparison.want()
        comparison.beginIfWanted(at: instant(9))
        _ = comparison.nextQuestion(atOnce: 4, ranges: 16)
        #expect(comparison.giveUp(silentFor: .seconds(10), at: instant(10)) == true)
        #expect(comparison.answered(at: instant(10)) == false)
        comparison.beginIfWanted(at: instant(10))
        #expect(comparison.nextQuestion(atOnce: 4, ranges: 16) == [.all])
    }
}
