import Testing

@testable import Tree

/// Clients that come before a node has found its position (docs/protocol.md#clients).
@Suite struct `Clients that wait for a position` {
    private func login(origins: Int = 0) -> Message {
        let components = (0..<origins).map {
            VersionVector.Component(
                origin: Origin(node: NodeID(UInt64($0 + 1)), incarnation: Incarnation(1)), sequence: 5)
        }
        return .login(Login(username: Login.anonymous, since: origins == 0 ? nil : VersionVector(components)))
    }

    @Test func `hold no more than they may together: who holds most is told and closed`() {
        let bench = NodeBench(parent: Address(host: "parent", port: 1)) { $0.limits.parkedBytes = 8192 }
        let small = (0..<3).map { _ in bench.newConnection() }
        for client in small { #expect(!bench.handle(.received(client, login())).closes(client)) }
        let large = bench.newConnection()
        #expect(!bench.handle(.received(large, login(origins: 100))).closes(large))
        // One more is too much, and it isn't the newcomer who goes.
        var effects: [Effect] = []
        var newcomers: [ConnectionID] = []
        while !effects.closes(large), newcomers.count < 100 {
            newcomers.append(bench.newConnection())
            effects = bench.handle(.received(newcomers.last!, login()))
        }
        let info = "too much waits for this server to find its position: try again later, or another one"
        #expect(effects.sent(on: large) == [.unavailable(info: info, servers: [])])
        #expect(effects.contains(.report(.tooMuchParked(clients: 3 + newcomers.count))))
        #expect(bench.node.counters.counts.refused == 1)
        for client in small + newcomers { #expect(!effects.closes(client)) }
    }

    @Test func `are told of once in a while, however many are refused`() {
        let bench = NodeBench(parent: Address(host: "parent", port: 1)) { $0.limits.parkedBytes = 1000 }
        var reports = 0
        for _ in 0..<20 {
            let effects = bench.handle(.received(bench.newConnection(), login(origins: 50)))
            reports += effects.count { if case .report(.tooMuchParked) = $0 { true } else { false } }
        }
        #expect(reports == 1)
        #expect(bench.node.counters.counts.refused == 20)
    }

    @Test func `come and go without leaving anything behind`() {
        var parked = ParkedClients()
        parked.add(login(origins: 7), of: ConnectionID(9999))
        let alone = parked.bytes
        for id in 1...1000 as ClosedRange<UInt64> {
            parked.add(login(origins: Int(id % 50)), of: ConnectionID(id))
            parked.remove(ConnectionID(id))
        }
        #expect(parked.count == 1 && parked.bytes == alone)
        #expect(parked.largest() == ConnectionID(9999))
        #expect(parked.take(atMost: 5).map(\.connection) == [ConnectionID(9999)])
        #expect(parked.isEmpty && parked.bytes == 0 && parked.largest() == nil)
    }

    @Test func `are found by what they hold, the last of the largest first`() {
        var parked = ParkedClients()
        for (id, origins) in [(1, 0), (2, 4000), (3, 100), (4, 4000), (5, 0)] as [(UInt64, Int)] {
            parked.add(login(origins: origins), of: ConnectionID(id))
        }
        for expected in [4, 2, 3] as [UInt64] {
            #expect(parked.largest() == ConnectionID(expected))
            parked.remove(ConnectionID(expected))
        }
        #expect(parked.take(atMost: 5).map(\.connection) == [ConnectionID(1), ConnectionID(5)])
    }
}
