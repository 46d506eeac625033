import Names
import Testing

@testable import Tree

/// Logins by a token that somebody else has signed (docs/protocol.md#tokens-of-others).
@Suite struct `A login by a token of somebody else` {
    private static let token = "eyJh.eyJi.c"

    private func bench(_ names: Configuration.VouchedNames = .unregistered) -> NodeBench {
        NodeBench {
            $0.names = UnicodeNames()
            $0.vouchedNames = names
            $0.allowsPlainSecrets = true
        }
    }

    private func visit(_ bench: NodeBench, from address: PeerAddress = PeerAddress(1)) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: address))
        return connection
    }

    private func show(
        _ token: String = token, as name: String = "", on connection: ConnectionID, _ bench: NodeBench
    ) -> [Effect] {
        bench.handle(.received(connection, .login(Login(username: name, token: Secret(token)))))
    }

    private func ticket(_ effects: [Effect]) -> Ticket? {
        for case .vouch(let ticket, _) in effects { return ticket }
        return nil
    }

    /// - Returns: the first answer.
    @discardableResult
    private func logIn(
        _ vouching: Vouching, as name: String = "", on connection: ConnectionID, _ bench: NodeBench
    ) -> Message? {
        guard let ticket = ticket(show(as: name, on: connection, bench)) else { return nil }
        return bench.handle(.vouched(ticket, vouching)).sent(on: connection).first
    }

    private func register(_ name: String, _ bench: NodeBench) {
        let version = AccountVersion(
            stamp: Stamp(5), origin: Origin(node: NodeID(7), incarnation: Incarnation(1)))
        bench.node.learn(AccountRecord(Account(name: name, hash: "right", registered: version)), from: .log)
    }

    private func isSuccess(_ message: Message?) -> Bool { if case .loginSuccess? = message { true } else { false } }

    private func failure(_ message: Message?) -> String? {
        if case .loginFailed(let info)? = message { info } else { nil }
    }

    @Test func `needs no registration and no secret, and speaks under the name in the token`() {
        let bench = bench()
        let client = visit(bench)
        guard case .loginSuccess(let success)? = logIn(.name("anna"), on: client, bench) else {
            Issue.record("no success")
            return
        }
        #expect(success.info.contains("anna"))
        // The client can't know it, unless it looks into the token.
        #expect(success.username == "anna")
        let said = ActivityMessage(username: "anna", secret: nil, text: Array("{}".utf8))
        #expect(bench.handle(.received(client, .activity(said))).sent(on: client).isEmpty)
        let other = ActivityMessage(username: "bert", secret: nil, text: Array("{}".utf8))
        #expect(bench.handle(.received(client, .activity(other))).closes(client))
    }

    @Test func `isn't read from while its token is checked, and gets in only if it is still there`() {
        let bench = bench()
        let client = visit(bench)
        let effects = show(on: client, bench)
        #expect(effects.contains { if case .pause(client) = $0 { true } else { false } })
        bench.handle(.closed(client))
        #expect(bench.handle(.vouched(ticket(effects)!, .name("anna"))).sent(on: client).isEmpty)
    }

    @Test func `has to be for the name of the login, if that has one, in any spelling`() {
        let bench = bench()
        #expect(isSuccess(logIn(.name("Anna"), as: "anna", on: visit(bench), bench)))
        #expect(isSuccess(logIn(.name("anna"), as: "ANNA", on: visit(bench), bench)))
        #expect(failure(logIn(.name("anna"), as: "bert", on: visit(bench), bench))?.contains("another name") == true)
    }

    @Test(arguments: [
        "", " anna", "an\u{200B}na", "a\u{7}", String(repeating: "x", count: 300), "anonymous", "Anonymous",
    ])
    func `isn't taken for a name that nobody could register`(name: String) {
        let bench = bench()
        #expect(failure(logIn(.name(name), on: visit(bench), bench)) != nil)
    }

    @Test func `isn't taken for a registered name in any spelling, unless whoever signs owns the names`() {
        for spelling in ["anna", "ANNA", "ａｎｎａ"] {
            let beside = bench()
            register("anna", beside)
            let info = failure(logIn(.name(spelling), on: visit(beside), beside))
            #expect(info?.contains("--jwt-owns-names") == true, "\(spelling)")
            let owning = bench(.all)
            register("anna", owning)
            #expect(isSuccess(logIn(.name(spelling), on: visit(owning), owning)))
        }
    }

    @Test func `ends when the name is registered, and only then`() {
        let bench = bench()
        let (anna, bert) = (visit(bench), visit(bench))
        logIn(.name("Anna"), on: anna, bench)
        logIn(.name("bert"), on: bert, bench)
        register("anna", bench)
        #expect(bench.node.sessions[anna] == nil)
        #expect(bench.node.sessions[bert] != nil)
        let owning = self.bench(.all)
        let client = visit(owning)
        logIn(.name("anna"), on: client, owning)
        register("anna", owning)
        #expect(owning.node.sessions[client] != nil)
    }

    @Test func `keeps others from registering where whoever signs owns the names`() {
        let owning = bench(.all)
        let client = visit(owning)
        let answer = owning.handle(.received(client, .register(username: "bert", secret: Secret("s"))))
        guard case .registerFailed(let info)? = answer.sent(on: client).first else {
            Issue.record("\(answer)")
            return
        }
        #expect(info.contains("given out elsewhere"))
    }

    @Test func `is refused where no tokens are taken, where it is too long, and where it is none`() {
        let none = bench(.none)
        let client = visit(none)
        #expect(failure(show(on: client, none).sent(on: client).first)?.contains("--jwt-key") == true)
        let some = bench()
        let long = visit(some)
        let text = "eyJ." + String(repeating: "x", count: Limits.jwtBytes) + "."
        #expect(failure(show(text, on: long, some).sent(on: long).first)?.contains("longer than") == true)
        let other = visit(some)
        #expect(show("abc.def", on: other, some).closes(other))
    }

    @Test func `that is forged counts for its address, and one that has expired doesn't`() {
        let bench = bench()
        let free = Limits.forgedTokensPerAddress.free
        for _ in 0..<free + 50 {
            #expect(failure(logIn(.refused(info: "expired", isForged: false), on: visit(bench), bench)) == "expired")
        }
        for _ in 0..<free {
            #expect(failure(logIn(.refused(info: "wrong", isForged: true), on: visit(bench), bench)) == "wrong")
        }
        let late = visit(bench)
        let effects = show(on: late, bench)
        #expect(ticket(effects) == nil)
        #expect(failure(effects.sent(on: late).first)?.contains("try again in") == true)
        #expect(isSuccess(logIn(.name("anna"), on: visit(bench, from: PeerAddress(2)), bench)))
        bench.wait(1100)
        #expect(isSuccess(logIn(.name("anna"), on: visit(bench), bench)))
    }

    @Test func `waits while others are checked, each address in its turn`() {
        let bench = bench()
        let loud = (0..<10).map { _ in visit(bench) }
        var checked: [Ticket] = loud.compactMap { ticket(show(on: $0, bench)) }
        #expect(checked.count == Limits.jwtsAtOnce)
        let quiet = visit(bench, from: PeerAddress(2))
        #expect(ticket(show(on: quiet, bench)) == nil)
        // Of the two that begin next, one is the quiet one's.
        for _ in 0..<2 {
            let effects = bench.handle(.vouched(checked.removeFirst(), .name("loud")))
            checked.append(ticket(effects)!)
        }
        let answers = checked.suffix(2).flatMap { bench.handle(.vouched($0, .name("who"))).sent(on: quiet) }
        #expect(answers.contains(where: isSuccess))
    }

    @Test func `from another machine is taken over TLS alone, as a secret is`() {
        let bench = NodeBench {
            $0.vouchedNames = .unregistered
            $0.allowsPlainSecrets = false
        }
        let client = visit(bench)
        #expect(failure(show(on: client, bench).sent(on: client).first)?.contains("--allow-plain") == true)
        let local = visit(bench, from: .loopback)
        #expect(ticket(show(on: local, bench)) != nil)
        let encrypted = visit(bench)
        bench.handle(.encrypted(encrypted, vouchedName: nil))
        #expect(ticket(show(on: encrypted, bench)) != nil)
    }
}
