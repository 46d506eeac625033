import Testing

@testable import Tree

/// Seeds that names lead to.
@Suite struct SeedsTests {
    private let first = Address(host: "10.0.0.1", port: 3780)
    private let second = Address(host: "10.0.0.2", port: 3780)
    private let fixed = Address(host: "fixed", port: 3780)

    private func dialled(_ effects: [Effect]) -> [Address] {
        effects.compactMap { if case .connect(_, let address, _) = $0 { address } else { nil } }
    }

    @Test func newAddressesAreTriedSoonAndLaterOnesTakeTheirPlace() {
        let bench = NodeBench()
        bench.wait(1)
        bench.handle(.seedsNamed([first]))
        #expect(bench.node.isAlone && bench.node.isRoot)
        #expect(dialled(bench.wait(250)).contains(first))

        bench.handle(.seedsNamed([second]))
        let later = dialled(bench.wait(20_000))
        #expect(later.contains(second))
        #expect(!later.contains(first), "a name doesn't lead there any more")
    }

    @Test func configuredSeedsStayWhateverNamesLeadTo() {
        let configuration = NodeBench { $0.seeds = [fixed] }.node.configuration
        var deadpool = Deadpool(configuration: configuration, at: Instant(nanoseconds: 0))
        let added = deadpool.named([first, fixed, first])
        #expect(added)
        #expect(deadpool.seeds.map(\.address) == [fixed, first])
        let again = deadpool.named([first])
        #expect(!again)
        let fewer = deadpool.named([])
        #expect(!fewer)
        #expect(deadpool.seeds.map(\.address) == [fixed])
    }

    @Test func theOwnAddressIsNoSeed() {
        let bench = NodeBench()
        var deadpool = Deadpool(configuration: bench.node.configuration, at: Instant(nanoseconds: 0))
        _ = deadpool.named([bench.node.configuration.address, first, second])
        #expect(deadpool.seeds.map(\.address) == [first, second])

        // Another name of this machine.
        deadpool.ledHere(first)
        #expect(deadpool.seeds.map(\.address) == [second])
        _ = deadpool.named([second, first])
        #expect(deadpool.seeds.map(\.address) == [second])
        // Somebody else has that address by now.
        _ = deadpool.named([second])
        _ = deadpool.named([second, first])
        #expect(deadpool.seeds.map(\.address) == [second, first])
    }

    @Test func anAddressThatLedHereIsNotProbedAgain() {
        let bench = NodeBench()
        bench.wait(1)
        bench.handle(.seedsNamed([first]))
        var attempt: AttemptID?
        for effect in bench.wait(250) { if case .connect(let id, first, _) = effect { attempt = id } }
        guard let attempt else {
            Issue.record("the address isn't tried")
            return
        }
        let connection = bench.newConnection()
        let probe = bench.handle(.connected(attempt, connection)).compactMap { effect -> Probe? in
            if case .send(connection, .probe(let probe)) = effect { probe } else { nil }
        }.first
        guard let probe else {
            Issue.record("no probe is sent")
            return
        }
        bench.handle(.received(connection, .probed(probe)))
        #expect(!dialled(bench.wait(20_000)).contains(first))
    }
}
