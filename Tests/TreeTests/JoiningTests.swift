import Testing

@testable import Tree

/// What keeps a node out of the tree that it was to join (docs/protocol.md#attaching).
@Suite struct JoiningTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)
    private let secret = Refusal(reason: .secret, info: "wrong")
    private let silent = Refusal(reason: nil, info: "no answer")

    private func contact(_ id: UInt64, incarnation: UInt64 = 1, port: UInt16 = 1) -> Contact {
        Contact(node: NodeID(id), incarnation: Incarnation(incarnation), address: Address(host: "n", port: port))
    }

    private func unjoined(_ reason: Refusal? = nil, twin: Contact? = nil) -> Joining {
        var joining = Joining()
        _ = joining.gaveUp(because: reason, twin: twin, at: start, limits: limits)
        return joining
    }

    // MARK: The configured parent

    @Test func aFailureCountsOnlyWhileTheNodeLooksForItsFirstPosition() {
        var joining = Joining()
        joining.parentFailed(secret, isJoining: false)
        #expect(!joining.hasReason)
        joining.parentFailed(secret, isJoining: true)
        #expect(joining.failure == secret)
    }

    @Test func theLastFailureIsWhyTheNodeGaveUp() {
        var joining = Joining()
        joining.parentFailed(silent, isJoining: true)
        joining.parentFailed(secret, isJoining: true)
        #expect(joining.gaveUp(because: nil, twin: nil, at: start, limits: limits).why == secret)
        #expect(joining.gaveUp(because: silent, twin: nil, at: start, limits: limits).why == silent)
    }

    @Test func whatALaterTryShowsTakesThePlaceOfTheReason() {
        var joining = unjoined(secret)
        joining.parentFailed(silent, isJoining: false)
        #expect(joining.unjoined?.why == silent)
    }

    @Test func theReasonOfANodeThatStandsApartIsItsTwin() {
        let why = Refusal(reason: .duplicate, info: "twin")
        var joining = unjoined(why, twin: contact(7))
        joining.parentFailed(silent, isJoining: false)
        #expect(joining.unjoined?.why == why)
    }

    @Test func aNodeThatHasJoinedHasNoTrouble() {
        var joining = unjoined(secret, twin: contact(7))
        joining.joined()
        #expect(!joining.hasReason && !joining.isApart)
        #expect(joining.takeDue(at: start + .seconds(90), foreignPause: nil, limits: limits) == nil)
    }

    // MARK: Tries and notices

    /// The instants, in seconds after the start, at which the parent is tried.
    private func tries(_ joining: Joining, foreignPause: Duration? = nil, until seconds: Int) -> [Int] {
        var joining = joining
        return (1...seconds).filter { second in
            joining.takeDue(at: start + .seconds(second), foreignPause: foreignPause, limits: limits)?.attempt == true
        }
    }

    @Test func thePausesBetweenTriesGrowToTheirLimit() {
        #expect(tries(unjoined(secret), until: 100) == [1, 3, 7, 15, 31, 61, 91])
    }

    @Test func aParentThatNobodyRefusedIsTriedMoreOften() {
        #expect(tries(unjoined(silent), until: 20) == [1, 3, 7, 12, 17])
    }

    @Test func aForeignServerIsTriedAsSeldomAsItsKind() {
        #expect(tries(unjoined(silent), foreignPause: .seconds(9), until: 20) == [1, 10, 19])
    }

    @Test func peopleAreToldOnceAMinute() {
        var joining = unjoined(secret)
        let told = (1...200).filter { second in
            joining.takeDue(at: start + .seconds(second), foreignPause: nil, limits: limits)?.notice == true
        }
        #expect(told == [60, 120, 180])
    }

    // MARK: Twins

    @Test func whenTheTwinIsGoneTheParentIsTriedSoon() {
        var joining = unjoined(secret, twin: contact(7))
        _ = joining.takeDue(at: start + .seconds(40), foreignPause: nil, limits: limits)
        let gone = Refusal(reason: .busy, info: "gone")
        joining.twinGone(gone, at: start + .seconds(41), limits: limits)
        #expect(!joining.isApart)
        #expect(joining.unjoined?.why == gone)
        #expect(joining.unjoined?.nextTry == start + .seconds(42))
    }

    @Test func anUnjoinedNodeMayFindOutThatATwinIsInItsPosition() {
        var joining = unjoined(silent)
        joining.stoodApart(from: contact(7), because: secret)
        #expect(joining.isApart)
        #expect(joining.unjoined?.why == secret)
    }

    @Test func aTwinIsLookedForAtMostOnceASecond() {
        var joining = Joining()
        let allowed = [0, 999, 1000, 1001, 2000].filter { milliseconds in
            joining.mayProbeTwin(at: start + .milliseconds(milliseconds), limits: limits)
        }
        #expect(allowed == [0, 1000, 2000])
    }

    @Test func anotherLifeIsAskedOnceAndItsAnswerHoldsForAWhile() {
        var joining = Joining()
        let other = contact(7)
        func finds(_ finding: LifeChecks.Finding, begins: Bool = false, after milliseconds: Int) -> Bool {
            let check = joining.lifeCheck(of: other, at: start + .milliseconds(milliseconds), limits: limits)
            return check.finding == finding && check.begins == begins
        }
        #expect(finds(.asked, begins: true, after: 0))
        #expect(finds(.asked, after: 10))
        joining.lifeChecked(at: other.address, isAlive: true, at: start + .milliseconds(20))
        #expect(finds(.alive, after: 2020))
        #expect(finds(.asked, begins: true, after: 2021), "the finding is too old")
        joining.lifeChecked(at: other.address, isAlive: false, at: start + .milliseconds(2030))
        #expect(finds(.gone, after: 2040))
    }

    @Test func aLaterLifeAtTheSameAddressIsAnotherQuestion() {
        var joining = Joining()
        _ = joining.lifeCheck(of: contact(7), at: start, limits: limits)
        #expect(joining.lifeCheck(of: contact(7, incarnation: 2), at: start, limits: limits).begins)
    }

    @Test func onlySoManyLivesAreLookedForAtATime() {
        var joining = Joining()
        let begun = (0..<UInt16(limits.relatives) + 5).filter { number in
            joining.lifeCheck(of: contact(7, port: number), at: start, limits: limits).begins
        }
        #expect(begun.count == limits.relatives)
    }

    // MARK: Nodes that are refused

    @Test func eachRefusedNodeIsToldOfOnceAMinute() {
        var joining = Joining()
        let address = Address(host: "n", port: 9)
        let told = (0...70).filter { second in
            joining.refused(address, because: .secret, at: start + .seconds(second), limits: limits) != nil
        }
        #expect(told == [0, 60])
        #expect(joining.refused(address, because: .loop, at: start + .seconds(71), limits: limits) == 0)
    }
}
