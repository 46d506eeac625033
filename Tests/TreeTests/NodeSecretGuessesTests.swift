import Testing

@testable import Tree

/// Who guesses at the secret of the network (docs/protocol.md#limits). On this bench it is `own`.
@Suite struct NodeSecretGuessesTests {
    private let here = PeerAddress(1)
    private let there = PeerAddress(2)

    private func ask(_ bench: NodeBench, _ secret: String, from address: PeerAddress) -> (Message?, [Effect]) {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: address))
        let effects = bench.handle(.received(connection, .status(StatusQuestion(secret: Secret(secret), id: nil))))
        bench.handle(.closed(connection))
        return (effects.sent(on: connection).first, effects)
    }

    private func isAnswered(_ message: Message?) -> Bool { if case .statusAnswer? = message { true } else { false } }

    private func info(_ message: Message?) -> String? {
        if case .authenticationFail(let refusal)? = message { refusal.info } else { nil }
    }

    private func bench(free: Int) -> NodeBench {
        NodeBench { $0.limits.nodeSecretsPerAddress.free = free }
    }

    @Test func wrongOnesHaveToWaitByAddressAndTheRightOneOfOthersDoesNot() {
        let bench = bench(free: 3)
        let right = bench.node.configuration.ownSecret.text
        for _ in 0..<3 { #expect(info(ask(bench, "x", from: here).0) == "the supplied secret is incorrect") }
        let pause = "too many wrong secrets from your address: try again in 1 s"
        #expect(info(ask(bench, "x", from: here).0) == pause)
        // It isn't looked at: else a pause would cost a guesser nothing.
        #expect(info(ask(bench, right, from: here).0) == pause)
        #expect(isAnswered(ask(bench, right, from: there).0))
        bench.wait(1000)
        #expect(isAnswered(ask(bench, right, from: here).0))
    }

    @Test func thisMachineHasMoreTriesForNodesThatWereStartedWithAWrongOne() {
        let bench = NodeBench { $0.limits.loopback?.nodeSecrets.free = 20 }
        for _ in 0..<20 { #expect(info(ask(bench, "x", from: .loopback).0) == "the supplied secret is incorrect") }
        let pause = "too many wrong secrets from your address: try again in 1 s"
        #expect(info(ask(bench, "x", from: .loopback).0) == pause)
    }

    @Test func whoShowedTheRightOneIsKeptOutByNobodyBeside() {
        let bench = bench(free: 2)
        let right = bench.node.configuration.ownSecret.text
        #expect(isAnswered(ask(bench, right, from: here).0))
        for _ in 0..<9 { _ = ask(bench, "x", from: here) }
        #expect(isAnswered(ask(bench, right, from: here).0))
    }

    @Test func thatIsToldOnceInAWhileWithHowOftenItWas() {
        let bench = bench(free: 100)
        var told: [Int] = []
        func note(_ effects: [Effect]) {
            for case .report(.wrongNodeSecrets(_, let count)) in effects { told.append(count) }
        }
        for _ in 0..<50 { note(ask(bench, "x", from: here).1) }
        #expect(told == [1])
        bench.wait(10_000)
        note(ask(bench, "x", from: there).1)
        #expect(told == [1, 50])
    }
}
