import Testing

@testable import Tree

/// How far a node has got with leaving in order (docs/protocol.md#leaving).
@Suite struct DrainingTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)
    private let heir = Contact(
        node: NodeID(2), incarnation: Incarnation(1), address: Address(host: "n", port: 2))

    private func begun(heir: Contact? = nil) -> Draining {
        var draining = Draining()
        _ = draining.begin(heir: heir, at: start, limits: limits)
        return draining
    }

    @Test func aNodeThatDoesNotLeaveHasNothingToDo() {
        var draining = Draining()
        #expect(!draining.hasBegun)
        #expect(draining.next(Draining.Situation(), at: start) == nil)
        #expect(draining.deadline == nil)
    }

    @Test func othersAreWaitedForAFifthOfTheTime() {
        var draining = Draining()
        #expect(draining.begin(heir: nil, at: start, limits: limits) == start + .seconds(1))
        #expect(draining.deadline == start + .seconds(5))
    }

    @Test func aNodeWithNothingLeftLeavesAtOnceAndOnce() {
        var draining = begun()
        #expect(draining.next(Draining.Situation(), at: start) == .leave)
        #expect(draining.next(Draining.Situation(), at: start) == nil)
        #expect(draining.hasBegun)
    }

    @Test func clientsAndMessagesAreWaitedForUntilTheDeadline() {
        for situation in [Draining.Situation(hasClients: true), Draining.Situation(hasQueued: true)] {
            var draining = begun()
            #expect(draining.next(situation, at: start + .milliseconds(4999)) == nil)
            #expect(draining.next(situation, at: start + .seconds(5)) == .leave)
        }
    }

    @Test func childrenAreWaitedForOnlyAsLongAsOtherNodes() {
        var draining = begun()
        let situation = Draining.Situation(hasChildren: true)
        #expect(draining.next(situation, at: start + .milliseconds(999)) == nil)
        #expect(draining.next(situation, at: start + .seconds(1)) == .leave)
    }

    @Test func aRootWaitsUntilItsHeirIsNoLongerBelowAndGoesUnderIt() {
        var draining = begun(heir: heir)
        #expect(draining.heir == heir)
        #expect(draining.next(Draining.Situation(isHeirBelow: true, hasChildren: true), at: start) == nil)
        #expect(draining.next(Draining.Situation(), at: start) == .goUnder(heir: heir))
        #expect(draining.next(Draining.Situation(isSearching: true), at: start) == nil)
        #expect(draining.next(Draining.Situation(hasParent: true), at: start) == .sendEverybodyOn)
        #expect(draining.heir == nil)
        #expect(draining.next(Draining.Situation(hasParent: true), at: start) == .leave)
    }

    @Test func aRootTriesToComeUnderItsHeirThreeTimes() {
        var draining = begun(heir: heir)
        for _ in 0..<3 { #expect(draining.next(Draining.Situation(), at: start) == .goUnder(heir: heir)) }
        #expect(draining.next(Draining.Situation(isSearching: true), at: start) == nil)
        #expect(draining.next(Draining.Situation(), at: start) == .sendEverybodyOn)
    }

    @Test func anHeirThatAnswersNothingIsNotWaitedForLonger() {
        var draining = begun(heir: heir)
        let situation = Draining.Situation(isHeirBelow: true)
        #expect(draining.next(situation, at: start + .milliseconds(999)) == nil)
        #expect(draining.next(situation, at: start + .seconds(1)) == .sendEverybodyOn)
    }

    @Test func aNodeThatHasSaidTheLastIsDone() {
        var draining = begun()
        #expect(!draining.isDone)
        draining.saidTheLast()
        #expect(draining.isDone)
    }
}
