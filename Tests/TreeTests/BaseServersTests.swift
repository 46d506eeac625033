import Testing

@testable import Tree

/// Servers that are no nodes.
@Suite struct BaseServersTests {
    private func leaf(_ bench: NodeBench, _ kind: Authenticate.Kind = .base, port: UInt16 = 9) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.received(connection, .authenticate(Authenticate(secret: Secret("own"), kind: kind))))
        bench.handle(.located(connection, Address(host: "10.0.0.1", port: port)))
        return connection
    }

    private static let original = Authenticate.Kind.original(Address(host: "o", port: 5), secret: Secret("bbb"))

    private func lock(_ name: String, _ secret: String = "s") -> Message {
        .lockRequest(NameQuestion(username: name, secret: Secret(secret), id: nil, stamp: .zero))
    }

    private func answer(_ name: String, _ secret: String = "s") -> NameAnswer {
        NameAnswer(username: name, secret: Secret(secret), id: nil)
    }

    private func register(_ name: String, at bench: NodeBench) -> (ConnectionID, [Effect]) {
        let client = bench.newConnection()
        return (client, bench.handle(.received(client, .register(username: name, secret: Secret("s")))))
    }

    private func hasHash(_ effects: [Effect]) -> Bool {
        effects.contains { if case .hash = $0 { true } else { false } }
    }

    // MARK: Being waited for

    @Test func `A leaf that answers nothing delays one registration, and the next ones no more`() {
        let bench = NodeBench()
        let silent = leaf(bench)
        let (_, first) = register("alice", at: bench)
        #expect(!hasHash(first))
        let later = bench.wait(1_100)
        #expect(hasHash(later))
        #expect(later.contains(.report(.baseServerMute(.base, Address(host: "10.0.0.1", port: 9)))))
        let (_, second) = register("bob", at: bench)
        #expect(second.sent(on: silent).contains { if case .lockRequest = $0 { true } else { false } })
        #expect(hasHash(second))
        // Once it answers it is waited for again.
        bench.handle(.received(silent, .lockAllowed(answer("bob"))))
        let (_, third) = register("carol", at: bench)
        #expect(!hasHash(third))
        #expect(bench.node.queries.count == 1)
    }

    @Test func `A leaf that was not waited for may still deny`() {
        let bench = NodeBench()
        let (mute, other) = (leaf(bench), leaf(bench, port: 10))
        _ = register("alice", at: bench)
        bench.handle(.received(other, .lockAllowed(answer("alice"))))
        bench.wait(1_100)
        let (client, _) = register("bob", at: bench)
        let effects = bench.handle(.received(mute, .lockDenied(answer("bob"))))
        #expect(effects.sent(on: client).contains { if case .registerFailed = $0 { true } else { false } })
    }

    // MARK: Secrets

    /// A leaf and a node below a node, and what the leaf is asked when a name is claimed by the other node.
    private func claimElsewhere(_ bench: NodeBench, _ name: String = "alice") throws -> (
        leaf: ConnectionID, child: ConnectionID, id: QuestionID, secret: Secret
    ) {
        let asking = leaf(bench)
        let child = bench.child(7)
        let id = QuestionID(asker: Origin(node: NodeID(7), incarnation: Incarnation(1)), count: 1)
        let question = NameQuestion(username: name, id: id, stamp: Stamp(milliseconds: 500))
        let effects = bench.handle(.received(child, .lockRequest(question)))
        let asked = effects.sent(on: asking).compactMap { if case .lockRequest(let asked) = $0 { asked } else { nil } }
        return (asking, child, id, try #require(asked.first?.secret))
    }

    @Test func `A node is asked without the secret, and a leaf with it only where it was shown`() throws {
        let bench = NodeBench()
        let asking = leaf(bench)
        let child = bench.child(7)
        let (_, effects) = register("bob", at: bench)
        func secrets(on link: ConnectionID) -> [Secret?] {
            effects.sent(on: link).compactMap { if case .lockRequest(let asked) = $0 { asked.secret } else { nil } }
        }
        #expect(secrets(on: asking) == [Secret("s")])
        #expect(secrets(on: child) == [nil])
        #expect(effects.sent(on: child).contains { if case .lockRequest = $0 { true } else { false } })
    }

    @Test func `A leaf that is asked for another node's client gets a secret that is made up, and its answer counts`()
        throws
    {
        for isAllowed in [true, false] {
            let bench = NodeBench()
            let (asking, child, id, secret) = try claimElsewhere(bench)
            #expect(secret.text.utf8.count == 26)
            let said = NameAnswer(username: "alice", secret: secret, id: nil)
            let effects = bench.handle(.received(asking, isAllowed ? .lockAllowed(said) : .lockDenied(said)))
            let answer = NameAnswer(username: "alice", id: id)
            #expect(effects.sent(on: child) == [isAllowed ? .lockAllowed(answer) : .lockDenied(answer)])
        }
    }

    @Test func `A leaf takes a name back later by the secret that was made up for it, and by no other`() throws {
        let bench = NodeBench()
        let (asking, child, _, secret) = try claimElsewhere(bench)
        bench.handle(.received(asking, .lockAllowed(NameAnswer(username: "alice", secret: secret, id: nil))))
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let account = Account(
            name: "alice", hash: "hash", registered: AccountVersion(stamp: Stamp(milliseconds: 500), origin: origin))
        bench.handle(.received(child, .accounts([AccountRecord(account)], isAnswer: false)))
        #expect(bench.node.accounts["alice"] != nil)
        let another = NameAnswer(username: "alice", secret: Secret("another"), id: nil)
        for case .verify(let ticket, _, _) in bench.handle(.received(asking, .lockDenied(another))) {
            bench.handle(.verified(ticket, false))
        }
        #expect(bench.node.accounts["alice"] != nil)
        bench.handle(.received(asking, .lockDenied(NameAnswer(username: "alice", secret: secret, id: nil))))
        #expect(bench.node.accounts["alice"] == nil)
    }

    @Test func `A question of a leaf with the field of nodes, and so without a secret, ends the link`() {
        let bench = NodeBench()
        let asking = leaf(bench)
        let id = QuestionID(asker: Origin(node: NodeID(9), incarnation: Incarnation(1)), count: 1)
        let question = NameQuestion(username: "alice", id: id, stamp: .zero)
        #expect(bench.handle(.received(asking, .lockRequest(question))).closes(asking))
        #expect(bench.node.links.all.isEmpty)
    }

    @Test(arguments: [
        (Configuration.BaseServerPolicy.none, false, false), (.loopback, true, false), (.any, true, true),
    ])
    func `Leaves are taken from where --base-servers allows, and the others are told the flag`(
        policy: Configuration.BaseServerPolicy, here: Bool, elsewhere: Bool
    ) {
        for (address, isTaken) in [(PeerAddress.loopback, here), (PeerAddress(7), elsewhere)] {
            let bench = NodeBench { $0.baseServers = policy }
            for kind in [Authenticate.Kind.base, Self.original] {
                let connection = bench.newConnection()
                bench.handle(.opened(connection, from: address))
                let effects = bench.handle(
                    .received(connection, .authenticate(Authenticate(secret: Secret("own"), kind: kind))))
                #expect(effects.closes(connection) != isTaken)
                #expect(effects.refusals.contains { $0.info.contains("--base-servers") } != isTaken)
            }
        }
    }

    // MARK: Asking without end

    @Test func `Past so many open questions of one leaf the others are denied at once, and it is said once`() {
        let bench = NodeBench { $0.limits.questionsPerBaseServer = 3 }
        let asking = leaf(bench)
        _ = leaf(bench, port: 10)  // answers nothing, so that questions stay open
        var denied = 0
        var told = 0
        for number in 0..<10 {
            let effects = bench.handle(.received(asking, lock("name \(number)")))
            denied += effects.sent(on: asking).filter { if case .lockDenied = $0 { true } else { false } }.count
            told += effects.filter { if case .report(.baseServerAsksTooMuch) = $0 { true } else { false } }.count
        }
        #expect(denied == 7)
        #expect(told == 1)
        #expect(bench.node.queries.count == 3)
    }

    @Test func `Logins asked for by a leaf count among its open questions, and end`() {
        let bench = NodeBench { $0.limits.questionsPerBaseServer = 2 }
        let asking = leaf(bench, Self.original)
        var answers = 0
        var tickets: [Ticket] = []
        for number in 0..<5 {
            let question = NameQuestion(username: "name \(number)", secret: Secret("s"), id: nil, stamp: .zero)
            let effects = bench.handle(.received(asking, .loginRequest(question)))
            answers += effects.sent(on: asking).filter { if case .loginDenied = $0 { true } else { false } }.count
            tickets += effects.compactMap { if case .verify(let ticket, _, _) = $0 { ticket } else { nil } }
        }
        #expect(answers == 3)
        #expect(tickets.count == 2)
        for ticket in tickets {
            let effects = bench.handle(.verified(ticket, false))
            #expect(effects.sent(on: asking) == [.loginDenied(answer(ticket == tickets[0] ? "name 0" : "name 1"))])
        }
        let question = NameQuestion(username: "later", secret: Secret("s"), id: nil, stamp: .zero)
        let effects = bench.handle(.received(asking, .loginRequest(question)))
        #expect(effects.contains { if case .verify = $0 { true } else { false } })
    }

    // MARK: Where to go

    @Test func `Of two servers of the original system at a lone root one goes to the other, and not both`() {
        let bench = NodeBench()
        let (first, second) = (bench.newConnection(), bench.newConnection())
        var backups: [[Contact?]] = []
        for (connection, port) in [(first, UInt16(5)), (second, 6)] {
            let kind = Authenticate.Kind.original(Address(host: "o", port: port), secret: Secret("s\(port)"))
            let effects = bench.handle(
                .received(connection, .authenticate(Authenticate(secret: Secret("own"), kind: kind))))
            backups.append(
                effects.sent(on: connection).compactMap {
                    if case .authenticationSuccess(let acceptance) = $0 { acceptance.backup } else { nil }
                })
        }
        #expect(backups == [[nil], [Contact(address: Address(host: "o", port: 5), secret: Secret("s5"))]])
    }

    // MARK: Numbers

    @Test func `No number of a message comes twice, all fit into an int, and those given are known`() {
        var random = RandomNumbers(seed: 7)
        var numbers = MessageNumbers(random: &random)
        var seen = Set<UInt32>()
        for _ in 0..<10_000 {
            let number = numbers.next()
            #expect(seen.insert(number).inserted)
            #expect(number >= 1 << 30 && number <= UInt32(Int32.max))
        }
        #expect(seen.allSatisfy { numbers.hasGiven($0) })
        #expect(!numbers.hasGiven(100) && !numbers.hasGiven(seen.max()! &+ 1))
    }
}
