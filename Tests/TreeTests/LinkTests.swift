import Testing

@testable import Tree

/// What concerns several parts of a link at once.
@Suite struct LinkTests {
    private func link(_ role: Link.Role = .child) -> Link {
        Link(
            connection: ConnectionID(1), serial: 1, role: role,
            kind: .node(Origin(node: NodeID(7), incarnation: Incarnation(1))), attempt: AttemptID(1),
            contact: Contact(address: Address(host: "h", port: 7)), size: 1, at: Instant(nanoseconds: 0))
    }

    private func marks(_ sequences: UInt64...) -> Marks {
        var marks = Marks()
        for (number, sequence) in sequences.enumerated() { marks.raise(number, to: sequence) }
        return marks
    }

    @Test func whatTheOtherSideHasIsPassedOverAndCountsAsHeld() {
        let link = link()
        link.synchronise(stored: marks(3, 1), safe: marks(2), told: marks(3), until: LogPosition(5))
        #expect(link.sending.passed == marks(3, 1))
        #expect(link.progress.stored == marks(3, 1))
        #expect(link.progress.safe == marks(2))
        #expect(link.held.held == marks(3, 1))
        #expect(link.held.tell(marks(3), isNews: false, of: OriginTable()) == nil)
    }

    @Test func anEntryThatCameIsNotSentBack() {
        let link = link()
        link.received(0, 1)
        #expect(link.sending.advance(over: 0, 1) == false)
        #expect(link.progress.stored[0] == 1)
    }

    @Test func aGapThatCameIsNotToldBack() {
        let link = link()
        link.receivedGap(2, through: 9)
        #expect(link.sending.pass(2, through: 9) == false)
        #expect(link.progress.stored[2] == 9)
    }

    @Test func aLinkIsSynchronisedOnceBothSidesHaveSentAll() {
        let link = link()
        #expect(link.sending.hasJustSentAll() == true)
        #expect(!link.isSynchronised)
        link.receiving.receivedAll()
        #expect(link.isSynchronised)
    }

    @Test func whatCanNotBeReadMayHaveBeenAnEntryOrAReport() {
        let link = link()
        link.receivedUnreadable()
        #expect(link.receiving.isDoubtful && link.held.lacksReport)
        link.receiving.isProvedWhole()
        // A vector proves that no entry is missing. It doesn't say what all hold.
        #expect(!link.receiving.isDoubtful && link.held.lacksReport)
    }

    @Test func aPositionIsToldWhenItHasChangedOrMayNotHaveBeenRead() {
        let link = link()
        func position(_ depth: UInt32) -> TreePosition {
            TreePosition(
                label: Label(term: 1, root: NodeID(1), depth: depth), path: [], heirs: [], siblings: [], uncles: [],
                claim: RootClaim(priority: 0, reign: nil, root: link.contact))
        }
        #expect(link.tells(position: position(1)))
        #expect(!link.tells(position: position(1)))
        #expect(link.tells(position: position(2)))
        link.doubtsPosition()
        #expect(link.tells(position: position(2)))
        link.sayAgain()
        #expect(link.tells(position: position(2)))
    }

    @Test func whatWasSaidOnlyWhenItChangesIsSaidAgain() {
        let link = link()
        link.synchronise(stored: Marks(), safe: Marks(), told: Marks(), until: LogPosition(0))
        #expect(link.held.tell(Marks(), isNews: false, of: OriginTable()) == nil)
        link.sayAgain()
        #expect(link.held.tell(Marks(), isNews: false, of: OriginTable())?.isWhole == true)
    }
}

/// What goes out on a link, and in what order.
@Suite struct SendingTests {
    private let gap = Log.Gap(origin: Origin(node: NodeID(3), incarnation: Incarnation(1)), from: 1, through: 4)

    @Test func theCursorPassesOverWhatTheOtherSideHas() {
        var sending = Sending()
        var held = Marks()
        held.raise(0, to: 2)
        sending.begin(past: held, until: LogPosition(3))
        #expect(sending.advance(over: 0, 1) == false)
        #expect(sending.advance(over: 0, 2) == false)
        #expect(sending.advance(over: 0, 3) == true)
        #expect(sending.cursor == LogPosition(3))
        #expect(sending.passed[0] == 3)
    }

    @Test func allIsSentOnceTheCursorIsWhereTheLogEndedWhenTheLinkOpened() {
        var sending = Sending()
        sending.begin(past: Marks(), until: LogPosition(2))
        #expect(sending.hasJustSentAll() == false)
        #expect(sending.isSynchronising(at: LogPosition(1)))
        _ = sending.advance(over: 0, 1)
        _ = sending.advance(over: 0, 2)
        #expect(sending.hasJustSentAll() == true)
        #expect(sending.hasJustSentAll() == false)
        #expect(sending.hasSentAll)
        #expect(!sending.isSynchronising(at: LogPosition(2)))
    }

    @Test func aGapIsToldWhereItWasLearntOf() {
        var sending = Sending()
        sending.learnt(of: gap, at: LogPosition(1))
        #expect(sending.takeGapDue() == nil)
        #expect(!sending.isCaughtUp(with: LogPosition(0)))
        _ = sending.advance(over: 0, 1)
        #expect(sending.takeGapDue() == gap)
        #expect(sending.takeGapDue() == nil)
        #expect(sending.isCaughtUp(with: LogPosition(1)))
    }

    /// Where a link begins anew the log says which gaps lie ahead: those that were noted before stand among them.
    @Test func aMovedCursorHasTheGapsThatTheLogNames() {
        var sending = Sending()
        sending.learnt(of: gap, at: LogPosition(9))
        var start = Log.Start(position: LogPosition(4))
        start.later = [(LogPosition(5), gap)]
        sending.start(at: start)
        #expect(sending.cursor == LogPosition(4))
        #expect(sending.gapCount == 1)
    }

    @Test func aServerThatIsNoNodeGetsNoGapsAndNothingThatIsNoLongerKept() {
        var sending = Sending()
        sending.begin(at: LogPosition(2), until: LogPosition(2))
        sending.learnt(of: gap, at: LogPosition(3))
        sending.skipForgotten(before: LogPosition(6))
        #expect(sending.cursor == LogPosition(6))
        #expect(sending.gapCount == 0)
        sending.skipForgotten(before: LogPosition(1))
        #expect(sending.cursor == LogPosition(6))
    }
}

/// Links by connection and by rank.
@Suite struct LinkTableTests {
    private func link(_ connection: UInt64, _ node: UInt64, in table: inout LinkTable) -> Link {
        Link(
            connection: ConnectionID(connection), serial: table.newSerial(), role: .child,
            kind: .node(Origin(node: NodeID(node), incarnation: Incarnation(1))), attempt: table.newAttempt(),
            contact: Contact(address: Address(host: "h", port: 7)), size: 1, at: Instant(nanoseconds: 0))
    }

    @Test func linksStandInTheOrderInWhichTheyOpened() {
        var table = LinkTable()
        let links = (1...3).map { link($0, $0, in: &table) }
        for link in links { table.add(link) }
        #expect(table.map(\.connection.value) == [1, 2, 3])
        #expect(table.map(\.serial) == [1, 2, 3])
        #expect(table[ConnectionID(2)] === links[1])
        #expect(table[ConnectionID(9)] == nil)
    }

    @Test func aReplacingLinkTakesTheRankOfTheOneThatItReplaces() {
        var table = LinkTable()
        for number in UInt64(1)...3 { table.add(link(number, number, in: &table)) }
        let newer = link(4, 2, in: &table)
        table.add(newer)
        table.moveLast(to: 1)
        #expect(table.remove(table[ConnectionID(2)]!) == true)
        #expect(table.map(\.connection.value) == [1, 4, 3])
    }

    /// Rule L6: by the connection, never by the node behind.
    @Test func takingDownALinkLeavesTheNewerOneOfItsNode() {
        var table = LinkTable()
        let (old, new) = (link(1, 7, in: &table), link(2, 7, in: &table))
        table.add(old)
        table.add(new)
        #expect(table.remove(old) == true)
        #expect(table.remove(old) == false)
        #expect(table[ConnectionID(1)] == nil)
        #expect(table[ConnectionID(2)] === new)
    }

    @Test func numbersAreNotGivenTwice() {
        var table = LinkTable()
        let gone = link(1, 7, in: &table)
        table.add(gone)
        _ = table.remove(gone)
        #expect(table.newSerial() == 2)
        #expect(table.newAttempt() == AttemptID(2))
    }
}
