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

    @Test func thisMachineHasGreaterLimitsAndNoneIfItIsTrusted() {
        let bench = bench {
            $0.strangersPerAddress = 1
            $0.loopback?.strangers = 2
        }
        let first = opened(bench, from: .loopback)
        #expect(!opened(bench, from: .loopback).effects.closes(first.connection))
        #expect(opened(bench, from: .loopback).effects.closes(first.connection))
        let trusting = self.bench { ($0.strangersPerAddress, $0.strangers, $0.loopback) = (1, 1, nil) }
        let second = opened(trusting, from: .loopback)
        #expect(!opened(trusting, from: .loopback).effects.closes(second.connection))
    }

    @Test func whoSaysNothingOnThisMachineHasTimeToType() {
        let bench = bench { _ in }
        let (silent, _) = opened(bench, from: .loopback)
        let (elsewhere, _) = opened(bench, from: here)
        #expect(bench.wait(59_900).closes(elsewhere))
        let effects = bench.wait(200)
        #expect(effects.closes(silent))
        #expect(effects.sent(on: silent) == [.invalidMessage(info: "no command came within 60000 ms")])
        let trusting = self.bench { $0.loopback = nil }
        let (trusted, _) = opened(trusting, from: .loopback)
        #expect(!trusting.wait(600_000).closes(trusted))
    }

    @Test func aToolThatWasAnsweredAndAsksNothingMoreIsToldAndClosed() {
        let bench = bench { _ in }
        let (tool, _) = opened(bench, from: here)
        let question = Message.administer(AccountRequest(secret: Secret("own"), action: .list(page: 0)))
        for _ in 0..<2 {
            bench.handle(.received(tool, question))
            #expect(!bench.wait(59_900).closes(tool))
        }
        let effects = bench.wait(200)
        #expect(effects.closes(tool))
        let info = "neither a login nor another question came within 60000 ms"
        #expect(effects.sent(on: tool) == [.invalidMessage(info: info)])
    }

    @Test func whoHasRegisteredAndDoesNotLogInIsToldAndClosed() {
        let bench = NodeBench { $0.keepsAccounts = false }
        func registered(_ name: String) -> ConnectionID {
            let (client, _) = opened(bench, from: here)
            for case .hash(let ticket, _) in bench.handle(
                .received(client, .register(username: name, secret: Secret("s"))))
            {
                bench.handle(.hashed(ticket, "s"))
            }
            return client
        }
        let idle = registered("anna")
        let user = registered("ben")
        let login = Login(username: "ben", secret: Secret("s"))
        bench.wait(30_000)
        #expect(bench.handle(.received(user, .login(login))).sent(on: user).count == 1)
        let effects = bench.wait(31_000)
        #expect(effects.closes(idle))
        #expect(!effects.closes(user))
    }

    @Test func aLoginThatWaitsForItsAnswerIsTheNodesBusiness() {
        let bench = NodeBench { ($0.keepsAccounts, $0.limits.proofs) = (false, 0) }
        let (client, _) = opened(bench, from: here)
        let registering = bench.handle(.received(client, .register(username: "anna", secret: Secret("s"))))
        for case .hash(let ticket, _) in registering { bench.handle(.hashed(ticket, "s")) }
        bench.wait(59_000)
        bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("wrong")))))
        #expect(bench.node.admission.hashQueue.underWay == 1)
        #expect(!bench.wait(60_000).closes(client))
    }

    @Test func pastTheClientsOfAnAddressItsFurtherOnesAreToldAndOthersGetIn() {
        let bench = bench { $0.clientsPerAddress = 2 }
        func logIn(from address: PeerAddress) -> (client: ConnectionID, effects: [Effect]) {
            let (client, _) = opened(bench, from: address)
            return (client, bench.handle(.received(client, .login(Login(username: Login.anonymous)))))
        }
        func isIn(_ login: (client: ConnectionID, effects: [Effect])) -> Bool {
            if case .loginSuccess? = login.effects.sent(on: login.client).first { true } else { false }
        }
        let first = logIn(from: here)
        let second = logIn(from: here)
        #expect(isIn(first) && isIn(second))
        let third = logIn(from: here)
        let info = "2 clients from your address are logged in here, as many as may be"
        #expect(third.effects.sent(on: third.client) == [.unavailable(info: info, servers: [])])
        #expect(third.effects.closes(third.client))
        #expect(third.effects.contains(.report(.addressFull(third.client, clients: 2))))
        let fourth = logIn(from: here)
        #expect(!isIn(fourth))
        #expect(!fourth.effects.contains { if case .report = $0 { true } else { false } }, "it is said once in 10 s")
        #expect(bench.node.status.counts.refused == 2)
        #expect(isIn(logIn(from: there)))
        // Who is logged in may log in again, and whoever leaves makes room.
        let again = Login(username: Login.anonymous)
        #expect(isIn((first.client, bench.handle(.received(first.client, .login(again))))))
        bench.handle(.closed(second.client))
        #expect(isIn(logIn(from: here)))
        #expect(!isIn(logIn(from: here)))
        for _ in 0..<5 { #expect(isIn(logIn(from: .loopback))) }
    }

    @Test func clientsWhoseSecretsAreCheckedAtOnceAreNoMoreOfOneAddressThanMayBe() {
        let bench = bench { ($0.clientsPerAddress, $0.hashesAtOnce, $0.proofs) = (1, 10, 0) }
        let registered = AccountVersion(stamp: Stamp(5), origin: Origin(node: NodeID(7), incarnation: Incarnation(1)))
        bench.node.accounts.put(AccountRecord(Account(name: "anna", hash: "right", registered: registered)))
        let login = Login(username: "anna", secret: Secret("right"))
        var tickets: [Ticket] = []
        for _ in 0..<3 {
            let (client, _) = opened(bench, from: here)
            for case .verify(let ticket, _, _) in bench.handle(.received(client, .login(login))) {
                tickets.append(ticket)
            }
        }
        #expect(tickets.count == 3)
        for ticket in tickets { bench.handle(.verified(ticket, true)) }
        #expect(bench.node.load == 1)
        #expect(bench.node.status.counts.refused == 2)
    }

    @Test func oneAddressHasHalfOfAllPlacesAsItComes() {
        var limits = Limits()
        limits.clients = 100
        #expect(limits.clients(of: here) == 50)
        limits.clients = 1
        #expect(limits.clients(of: here) == 1)
        #expect(limits.clients(of: .loopback) == .max)
    }

    @Test func aThousandThatComeAndGoLeaveNothingBehind() {
        let bench = bench { _ in }
        for _ in 0..<1000 {
            let (connection, _) = opened(bench, from: here)
            bench.handle(.closed(connection))
        }
        #expect(bench.node.admission.pending.count == 0)
        #expect(bench.node.admission.pending.countedInAll == 0)
        #expect(bench.node.admission.pending.dueCount == 0)
    }
}
