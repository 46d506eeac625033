import Testing

@testable import Tree

private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

@Suite struct `Clients that say nothing` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)
    private let limit = Duration.milliseconds(100)

    private func idle(_ clients: inout IdleClients, at now: Instant, atMost count: Int = 10) -> [ConnectionID] {
        clients.takeIdle(at: now, limit: limit, atMost: count) { _ in false }.idle
    }

    @Test func `are idle when they have said nothing for the whole time`() {
        var clients = IdleClients()
        #expect(clients.spoke(anna, at: at(0), limit: limit) == at(100))
        #expect(clients.spoke(ben, at: at(10), limit: limit) == at(110))
        #expect(clients.spoke(anna, at: at(60), limit: limit) == nil)
        #expect(idle(&clients, at: at(109)) == [])
        #expect(idle(&clients, at: at(110)) == [ben])
        #expect(idle(&clients, at: at(159)) == [])
        #expect(idle(&clients, at: at(160)) == [anna])
    }

    @Test func `aren't idle while they aren't read from, and have the whole time again afterwards`() {
        var clients = IdleClients()
        _ = clients.spoke(anna, at: at(0), limit: limit)
        #expect(clients.takeIdle(at: at(100), limit: limit, atMost: 10) { _ in true }.idle == [])
        #expect(idle(&clients, at: at(199)) == [])
        #expect(idle(&clients, at: at(200)) == [anna])
    }

    @Test func `have the time of a new limit, counted from what they said last`() {
        var clients = IdleClients()
        _ = clients.spoke(anna, at: at(0), limit: limit)
        _ = clients.spoke(ben, at: at(30), limit: limit)
        #expect(clients.limitChanged(to: .milliseconds(50)) == at(50))
        let (idle, next) = clients.takeIdle(at: at(50), limit: .milliseconds(50), atMost: 10) { _ in false }
        #expect(idle == [anna])
        #expect(next == at(80))
        #expect(clients.limitChanged(to: nil) == nil)
        #expect(clients.count == 0)
    }

    @Test func `are told of in portions, and leave nothing behind`() {
        var clients = IdleClients()
        for number: UInt64 in 0..<5 { _ = clients.spoke(ConnectionID(number), at: at(0), limit: limit) }
        clients.left(ConnectionID(4))
        #expect(idle(&clients, at: at(100), atMost: 3).count == 3)
        let (rest, next) = clients.takeIdle(at: at(100), limit: limit, atMost: 3) { _ in false }
        #expect(rest == [ConnectionID(3)])
        #expect(next == nil)
        for number: UInt64 in 0..<4 { clients.left(ConnectionID(number)) }
        #expect(clients.count == 0)
    }
}

/// The limit on idle clients, and `PING` (docs/protocol.md#limits).
@Suite struct IdleClientsTests {
    private func bench(seconds: Int? = 60) -> NodeBench {
        NodeBench { $0.limits.idleTimeout = seconds.map { .seconds($0) } }
    }

    private func success(_ effects: [Effect], on client: ConnectionID) -> LoginSuccess? {
        if case .loginSuccess(let success)? = effects.sent(on: client).first { success } else { nil }
    }

    @Test func whoSaysNothingIsToldAndClosedAndWhoSaysPingIsKept() {
        let bench = bench()
        let silent = bench.client()
        let pinging = bench.client()
        let talking = bench.client()
        var effects: [Effect] = []
        for number in 0..<7 {
            effects += bench.wait(10_000)
            let id = "\(number)"
            #expect(bench.handle(.received(pinging, .ping(id: id))).sent(on: pinging) == [.pong(id: id)])
            if number % 5 == 0 { _ = bench.say("{}", on: talking) }
        }
        let info = "nothing came from you for 60 s: log in again, and say PING in between to be kept"
        #expect(effects.sent(on: silent).contains(.invalidMessage(info: info)))
        #expect(effects.closes(silent))
        #expect(!effects.closes(pinging) && !effects.closes(talking))
        #expect(bench.node.status.counts.idleClients == 1)
        #expect(bench.wait(60_000).closes(pinging))
        #expect(bench.node.admission.idle.count == 0)
    }

    @Test func howManyWereClosedIsSaidOnceInAWhile() {
        let bench = bench()
        var told: [Int] = []
        func note(_ effects: [Effect]) {
            for case .report(.clientsIdle(let count)) in effects { told.append(count) }
        }
        for _ in 0..<3 { _ = bench.client() }
        bench.wait(5000)
        for _ in 0..<2 { _ = bench.client() }
        bench.wait(7000)
        _ = bench.client()
        note(bench.wait(70_000))
        #expect(told == [3, 3])
    }

    @Test func whoIsNotReadFromIsNotIdle() {
        let bench = bench()
        let client = bench.client()
        bench.handle(.congested(client))
        #expect(!bench.wait(600_000).closes(client))
        bench.handle(.drained(client))
        #expect(bench.wait(61_000).closes(client))
    }

    @Test func thousandsAreClosedInPortions() {
        let bench = bench()
        for _ in 0..<500 { _ = bench.client() }
        bench.wait(59_999)
        var turns: [Int] = []
        while bench.node.load > 0, turns.count < 10 {
            let before = bench.node.load
            bench.wait(1)
            turns.append(before - bench.node.load)
        }
        #expect(turns == [200, 200, 100])
    }

    @Test func clientsAreToldOfTheLimitAtTheirLogin() {
        func told(_ bench: NodeBench) -> Duration? {
            let client = bench.newConnection()
            return success(
                bench.handle(.received(client, .login(Login(username: Login.anonymous)))), on: client)?.idleTimeout
        }
        #expect(told(bench(seconds: 60)) == .seconds(60))
        #expect(told(bench(seconds: nil)) == nil)
    }

    @Test func whoHasNotLoggedInGetsNoPong() {
        let bench = bench(seconds: nil)
        let stranger = bench.newConnection()
        bench.handle(.opened(stranger, from: PeerAddress(1)))
        let effects = bench.handle(.received(stranger, .ping(id: nil)))
        #expect(effects.sent(on: stranger) == [.authenticationFail(Refusal(reason: nil, info: "client not login"))])
        #expect(effects.closes(stranger))
    }

    @Test func aPingIsAnsweredWithoutALimitToo() {
        let bench = bench(seconds: nil)
        let client = bench.client()
        #expect(bench.handle(.received(client, .ping(id: nil))).sent(on: client) == [.pong(id: nil)])
        #expect(bench.node.admission.idle.count == 0)
    }
}
