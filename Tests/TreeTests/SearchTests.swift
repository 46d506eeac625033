import Testing

@testable import Tree

/// Whom a node without a parent dials and asks (docs/protocol.md#healing).
@Suite struct SearchTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)
    private let origin = Origin(node: NodeID(50), incarnation: Incarnation(1))

    private func contact(_ port: UInt16) -> Contact {
        Contact(node: NodeID(UInt64(port)), incarnation: Incarnation(1), address: Address(host: "n", port: port))
    }

    private func healing(_ ports: [UInt16], rounds: Int = 0) -> Search {
        Search(purpose: .healing(rounds: rounds, silentRoot: nil), candidates: ports.map(contact), at: start)
    }

    private func merging(under winner: UInt16, by members: [UInt16] = []) -> Search {
        Search(purpose: .merging(under: contact(winner)), candidates: ([winner] + members).map(contact), at: start)
    }

    private func after(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }

    /// Dials all that is due and answers whom.
    private func dial(_ search: Search, after milliseconds: Int = 0, limits: Limits = Limits()) -> [UInt16] {
        var dialled: [UInt16] = []
        while search.isDialDue(at: after(milliseconds), limits: limits) {
            let contact = search.dial(
                as: AttemptID(UInt64(100 + search.connectionCount)), at: after(milliseconds), limits: limits
            ).begun.contact
            dialled.append(contact.address.port)
        }
        return dialled
    }

    /// Has the only dial of a search connect, and asks there.
    private func ask(_ search: Search, _ connection: UInt64 = 1, after milliseconds: Int = 0) throws {
        let attempt = try #require(search.dials.first?.attempt)
        #expect(search.connected(attempt, ConnectionID(connection)))
        let next = try #require(search.takeCandidateToAsk())
        _ = search.asked(
            next.dial, on: next.connection, isLocked: true, told: Marks(), at: after(milliseconds), limits: limits)
    }

    private func refuse(
        _ search: Search, _ reason: Refusal.Reason, by port: UInt16, others: [UInt16] = [], follows: Bool = true
    ) {
        search.questionEnded()
        let refusal = Refusal(reason: reason, info: "no", others: others.map(contact))
        search.refused(refusal, by: contact(port), origin: origin, follows: follows, limits: limits, at: start)
    }

    // MARK: Dialling

    @Test func theFirstCandidateIsDialledAtOnceAndTheOthersOneAfterTheOther() {
        let search = healing([1, 2, 3])
        #expect(dial(search) == [1])
        #expect(search.nextDialing(at: start, limits: limits) == after(50))
        #expect(dial(search, after: 49) == [])
        #expect(dial(search, after: 50) == [2])
    }

    @Test func aCandidateIsDialledAtOnceWhenNobodyElseIs() throws {
        let search = healing([1, 2])
        #expect(dial(search) == [1])
        let failed = try #require(search.dials.first).attempt
        #expect(search.connectFailed(failed)?.contact == contact(1))
        #expect(search.connectFailed(failed)?.contact == nil)
        #expect(dial(search, after: 1) == [2])
    }

    @Test func onlySoManyAreDialledAtATimeAndAHangingDialGivesWay() {
        var few = limits
        few.parallelDials = 2
        let search = healing([1, 2, 3])
        #expect(dial(search, limits: few) == [1])
        #expect(dial(search, after: 50, limits: few) == [2])
        #expect(!search.isDialDue(at: after(299), limits: few))
        #expect(search.nextDialing(at: after(100), limits: few) == after(300))
        #expect(search.isDialDue(at: after(300), limits: few))
        let third = search.dial(as: AttemptID(3), at: after(300), limits: few)
        #expect(third.begun.contact == contact(3))
        #expect(third.abandoned?.contact == contact(1))
    }

    @Test func aDialThatStandsIsNotLate() {
        let search = healing([1, 2])
        _ = dial(search)
        _ = dial(search, after: 50)
        #expect(search.connected(search.dials[1].attempt, ConnectionID(2)))
        #expect(search.takeLateDials(at: after(999)).isEmpty)
        #expect(search.takeLateDials(at: after(5000)).map(\.contact) == [contact(1)])
        #expect(search.dials.map(\.contact) == [contact(2)])
    }

    // MARK: Asking

    @Test func oneCandidateIsAskedAtATime() throws {
        let search = healing([1, 2])
        _ = dial(search)
        try ask(search)
        #expect(search.isAsking(on: ConnectionID(1)))
        #expect(dial(search, after: 50) == [2])
        #expect(search.connected(search.dials[0].attempt, ConnectionID(2)))
        #expect(search.takeCandidateToAsk()?.connection == nil)
        search.questionEnded()
        #expect(search.takeCandidateToAsk()?.connection == ConnectionID(2))
    }

    @Test func aQuestionIsLateAfterASecond() throws {
        let search = healing([1])
        _ = dial(search)
        try ask(search, after: 10)
        #expect(search.nextDeadline(after: after(10)) == after(1010))
        #expect(search.takeLateQuestion(at: after(1009))?.contact == nil)
        #expect(search.takeLateQuestion(at: after(1010))?.contact == contact(1))
        #expect(search.asking?.contact == nil)
    }

    @Test func aLostConnectionTellsWhetherItsCandidateWasAsked() throws {
        let search = healing([1, 2])
        _ = dial(search)
        try ask(search)
        _ = dial(search, after: 50)
        #expect(search.connected(search.dials[0].attempt, ConnectionID(2)))
        #expect(search.uses(ConnectionID(1)) && search.uses(ConnectionID(2)))
        #expect(search.lost(ConnectionID(2))?.wasAsked == false)
        #expect(search.lost(ConnectionID(1))?.wasAsked == true)
        #expect(search.lost(ConnectionID(1))?.candidate == nil)
        #expect(search.connectionCount == 0)
    }

    // MARK: Refusals

    @Test func aFullNodeIsFollowedDownwardOnceToEach() {
        let search = healing([1, 2])
        _ = dial(search)
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .full, by: 1, others: [3, 2, 50, 4])
        #expect(dial(search, after: 0) == [3], "this node itself and candidates are left out")
        refuse(search, .full, by: 3, others: [1, 3, 4])
        #expect(dial(search, after: 50) == [4])
        #expect(dial(search, after: 100) == [2])
    }

    @Test func aFullRootIsAskedOnceMoreWhenNobodyThatItNamesCanBeHad() {
        let search = merging(under: 1)
        _ = dial(search)
        refuse(search, .full, by: 1, others: [2, 3])
        let nobodyFails: (Contact) -> Bool = { _ in false }
        #expect(!search.hasNobodyBut(full: contact(1).address, hasFailed: nobodyFails))
        #expect(!search.roundEnded(at: start, limits: limits))
        search.beginRound(with: [contact(1)], at: start)
        refuse(search, .busy, by: 2)
        #expect(!search.hasNobodyBut(full: contact(1).address, hasFailed: nobodyFails))
        let third = contact(3).address
        let thirdFails: (Contact) -> Bool = { $0.address == third }
        #expect(search.hasNobodyBut(full: contact(1).address, hasFailed: thirdFails))
        #expect(!search.hasNobodyBut(full: contact(2).address, hasFailed: thirdFails), "it wasn't full")
        #expect(search.roundEnded(at: start, limits: limits))
    }

    @Test func membersOfTheWinnersTreeThatTellOfItLaterAreAskedAsWell() {
        let search = merging(under: 1)
        #expect(dial(search) == [1])
        #expect(search.met(contact(2), ofTreeOf: contact(1), limits: limits))
        #expect(!search.met(contact(2), ofTreeOf: contact(1), limits: limits), "it is one already")
        #expect(!search.met(contact(1), ofTreeOf: contact(1), limits: limits), "it is the winner")
        #expect(!search.met(contact(3), ofTreeOf: contact(9), limits: limits), "it is of another tree")
        #expect(dial(search, after: 50) == [2])
        for port in 3..<10 as Range<UInt16> { _ = search.met(contact(port), ofTreeOf: contact(1), limits: limits) }
        #expect(search.members.count == Limits.mergingMembers)
        // The label of a member may have to rise first.
        #expect((0..<Limits.bridgeRounds).allSatisfy { _ in !search.roundEnded(at: start, limits: limits) })
        #expect(search.roundEnded(at: start, limits: limits))
        #expect(!healing([]).met(contact(2), ofTreeOf: contact(1), limits: limits))
    }

    @Test func aSearchThatFollowsNobodyStaysWithItsCandidates() {
        let search = healing([1])
        _ = dial(search)
        refuse(search, .full, by: 1, others: [3], follows: false)
        #expect(dial(search, after: 50) == [])
    }

    @Test func aReferralBetweenTwoRoundsIsNoRoundOfItsOwn() {
        let search = healing([], rounds: 1)
        #expect(!search.roundEnded(at: start, limits: limits))
        search.pauses(until: after(300))
        refuse(search, .full, by: 1, others: [2])
        #expect(search.nextRound == nil)
        #expect(dial(search) == [2])
        #expect(!search.roundEnded(at: start, limits: limits), "it is the first round again")
        #expect(search.roundEnded(at: start, limits: limits))
    }

    @Test func aCandidateWithALowLabelIsLeftOutUntilItRules() {
        let search = healing([1])
        _ = dial(search)
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .low, by: 1)
        #expect(search.leavesOut(contact(1).address))
        let appeared = search.rootAppeared(contact(1), label: label(1), at: start)
        #expect(appeared.isCandidate)
        #expect(!search.leavesOut(contact(1).address))
        #expect(dial(search, after: 50) == [1])
        #expect(!search.rootAppeared(contact(1), label: label(2), at: after(60)).isCandidate, "it is being dialled")
    }

    private func label(_ term: UInt64) -> Label { Label(term: term, root: NodeID(1), depth: 0) }

    /// A root that is full may show itself many times a second, and the nodes that it names have to get their turn.
    @Test func aRootThatShowsTheSameLabelAgainIsNotAskedAgain() {
        let search = healing([1])
        _ = dial(search)
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .full, by: 1)
        #expect(search.rootAppeared(contact(1), label: label(5), at: after(50)).isCandidate)
        #expect(dial(search, after: 100) == [1])
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .full, by: 1)
        #expect(!search.rootAppeared(contact(1), label: label(5), at: after(150)).isCandidate)
        #expect(search.rootAppeared(contact(1), label: label(6), at: after(200)).isCandidate)
    }

    @Test func aRootToWhichADialHangsIsDialledAgain() {
        let search = healing([1])
        _ = dial(search)
        let hanging = search.dials[0].attempt
        let appeared = search.rootAppeared(contact(1), label: label(1), at: after(300))
        #expect(appeared.isCandidate)
        #expect(appeared.abandoned?.attempt == hanging)
    }

    @Test func aCandidateThatCanNotTellWhatWasLeftOutIsAskedOnceMore() {
        let search = healing([1])
        _ = dial(search)
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .vector, by: 1)
        #expect(search.namesAll(to: contact(1).address))
        #expect(dial(search) == [1])
        _ = search.connectFailed(search.dials[0].attempt)
        refuse(search, .vector, by: 1)
        #expect(dial(search, after: 100) == [])
    }

    @Test func aWinnerThatRefusesSaysItselfWhereToGo() {
        let search = merging(under: 1, by: [2])
        _ = dial(search)
        refuse(search, .full, by: 1, others: [3])
        #expect(dial(search, after: 50) == [3])
        #expect(dial(search, after: 500) == [])
    }

    @Test func whoeverIsBusyEndsAMergeAndNoOtherSearch() {
        let merge = merging(under: 1, by: [2, 3])
        _ = dial(merge)
        _ = merge.connectFailed(merge.dials[0].attempt)
        refuse(merge, .busy, by: 2)
        #expect(merge.endOfRound == start)
        let search = healing([1, 2])
        _ = dial(search)
        refuse(search, .busy, by: 1)
        #expect(dial(search, after: 50) == [2])
    }

    @Test func theTwinIsWhoeverHasThisNodesIdentity() {
        let search = healing([1])
        refuse(search, .duplicate, by: 1, others: [2, 50])
        #expect(search.twin == contact(50))
    }

    // MARK: What people are told

    @Test func eachTroubleWithTheParentIsToldOnce() {
        let search = Search(purpose: .joining(until: after(10_000)), candidates: [], at: start)
        let busy = Refusal(reason: .busy, info: "wait")
        let secret = Refusal(reason: .secret, info: "wrong")
        #expect(search.parentFailed(busy) == .retrying)
        #expect(search.parentFailed(busy) == nil)
        #expect(search.parentFailed(Refusal(reason: nil, info: "no answer")) == .retrying)
        #expect(!search.isRefusedForGood)
        #expect(search.parentFailed(secret) == .refused)
        #expect(search.parentFailed(secret) == nil)
        #expect(search.isRefusedForGood)
        #expect(search.parentFailed(Refusal(reason: .clock, info: "late")) == .refused)
    }

    // MARK: Rounds

    @Test func aRoundOfAHealingNodeEndsWithoutTheDialsThatHang() {
        let search = healing([1])
        #expect(search.endOfRound == nil)
        _ = dial(search)
        #expect(search.endOfRound == after(300))
    }

    @Test func aJoiningNodeWaitsForItsParentsDial() {
        let search = Search(purpose: .joining(until: after(10_000)), candidates: [contact(1)], at: start)
        _ = dial(search)
        #expect(search.endOfRound == nil)
        _ = search.connectFailed(search.dials[0].attempt)
        #expect(search.endOfRound == start)
    }

    @Test func aSearchEndsByItsPurpose() {
        let joining = Search(purpose: .joining(until: after(10_000)), candidates: [], at: start)
        #expect(!joining.roundEnded(at: after(9_999), limits: limits))
        #expect(joining.roundEnded(at: after(10_000), limits: limits))
        let heir = healing([], rounds: 2)
        #expect(
            [heir.roundEnded(at: start, limits: limits), heir.roundEnded(at: start, limits: limits)] == [false, false])
        #expect(heir.roundEnded(at: start, limits: limits))
        #expect(merging(under: 1).roundEnded(at: start, limits: limits))
    }

    @Test func aNewRoundAsksAgainWhoRefusedInTheLastOne() {
        let search = healing([1])
        _ = dial(search)
        refuse(search, .full, by: 1, others: [])
        _ = search.connectFailed(search.dials[0].attempt)
        search.pauses(until: after(300))
        search.beginRound(with: [contact(2)], at: after(300))
        refuse(search, .full, by: 2, others: [1])
        #expect(dial(search, after: 300) == [1])
    }

    // MARK: Bounds

    @Test func ofAThousandNodesThatAFullOneNamesSoManyAreAskedAsARoundAsks() throws {
        let search = healing([1])
        _ = dial(search)
        try ask(search)
        refuse(search, .full, by: 1, others: Array(1000..<2000))
        var asked: Set<UInt16> = []
        for second in 1...200 {
            asked.formUnion(dial(search, after: second * 1000))
            for late in search.takeLateDials(at: after(second * 1000 + 999)) { asked.insert(late.contact.address.port) }
        }
        #expect(asked == Set(1000..<1016))
    }

    /// Each names others, which are as full.
    @Test func fullNodesThatNameEverOthersEndARound() throws {
        let search = healing([1])
        var next: UInt16 = 1000
        var questions = 0
        while !dial(search, after: questions * 1000).isEmpty || !search.dials.isEmpty, questions < 1000 {
            guard let attempt = search.dials.first?.attempt else { break }
            questions += 1
            #expect(search.connected(attempt, ConnectionID(UInt64(questions))))
            let candidate = try #require(search.takeCandidateToAsk())
            refuse(search, .full, by: candidate.dial.contact.address.port, others: Array(next..<next + 16))
            next += 16
        }
        #expect(questions == 1 + Limits.followedPerRound)
    }
}
