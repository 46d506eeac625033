import Testing

@testable import Tree

/// Connections that have not shown who they are (docs/protocol.md#limits).
@Suite struct PendingConnectionsTests {
    private let here = PeerAddress(1)
    private let there = PeerAddress(2)

    private func bench(_ change: @escaping (inout Limits) -> Void) -> NodeBench {
        NodeBench { change(&$0.limits) }
    }

    private func opened(_ bench: NodeBench, from address: PeerAddress) -> (connection: ConnectionID, effects: [Effect])
    {
        let connection = bench.newConnection()
        return (connection, bench.handle(.opened(connection, from: address)))
    }

    @Test func whoSaysNothingIsToldAndClosed() {
        let bench = bench { _ in }
        let (silent, _) = opened(bench, from: here)
        #expect(!bench.wait(4900).closes(silent))
        let effects = bench.wait(200)
        #expect(effects.closes(silent))
        #expect(effects.sent(on: silent) == [.invalidMessage(info: "no command came within 5000 ms")])
    }

    @Test func whoHasLoggedInMaySayNothingForEver() {
        let bench = bench { _ in }
        let (client, _) = opened(bench, from: here)
        bench.handle(.received(client, .login(Login(username: Login.anonymous))))
        #expect(!bench.wait(60_000).closes(client))
    }

    @Test func pastTheLimitOfAnAddressItsOldestGoes() {
        let bench = bench { $0.strangersPerAddress = 2 }
        let first = opened(bench, from: here)
        let elsewhere = opened(bench, from: there)
        let second = opened(bench, from: here)
        let third = opened(bench, from: here)
        #expect(third.effects.closes(first.connection))
        #expect(![elsewhere, second, third].contains { third.effects.closes($0.connection) })
    }

    @Test func pastTheLimitInAllTheOldestGoesAndNotWhoWaitsForAnAnswer() {
        let bench = bench { $0.strangers = 2 }
        let waiting = opened(bench, from: here)
        bench.handle(.received(waiting.connection, .login(Login(username: "x", secret: Secret("s")))))
        let idle = opened(bench, from: there)
        let third = opened(bench, from: here)
        #expect(third.effects.closes(idle.connection))
        #expect(!third.effects.closes(waiting.connection))
    }

    @Test func thisMachineIsLeftAloneUnlessAnOperatorWantsOtherwise() {
        let bench = bench { $0.strangersPerAddress = 1 }
        let first = opened(bench, from: .loopback)
        #expect(!opened(bench, from: .loopback).effects.closes(first.connection))
        let strict = self.bench { ($0.strangersPerAddress, $0.limitsLoopback) = (1, true) }
        let second = opened(strict, from: .loopback)
        #expect(opened(strict, from: .loopback).effects.closes(second.connection))
    }

    @Test func aThousandThatComeAndGoLeaveNothingBehind() {
        let bench = bench { _ in }
        for _ in 0..<1000 {
            let (connection, _) = opened(bench, from: here)
            bench.handle(.closed(connection))
        }
        #expect(bench.node.admission.pending.count == 0)
        #expect(bench.node.admission.pending.countedInAll == 0)
    }
}
