import Testing

@testable import Tree

/// Nobody learns from a failed login whether the name exists (docs/protocol.md#logging-in).
@Suite struct `An unknown name and a wrong secret` {
    private static let address = PeerAddress(1)

    /// A node that knows the account `anna` with the secret `right`, and has a child.
    private func bench(_ change: @escaping (inout Limits) -> Void = { _ in }) -> (bench: NodeBench, child: ConnectionID)
    {
        let bench = NodeBench { change(&$0.limits) }
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        bench.node.accounts.put(
            AccountRecord(
                Account(name: "anna", hash: "right", registered: AccountVersion(stamp: Stamp(5), origin: origin))))
        return (bench, bench.child(8))
    }

    /// Tries a login, and has its secret checked.
    private func logIn(
        _ bench: NodeBench, _ name: String, _ secret: String
    ) -> (client: ConnectionID, effects: [Effect]) {
        let client = bench.newConnection()
        bench.handle(.opened(client, from: Self.address))
        let effects = bench.handle(.received(client, .login(Login(username: name, secret: Secret(secret)))))
        for case .verify(let ticket, let shown, let hash) in effects {
            return (client, bench.handle(.verified(ticket, shown.text == hash)))
        }
        return (client, effects)
    }

    private func asked(_ effects: [Effect], on child: ConnectionID) -> NameQuestion? {
        for case .loginRequest(let question) in effects.sent(on: child) { return question }
        return nil
    }

    @Test(arguments: ["anna", "nobody"])
    func `wait for the tree, and get the same answer when it knows nothing`(name: String) throws {
        let (bench, child) = bench()
        let (client, effects) = logIn(bench, name, "x")
        #expect(effects.sent(on: client).isEmpty)
        let question = try #require(asked(effects, on: child))
        let answer = NameAnswer(username: question.username, id: question.id)
        let told = bench.handle(.received(child, .loginDenied(answer)))
        #expect(told.sent(on: client) == [.loginFailed(info: "attempt to login with wrong secret")])
        #expect(told.closes(client))
    }

    @Test(arguments: ["anna", "nobody"])
    func `wait as long for a branch that is silent, and get the same answer then`(name: String) {
        let (bench, _) = bench()
        let (client, effects) = logIn(bench, name, "x")
        #expect(effects.sent(on: client).isEmpty)
        #expect(bench.wait(2900).sent(on: client).isEmpty)
        let told = bench.wait(200).sent(on: client)
        #expect(told == [.loginFailed(info: "the login cannot be checked now, try again")])
    }

    @Test(arguments: ["anna", "nobody"])
    func `have to wait after as many tries, also while a branch is silent`(name: String) {
        let (bench, _) = bench {
            $0.loginsPerNameAndAddress.free = 2
            $0.silence = .seconds(600)
        }
        for _ in 0..<2 {
            _ = logIn(bench, name, "x")
            bench.wait(3100)
        }
        let (client, effects) = logIn(bench, name, "x")
        let info = "too many failed logins as \(name) from your address: try again in 1 s"
        #expect(effects.sent(on: client) == [.loginFailed(info: info)])
    }

    @Test func `show the others neither the known name nor the secret that was tried`() throws {
        let (bench, child) = bench()
        let question = try #require(asked(logIn(bench, "anna", "x").effects, on: child))
        #expect(question.username != "anna")
        #expect(question.secret == nil)
        let second = try #require(asked(logIn(bench, "anna", "x").effects, on: child))
        #expect(second.username != question.username)
    }

    @Test func `let nobody in by what a peer says of a name that nobody has`() throws {
        let (bench, child) = bench()
        let (client, effects) = logIn(bench, "anna", "x")
        let question = try #require(asked(effects, on: child))
        let answer = NameAnswer(username: question.username, id: question.id)
        let told = bench.handle(.received(child, .loginAllowed(answer))).sent(on: client)
        #expect(told == [.loginFailed(info: "attempt to login with wrong secret")])
    }

    @Test(arguments: ["right", "wrong"])
    func `are told apart by the asking node itself, from the account that another node has`(secret: String) throws {
        let (bench, child) = bench()
        let (client, effects) = logIn(bench, "bert", secret)
        let question = try #require(asked(effects, on: child))
        #expect(question.username == "bert" && question.secret == nil)
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let account = Account(name: "bert", hash: "right", registered: AccountVersion(stamp: Stamp(5), origin: origin))
        let answer = NameAnswer(username: "bert", id: question.id, account: account)
        let checking = bench.handle(.received(child, .loginAllowed(answer)))
        #expect(checking.sent(on: client).isEmpty)
        let ticket = try #require(
            checking.compactMap { if case .verify(let ticket, _, "right") = $0 { ticket } else { nil } }.first)
        let told = bench.handle(.verified(ticket, secret == "right"))
        if secret == "right" {
            #expect(told.sent(on: client).contains { if case .loginSuccess = $0 { true } else { false } })
        } else {
            // As of any known name with a wrong secret, the tree is asked for nobody.
            let nobody = try #require(asked(told, on: child))
            let end = bench.handle(.received(child, .loginDenied(NameAnswer(username: nobody.username, id: nobody.id))))
            #expect(end.sent(on: client) == [.loginFailed(info: "attempt to login with wrong secret")])
        }
    }

    @Test func `are not told apart for other nodes: whoever knows the account answers with it, and hashes nothing`() {
        let (bench, child) = bench()
        let asker = Origin(node: NodeID(8), incarnation: Incarnation(1))
        for name in ["anna", "nobody"] {
            let id = QuestionID(asker: asker, count: UInt64(name.utf8.count))
            let effects = bench.handle(
                .received(child, .loginRequest(NameQuestion(username: name, id: id, stamp: .zero))))
            #expect(!effects.contains { if case .verify = $0 { true } else { false } })
            let account = bench.node.accounts[name]
            let answer = NameAnswer(username: name, id: id, account: account)
            #expect(effects.sent(on: child) == [account == nil ? .loginDenied(answer) : .loginAllowed(answer)])
        }
    }

    @Test func `leave the right secret of a known name alone: it asks nobody`() {
        let (bench, child) = bench()
        let (client, effects) = logIn(bench, "anna", "right")
        #expect(asked(effects, on: child) == nil)
        #expect(effects.sent(on: client).contains { if case .loginSuccess = $0 { true } else { false } })
    }
}
