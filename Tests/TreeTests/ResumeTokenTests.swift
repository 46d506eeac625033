import Names
import Testing

@testable import Tree

/// What clients show instead of their secrets (docs/protocol.md#resume-tokens).
@Suite struct `A resume token` {
    private static let elsewhere = Origin(node: NodeID(7), incarnation: Incarnation(1))
    private static let anna = Account(
        name: "anna", spelling: "Anna", hash: "right",
        registered: AccountVersion(stamp: Stamp(5), origin: elsewhere))

    /// Nodes with the same network's secret have the same code.
    private func node(
        _ id: UInt64 = 50, network: [String] = ["own"], hasKeys: Bool = true, knows account: Account? = anna,
        _ change: @escaping (inout Configuration) -> Void = { _ in }
    ) -> NodeBench {
        let bench = NodeBench(id: id) {
            $0.names = UnicodeNames()
            $0.sessionName = { "shown \($0)" }
            $0.ownSecret = Secret(network[0])
            $0.otherOwnSecret = network.count > 1 ? Secret(network[1]) : nil
            if hasKeys { $0.resumeTokenCode = { secret, text in Self.code(text, secret) } }
            change(&$0)
        }
        if let account { bench.node.accounts.put(AccountRecord(account)) }
        return bench
    }

    private static func code(_ text: [UInt8], _ secret: Secret) -> [UInt8] {
        (0..<4).flatMap { part -> [UInt8] in
            let hash = StableHash.of(Array(secret.text.utf8) + [UInt8(part)] + text)
            return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
        }
    }

    private func tryIn(_ bench: NodeBench, _ login: Login) -> (client: ConnectionID, effects: [Effect]) {
        let client = bench.newConnection()
        var effects = bench.handle(.received(client, .login(login)))
        for case .verify(let ticket, let secret, let hash) in effects {
            effects += bench.handle(.verified(ticket, secret.text == hash))
        }
        return (client, effects)
    }

    private func answer(_ bench: NodeBench, _ login: Login) -> Message? {
        let (client, effects) = tryIn(bench, login)
        return effects.sent(on: client).first
    }

    private func success(_ message: Message?) -> LoginSuccess? {
        if case .loginSuccess(let success)? = message { success } else { nil }
    }

    /// Logs in with the secret.
    private func token(at bench: NodeBench, session: String = "mine") throws -> Secret {
        let login = Login(username: "anna", secret: Secret("right"), session: session)
        return try #require(success(answer(bench, login))?.resumeToken?.secret)
    }

    private static let void = Message.loginFailed(info: "the resume token is void: log in with the secret")

    private func shows(_ token: Secret, as name: String = "anna", session: String? = "mine") -> Login {
        Login(username: name, resumeToken: token, session: session)
    }

    // MARK: What it is good for

    @Test(arguments: ["anna", "ANNA"])
    func `lets its client in at any node of the network, in any spelling, without a hash`(name: String) throws {
        let token = try token(at: node())
        #expect(token.text.utf8.count == 77)
        let other = node(51)
        let (client, effects) = tryIn(other, shows(token, as: name))
        #expect(!effects.contains { if case .verify = $0 { true } else { false } })
        let entered = try #require(success(effects.sent(on: client).first))
        #expect(entered.info == "logged in as user Anna")
        // It speaks under its name without a secret.
        let message = ActivityMessage(username: name, secret: nil, text: Array("{}".utf8))
        #expect(!other.handle(.received(client, .activity(message))).closes(client))
        #expect(other.node.log.count == 1)
    }

    @Test func `is given to who brought no session too, for the session that it is given`() throws {
        let bench = node()
        let entered = try #require(
            success(answer(bench, Login(username: "anna", secret: Secret("right")))))
        let token = try #require(entered.resumeToken?.secret)
        #expect(answer(node(51), shows(token, session: entered.session)) != Self.void)
        #expect(answer(node(51), shows(token, session: nil)) == Self.void)
    }

    @Test func `is given to nobody who is anonymous, or for whom others vouch`() {
        let bench = node()
        #expect(success(answer(bench, Login(username: Login.anonymous, session: "mine")))?.resumeToken == nil)
        let client = bench.newConnection()
        bench.handle(.encrypted(client, vouchedName: "anna"))
        let effects = bench.handle(.received(client, .login(Login(username: "anna", session: "mine"))))
        #expect(success(effects.sent(on: client).first) != nil)
        #expect(success(effects.sent(on: client).first)?.resumeToken == nil)
    }

    @Test func `is tried before a secret that is shown beside it, which counts if the token is void`() throws {
        let token = try token(at: node())
        var login = shows(token)
        login.secret = Secret("right")
        let (_, effects) = tryIn(node(51), login)
        #expect(!effects.contains { if case .verify = $0 { true } else { false } })
        login.session = "another"
        let (client, checked) = tryIn(node(51), login)
        #expect(checked.contains { if case .verify = $0 { true } else { false } })
        #expect(success(checked.sent(on: client).first) != nil)
    }

    @Test func `comes with a redirect`() throws {
        let bench = node { $0.redirectGap = .clients(1) }
        let child = bench.child(8)
        bench.handle(
            .received(
                child,
                .serverAnnounce(
                    Announcement(
                        id: "n", node: NodeID(8), address: Address(host: "n", port: 8), load: 0,
                        version: .init(incarnation: Incarnation(1), count: 1)))))
        let (client, effects) = tryIn(bench, Login(username: "anna", secret: Secret("right"), session: "mine"))
        let redirect = effects.sent(on: client).compactMap { message -> Secret? in
            if case .redirect(_, let token) = message { token?.secret } else { nil }
        }
        #expect(success(answer(node(51), shows(try #require(redirect.first)))) != nil)
    }

    @Test func `comes with the redirect of a node that leaves, for as long as the login's`() throws {
        let bench = node { $0.redirectGap = .never }
        let child = bench.child(8)
        bench.handle(
            .received(
                child,
                .serverAnnounce(
                    Announcement(
                        id: "n", node: NodeID(8), address: Address(host: "n", port: 8), load: 0,
                        version: .init(incarnation: Incarnation(1), count: 1)))))
        let first = try token(at: bench)
        let (client, _) = tryIn(bench, shows(first))
        var effects = bench.handle(.drainRequested)
        for _ in 0..<50
        where !effects.sent(on: client).contains(where: { if case .redirect = $0 { true } else { false } }) {
            effects += bench.wait(100)
        }
        let given = effects.sent(on: client).compactMap { message -> Secret? in
            if case .redirect(_, let token) = message { token?.secret } else { nil }
        }
        #expect(given == [first])
    }

    // MARK: For any session

    private func bearer(at bench: NodeBench) throws -> Secret {
        let login = Login(username: "anna", secret: Secret("right"), features: [Login.bearerFeature])
        return try #require(success(answer(bench, login))?.bearerToken?.secret)
    }

    @Test(arguments: [nil, "mine", "another"])
    func `that was asked for as a bearer token is good in any session, at any node`(session: String?) throws {
        let token = try bearer(at: node())
        let other = node(51)
        let (client, effects) = tryIn(other, shows(token, session: session))
        #expect(!effects.contains { if case .verify = $0 { true } else { false } })
        #expect(success(effects.sent(on: client).first) != nil)
    }

    @Test func `for any session is given to who asks for it with the secret alone`() throws {
        let bench = node()
        let asks = Login(username: "anna", secret: Secret("right"), session: "mine", features: ["gap"])
        #expect(success(answer(bench, asks))?.bearerToken == nil)
        for token in [try token(at: bench), try bearer(at: bench)] {
            var login = shows(token)
            login.features = [Login.bearerFeature]
            let entered = try #require(success(answer(bench, login)))
            #expect(entered.bearerToken == nil)
        }
        #expect(
            success(answer(bench, Login(username: Login.anonymous, features: [Login.bearerFeature])))?.bearerToken
                == nil)
    }

    @Test func `for any session is void for another name, in another network, and once the secret changes`() throws {
        let token = try bearer(at: node())
        #expect(answer(node(51), shows(token, as: "nobody", session: nil)) == Self.void)
        #expect(answer(node(51, network: ["another"]), shows(token, session: nil)) == Self.void)
        let reset = Account(
            name: "anna", spelling: "Anna", hash: "new", registered: Self.anna.registered,
            changed: AccountVersion(stamp: Stamp(9), origin: Self.elsewhere))
        #expect(answer(node(51, knows: reset), shows(token, session: nil)) == Self.void)
    }

    // MARK: What makes it void

    @Test func `is void for another name or session, in another network, and with a character changed`() throws {
        let token = try token(at: node())
        let bert = Account(
            name: "bert", hash: "right", registered: AccountVersion(stamp: Stamp(5), origin: Self.elsewhere))
        let other = node(51)
        other.node.accounts.put(AccountRecord(bert))
        #expect(answer(other, shows(token, as: "bert")) == Self.void)
        #expect(answer(other, shows(token, as: "nobody")) == Self.void)
        #expect(answer(other, shows(token, session: "another")) == Self.void)
        #expect(answer(node(51, network: ["another"]), shows(token)) == Self.void)
        #expect(answer(node(51, hasKeys: false), shows(token)) == Self.void)
        for place in 0..<token.text.utf8.count {
            var text = Array(token.text.utf8)
            text[place] = text[place] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            #expect(answer(other, shows(Secret(String(decoding: text, as: UTF8.self)))) == Self.void, "\(place)")
        }
        for nonsense in ["", "a", "A", "é", token.text + "a", String(token.text.dropLast())] {
            #expect(answer(other, shows(Secret(nonsense))) == Self.void)
        }
        #expect(success(answer(other, shows(token))) != nil)
    }

    @Test func `is made with the first of the network's secrets, and taken with each`() throws {
        let bench = node(network: ["own", "new"])
        let old = try token(at: bench)
        #expect(success(answer(node(51), shows(old))) != nil)
        bench.handle(.secretsChanged(own: [Secret("new"), Secret("own")], parent: Secret("new")))
        let new = try token(at: bench)
        #expect(success(answer(node(51, network: ["new"]), shows(new))) != nil)
        #expect(answer(node(51), shows(new)) == Self.void)
        #expect(success(answer(bench, shows(old))) != nil)
        bench.handle(.secretsChanged(own: [Secret("new")], parent: Secret("new")))
        #expect(success(answer(bench, shows(new))) != nil)
        #expect(answer(bench, shows(old)) == Self.void)
    }

    @Test func `is void after a change of the secret, a removal and a new owner of the name`() throws {
        let token = try token(at: node())
        let reset = Account(
            name: "anna", spelling: "Anna", hash: "new", registered: Self.anna.registered,
            changed: AccountVersion(stamp: Stamp(9), origin: Self.elsewhere))
        let again = Account(
            name: "anna", spelling: "Anna", hash: "right",
            registered: AccountVersion(stamp: Stamp(9), origin: Self.elsewhere))
        for account in [reset, again, nil] {
            #expect(answer(node(51, knows: account), shows(token)) == Self.void)
        }
    }

    @Test func `is void when its time is over, and none that follows from it is good for longer`() throws {
        let bench = node { $0.limits.resumeTokenLife = .seconds(100) }
        let first = try token(at: bench)
        bench.wait(60_000)
        let second = try #require(success(answer(bench, shows(first)))?.resumeToken)
        #expect(second.life == .seconds(40))
        bench.wait(39_999)
        #expect(success(answer(bench, shows(second.secret))) != nil)
        bench.wait(1)
        #expect(answer(bench, shows(first)) == Self.void)
        #expect(answer(bench, shows(second.secret)) == Self.void)
    }

    @Test func `is renewed by the secret on the same connection, which goes on reading`() throws {
        let bench = node { $0.limits.resumeTokenLife = .seconds(100) }
        let login = Login(username: "anna", secret: Secret("right"), session: "mine")
        let (client, _) = tryIn(bench, login)
        bench.wait(60_000)
        let effects = bench.handle(.received(client, .login(login)))
        #expect(success(effects.sent(on: client).first)?.resumeToken?.life == .seconds(100))
        #expect(!effects.closes(client))
    }

    @Test func `counts as no failed login when it is void, and tells nothing of the name`() throws {
        let bench = node { $0.limits.loginsPerNameAndAddress.free = 1 }
        let child = bench.child(8)
        let token = try token(at: node(51))
        for name in ["anna", "nobody"] {
            for _ in 0..<3 {
                let (client, effects) = tryIn(bench, shows(token, as: name, session: "another"))
                #expect(effects.sent(on: client) == [Self.void])
                #expect(effects.closes(client))
                // No node is asked, and nothing is hashed.
                #expect(effects.sent(on: child).isEmpty)
                #expect(!effects.contains { if case .verify = $0 { true } else { false } })
            }
        }
        #expect(success(answer(bench, Login(username: "anna", secret: Secret("right")))) != nil)
    }

    @Test func `is refused in clear from another machine, as a secret is`() throws {
        let token = try token(at: node())
        let bench = node(51) { $0.allowsPlainSecrets = false }
        let client = bench.newConnection()
        bench.handle(.opened(client, from: PeerAddress(9)))
        let effects = bench.handle(.received(client, .login(shows(token))))
        #expect(
            effects.sent(on: client).contains {
                if case .loginFailed(let info) = $0 { info.contains("--allow-plain") } else { false }
            })
    }

    // MARK: Its text

    @Test func `is read back from its text, and its description shows nothing`() throws {
        let token = ResumeToken(expires: 1 << 41, account: .max, code: Array(0..<32))
        let again = try #require(ResumeToken(token.secret))
        #expect(again.expires == token.expires && again.account == token.account && again.code == token.code)
        #expect("\(token.secret)" == "<secret>")
        let given = ClientToken(secret: token.secret, life: .seconds(1))
        #expect(!"\(given)".contains(token.secret.text))
        #expect(!"\(Message.login(shows(token.secret)))".contains(token.secret.text))
    }

    @Test func `is written in base 32, as which nothing else is read`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            let text = Base32.text(bytes)
            #expect(text.utf8.count == (count * 8 + 4) / 5)
            #expect(Base32.bytes(text) == bytes)
        }
        #expect(Base32.text([0xff]) == "74")
        for text in ["a", "75", "aaa", "A4", "a=", "1a"] { #expect(Base32.bytes(text) == nil, "\(text)") }
    }
}
