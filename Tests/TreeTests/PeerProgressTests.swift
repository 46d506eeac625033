import Testing

@testable import Tree

/// What a link knows of the other side's log.
@Suite struct PeerProgressTests {
    private func marks(_ sequences: UInt64...) -> Marks {
        var marks = Marks()
        for (number, sequence) in sequences.enumerated() { marks.raise(number, to: sequence) }
        return marks
    }

    private func acknowledgement(_ stored: UInt64, safe: UInt64, confirmed: UInt64 = 0) -> Acknowledgement {
        Acknowledgement(stored: stored, safe: safe, confirmed: confirmed)
    }

    // MARK: Acknowledging

    @Test func whatCameIsAcknowledgedOnceAndAgainWhenItIsSafe() {
        var progress = PeerProgress()
        #expect(progress.acknowledgement(safeHere: marks(), confirms: true) == nil)
        progress.received(0, 1)
        progress.received(1, 1)
        #expect(progress.acknowledgement(safeHere: marks(), confirms: true) == acknowledgement(2, safe: 0))
        #expect(progress.acknowledgement(safeHere: marks(), confirms: true) == nil)
        #expect(progress.acknowledgement(safeHere: marks(1, 1), confirms: true) == acknowledgement(2, safe: 2))
        #expect(progress.itemCount == 0)
    }

    /// Counts speak of the first so many: one that is not safe holds up those behind it.
    @Test func nothingBehindAnUnsafeEntryCountsAsSafe() {
        var progress = PeerProgress()
        progress.received(0, 1)
        progress.received(1, 1)
        #expect(progress.acknowledgement(safeHere: marks(0, 1), confirms: true) == acknowledgement(2, safe: 0))
    }

    @Test func whatWasSentIsConfirmedWhenItIsSafeHere() {
        var progress = PeerProgress()
        progress.sent(0, 1)
        #expect(progress.acknowledgement(safeHere: marks(1), confirms: false) == nil)
        #expect(
            progress.acknowledgement(safeHere: marks(1), confirms: true) == acknowledgement(0, safe: 0, confirmed: 1))
        #expect(progress.acknowledgement(safeHere: marks(1), confirms: true) == nil)
    }

    @Test func whatTheOtherSideSaysToBeSafeIsNotConfirmedToIt() {
        var progress = PeerProgress()
        progress.sent(0, 1)
        #expect(progress.acknowledged(acknowledgement(1, safe: 1)) == true)
        #expect(progress.acknowledgement(safeHere: marks(1), confirms: true) == nil)
    }

    // MARK: Being acknowledged

    @Test func countsBecomeMarksOfTheEntriesThatWereSent() {
        var progress = PeerProgress()
        progress.sent(0, 4)
        progress.sent(1, 8)
        progress.sent(0, 5)
        #expect(progress.acknowledged(acknowledgement(2, safe: 1)) == true)
        #expect(progress.stored == marks(4, 8))
        #expect(progress.safe == marks(4))
        #expect(progress.sentCount == 2)
        #expect(progress.acknowledged(acknowledgement(3, safe: 3)) == true)
        #expect(progress.stored == marks(5, 8))
        #expect(progress.safe == marks(5, 8))
        #expect(progress.sentCount == 0)
    }

    @Test func aConfirmationSaysWhatIsSafeWhereItCameFrom() {
        var progress = PeerProgress()
        progress.received(0, 1)
        progress.received(0, 2)
        #expect(progress.acknowledged(acknowledgement(0, safe: 0, confirmed: 1)) == true)
        #expect(progress.safe == marks(1))
    }

    @Test(arguments: [(2, 0, 0), (1, 2, 0), (0, 1, 0), (0, 0, 2)])
    func whatWasNotSentCanNotBeAcknowledged(_ counts: (UInt64, UInt64, UInt64)) {
        var progress = PeerProgress()
        progress.sent(0, 1)
        progress.received(1, 1)
        let before = (progress.stored, progress.safe)
        #expect(progress.acknowledged(acknowledgement(counts.0, safe: counts.1, confirmed: counts.2)) == false)
        #expect(progress.stored == before.0)
        #expect(progress.safe == before.1)
    }

    @Test func anOlderAcknowledgementTakesNothingBack() {
        var progress = PeerProgress()
        progress.sent(0, 1)
        progress.sent(0, 2)
        #expect(progress.acknowledged(acknowledgement(2, safe: 2)) == true)
        #expect(progress.acknowledged(acknowledgement(1, safe: 1)) == true)
        #expect(progress.stored == marks(2))
        #expect(progress.safe == marks(2))
    }

    @Test func vectorsOnlyRaiseWhatIsKnown() {
        var progress = PeerProgress()
        progress.learn(stored: marks(5, 1), safe: marks(5))
        progress.learn(stored: marks(3, 2), safe: marks(1, 1))
        #expect(progress.stored == marks(5, 2))
        #expect(progress.safe == marks(5, 1))
    }
}

/// When vectors are compared, and in which form.
@Suite struct VectorExchangeTests {
    @Test func fewOriginsAreNamedAndManyGoAsDigests() {
        var exchange = VectorExchange()
        exchange.begin()
        #expect(exchange.isDue)
        #expect(exchange.send(naming: 8, limit: 8) == false)
        #expect(!exchange.isDue)
        exchange.begin()
        #expect(exchange.send(naming: 9, limit: 8) == true)
    }

    @Test func whereDigestsDifferTheOriginsAreNamedOnceInAnExchange() {
        var exchange = VectorExchange()
        exchange.begin()
        #expect(exchange.send(naming: 9, limit: 8) == true)
        exchange.digestsDiffer()
        #expect(exchange.isDue)
        #expect(exchange.send(naming: 9, limit: 8) == false)
        exchange.digestsDiffer()
        #expect(!exchange.isDue)
        exchange.begin()
        _ = exchange.send(naming: 9, limit: 8)
        exchange.digestsDiffer()
        #expect(exchange.isDue)
    }

    @Test func originsThatTheOtherSideNamesAreAnsweredWithNamesOnlyAfterADigest() {
        var exchange = VectorExchange()
        exchange.begin()
        #expect(exchange.send(naming: 2, limit: 8) == false)
        exchange.originsNamed()
        #expect(!exchange.isDue)
        exchange.begin()
        #expect(exchange.send(naming: 9, limit: 8) == true)
        exchange.originsNamed()
        #expect(exchange.isDue)
        #expect(exchange.send(naming: 9, limit: 8) == false)
        exchange.originsNamed()
        #expect(!exchange.isDue)
    }
}

/// What is said on a link about what all nodes hold.
@Suite struct HeldReportsTests {
    private var table: OriginTable {
        var table = OriginTable()
        for node in UInt64(1)...3 { _ = table.number(of: Origin(node: NodeID(node), incarnation: Incarnation(1))) }
        return table
    }

    private func marks(_ sequences: UInt64...) -> Marks {
        var marks = Marks()
        for (number, sequence) in sequences.enumerated() { marks.raise(number, to: sequence) }
        return marks
    }

    @Test func allIsToldFirstAndThenOnlyWhatHasChanged() throws {
        var reports = HeldReports()
        let whole = reports.tell(marks(2, 1), isNews: false, of: table)
        let first = try #require(whole)
        #expect(first.isWhole)
        #expect(first.changes.map(\.sequence) == [2, 1])
        #expect(reports.tell(marks(2, 1), isNews: false, of: table) == nil)
        let change = reports.tell(marks(2, 4), isNews: false, of: table)
        let second = try #require(change)
        #expect(!second.isWhole)
        #expect(second.changes == [.init(origin: table.origins[1], sequence: 4)])
    }

    @Test func newsIsToldEvenIfItIsTheSame() {
        var reports = HeldReports()
        reports.begin(with: Marks(), told: marks(1))
        #expect(reports.tell(marks(1), isNews: false, of: table) == nil)
        #expect(reports.tell(marks(1), isNews: true, of: table)?.changes.isEmpty == true)
    }

    @Test func aChildIsToldEveryVersionOnce() {
        var reports = HeldReports()
        #expect(reports.tellsVersion(0) == true)
        #expect(reports.tellsVersion(0) == false)
        #expect(reports.tellsVersion(1) == true)
        reports.tellAgain()
        #expect(reports.tellsVersion(1) == true)
    }

    /// Somebody who holds less may have come to the branch.
    @Test func whatABranchHoldsMayFall() {
        var reports = HeldReports()
        reports.begin(with: marks(7, 7), told: Marks())
        reports.received([(number: 1, sequence: 2)], isWhole: false)
        #expect(reports.held == marks(7, 2))
    }

    @Test func whatCouldNotBeReadCountsAsNotHeldUntilAllIsSaidAgain() {
        var reports = HeldReports()
        reports.begin(with: marks(7, 7), told: Marks())
        reports.receivedUnreadable()
        reports.askAgain()
        #expect(reports.held[0] == 0)
        reports.received([(number: 0, sequence: 8)], isWhole: false)
        #expect(reports.lacksReport)
        reports.received([(number: 1, sequence: 9)], isWhole: true)
        #expect(!reports.lacksReport)
        #expect(reports.held == marks(0, 9))
    }
}

extension PeerProgress {
    /// At a node that has nobody else to pass entries on to.
    mutating func acknowledgement(safeHere: Marks, confirms: Bool) -> Acknowledgement? {
        acknowledgement(safeHere: safeHere, carriedHere: receivedCount, confirms: confirms)
    }
}
