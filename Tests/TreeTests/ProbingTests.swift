import Testing

@testable import Tree

/// Which probes are under way, and whom a root asks next (docs/protocol.md#merging).
@Suite struct ProbingTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func contact(_ port: UInt16) -> Contact {
        Contact(node: NodeID(UInt64(port)), incarnation: Incarnation(1), address: Address(host: "n", port: port))
    }

    // MARK: Probes under way

    @Test func aProbeEndsWithItsConnectionAndOnce() {
        var probing = Probing()
        let (attempt, connection) = (AttemptID(1), ConnectionID(10))
        probing.begin(attempt, to: contact(1), .outside, until: start)
        #expect(!probing.isProbing(on: connection))
        #expect(probing.connected(attempt, connection)?.contact == contact(1))
        #expect(probing.isProbing(on: connection))
        #expect(probing.ended(on: connection)?.attempt == attempt)
        #expect(probing.ended(on: connection)?.contact == nil)
        #expect(probing.count == 0)
    }

    @Test func anAttemptOfSomebodyElseIsNoProbe() {
        var probing = Probing()
        probing.begin(AttemptID(1), to: contact(1), .outside, until: start)
        #expect(probing.connected(AttemptID(2), ConnectionID(10))?.contact == nil)
        #expect(probing.connectFailed(AttemptID(2))?.contact == nil)
        #expect(probing.count == 1)
        #expect(probing.connectFailed(AttemptID(1))?.contact == contact(1))
        #expect(probing.count == 0)
    }

    @Test func lateProbesEndAndTheOthersGoOn() {
        var probing = Probing()
        for (number, seconds) in [3, 1, 2].enumerated() {
            probing.begin(
                AttemptID(UInt64(number)), to: contact(UInt16(seconds)), .verify, until: start + .seconds(seconds))
        }
        #expect(probing.earliestDeadline == start + .seconds(1))
        #expect(probing.takeLate(at: start + .seconds(2)).map(\.contact.address.port) == [1, 2])
        #expect(probing.earliestDeadline == start + .seconds(3))
        #expect(probing.takeLate(at: start + .seconds(2)).isEmpty)
    }

    @Test func aConnectionThatIsListenedToStandsFromTheStart() {
        var probing = Probing()
        probing.listen(on: ConnectionID(5), of: AttemptID(1), to: contact(1), until: start)
        #expect(probing.isProbing(on: ConnectionID(5)))
        let dial = probing.ended(on: ConnectionID(5))
        #expect(dial.map { if case .listen = $0.purpose { true } else { false } } == true)
        #expect(dial?.connection == ConnectionID(5))
    }

    // MARK: How many at a time

    @Test func eachFailureDoublesTheProbesUpToTheirLimit() {
        var probing = Probing()
        var counts: [Int] = []
        for _ in 0..<5 {
            counts.append(probing.roundBegan(isAnyAnswering: true))
            #expect(probing.outsideFailed(limits: limits) == true)
        }
        #expect(counts == [1, 2, 4, 8, 8])
        probing.answered()
        #expect(probing.roundBegan(isAnyAnswering: true) == 1)
    }

    @Test func onceEverybodyHasFailedOneIsAskedAndNobodySoon() {
        var probing = Probing()
        _ = probing.outsideFailed(limits: limits)
        #expect(probing.roundBegan(isAnyAnswering: false) == 1)
        #expect(probing.outsideFailed(limits: limits) == false)
        #expect(probing.roundBegan(isAnyAnswering: true) == 1)
    }

    // MARK: Roots of other trees

    @Test func aRootIsAskedOnceInTheOrderInWhichRootsWereNamed() {
        var probing = Probing()
        #expect(probing.heard(ofRoot: contact(1), limits: limits) == true)
        #expect(probing.heard(ofRoot: contact(2), limits: limits) == true)
        #expect(probing.heard(ofRoot: contact(1), limits: limits) == false)
        #expect(probing.takeForeignRoot() == contact(1))
        #expect(probing.heard(ofRoot: contact(1), limits: limits) == true, "it may be named again")
        #expect(probing.takeForeignRoots() == [contact(2), contact(1)])
        #expect(probing.takeForeignRoot() == nil)
    }

    @Test func rootsPastTheLimitAreHeardOfAgainLater() {
        var probing = Probing()
        let noted = (0..<100).filter { probing.heard(ofRoot: contact($0), limits: limits) }
        #expect(noted.count == limits.foreignRoots)
    }

    // MARK: Nodes that can't be in this tree

    @Test func aNodeOfAnotherOrderIsToldOfOnceUntilItMatches() {
        var probing = Probing()
        let address = contact(1).address
        #expect(probing.metMismatched(address, limits: limits) == true)
        #expect(probing.metMismatched(address, limits: limits) == false)
        probing.metMatching(address)
        #expect(probing.metMismatched(address, limits: limits) == true)
    }
}
