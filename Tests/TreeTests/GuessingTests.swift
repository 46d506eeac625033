import Testing

@testable import Tree

/// What strangers, guessers and talkers may do (docs/protocol.md#limits).
@Suite struct GuessingTests {
    private static let here = PeerAddress(1)
    private static let there = PeerAddress(2)

    /// A node that knows the account `anna` with the secret `right`.
    private func bench(_ change: @escaping (inout Limits) -> Void = { _ in }) -> NodeBench {
        let bench = NodeBench { change(&$0.limits) }
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        bench.node.accounts.put(
            AccountRecord(
                Account(name: "anna", hash: "right", registered: AccountVersion(stamp: Stamp(5), origin: origin))))
        return bench
    }

    private func visit(_ bench: NodeBench, from address: PeerAddress = here) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: address))
        return connection
    }

    /// Tries to log in, and does what is ordered until there is an answer.
    ///
    /// - Returns: the answer, and how many hashes it took.
    private func logIn(
        _ bench: NodeBench, _ name: String, _ secret: String, from address: PeerAddress = here
    ) -> (answer: Message?, hashes: Int) {
        let client = visit(bench, from: address)
        var effects = bench.handle(.received(client, .login(Login(username: name, secret: Secret(secret)))))
        var hashes = 0
        while case .verify(let ticket, let shown, let hash)? = effects.first(where: isVerify) {
            hashes += 1
            effects = bench.handle(.verified(ticket, shown.text == hash))
        }
        defer { bench.handle(.closed(client)) }
        return (effects.sent(on: client).first, hashes)
    }

    private func isVerify(_ effect: Effect) -> Bool { if case .verify = effect { true } else { false } }

    private func isSuccess(_ message: Message?) -> Bool { if case .loginSuccess? = message { true } else { false } }

    private static let wrong = Message.loginFailed(info: "attempt to login with wrong secret")

    // MARK: Work

    @Test func anUnknownNameAndAWrongSecretCostTheSameWork() {
        let bench = bench()
        let unknown = logIn(bench, "nobody", "x")
        let wrong = logIn(bench, "anna", "x")
        #expect(unknown.answer == Self.wrong)
        #expect(wrong.answer == Self.wrong)
        #expect(unknown.hashes == 1)
        #expect(wrong.hashes == 1)
    }

    @Test func theNextLoginWithASecretThatWasRightCostsNothingAndAWrongOneAsMuchAsEver() {
        let bench = bench()
        #expect(logIn(bench, "anna", "right").hashes == 1)
        let again = logIn(bench, "anna", "right")
        #expect(isSuccess(again.answer))
        #expect(again.hashes == 0)
        #expect(logIn(bench, "anna", "wrong").hashes == 1)
    }

    @Test func aResetMakesTheOldSecretWorthNothing() {
        let bench = bench()
        _ = logIn(bench, "anna", "right")
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let account = bench.node.accounts["anna"]!
        let reset = Account(
            name: "anna", hash: "new", registered: account.registered,
            changed: AccountVersion(stamp: Stamp(9), origin: origin))
        bench.node.learn(AccountRecord(reset), from: .log)
        #expect(logIn(bench, "anna", "right").answer == Self.wrong)
        #expect(isSuccess(logIn(bench, "anna", "new").answer))
    }

    @Test func aSecretThatIsResetWhileItIsCheckedIsCheckedAnew() {
        let bench = bench()
        let client = visit(bench)
        let effects = bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("right")))))
        guard case .verify(let ticket, _, _)? = effects.first(where: isVerify) else {
            Issue.record("nothing is checked")
            return
        }
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let changed = AccountVersion(stamp: Stamp(9), origin: origin)
        let registered = bench.node.accounts["anna"]!.registered
        bench.node.learn(
            AccountRecord(Account(name: "anna", hash: "new", registered: registered, changed: changed)), from: .log)
        let after = bench.handle(.verified(ticket, true))
        #expect(after.contains { if case .verify(_, _, "new") = $0 { true } else { false } })
        #expect(!after.sent(on: client).contains { isSuccess($0) })
    }

    // MARK: Pauses

    @Test func furtherTriesAtANameFromOneAddressHaveToWaitEachTwiceAsLong() {
        let bench = bench { $0.loginsPerNameAndAddress.free = 3 }
        for _ in 0..<3 { #expect(logIn(bench, "anna", "x").answer == Self.wrong) }
        let info = "too many failed logins as anna from your address: try again in 1 s"
        #expect(logIn(bench, "anna", "x") == (.loginFailed(info: info), 0))
        #expect(logIn(bench, "anna", "x", from: Self.there).answer == Self.wrong)
        bench.wait(1000)
        #expect(logIn(bench, "anna", "x").answer == Self.wrong)
        let twice = "too many failed logins as anna from your address: try again in 2 s"
        #expect(logIn(bench, "anna", "x").answer == .loginFailed(info: twice))
        bench.wait(600_000 + 3000)
        for _ in 0..<2 { #expect(logIn(bench, "anna", "x").answer == Self.wrong) }
    }

    @Test func aGuesserKeepsNobodyElseOfItsAddressOut() {
        let bench = bench()
        let names = (0..<100).map { "user \($0)" }
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        for name in names {
            let registered = AccountVersion(stamp: Stamp(5), origin: origin)
            let account = Account(name: name, hash: "secret of \(name)", registered: registered)
            bench.node.accounts.put(AccountRecord(account))
        }
        var wrong = 0
        for (number, name) in names.enumerated() {
            for guess in 0..<5 {
                if logIn(bench, "anna", "\(guess)").answer == Self.wrong { wrong += 1 }
                if logIn(bench, "nobody \(number)", "\(guess)").answer == Self.wrong { wrong += 1 }
            }
            // A person who mistypes twice, and has it right then.
            if number % 10 == 0 { for _ in 0..<2 { #expect(logIn(bench, name, "mistyped").answer == Self.wrong) } }
            #expect(isSuccess(logIn(bench, name, "secret of \(name)").answer), "\(name)")
        }
        // Of 1000 tries without a pause three at each name were looked at, and ten at the first ones.
        #expect(wrong <= 10 + 100 * 3 + 10)
    }

    @Test func anOwnerWhoNeverFailedGetsInWhileOthersGuessAtTheName() {
        let bench = bench { $0.loginsPerName.free = 5 }
        for address in 10..<30 { _ = logIn(bench, "anna", "x", from: PeerAddress(UInt64(address))) }
        #expect(isSuccess(logIn(bench, "anna", "right").answer))
    }

    @Test func triesThatWaitForTheirHashesTogetherHaveToPauseOnceTheFirstOnesFail() {
        let bench = bench { ($0.hashesAtOnce, $0.loginsPerNameAndAddress.free) = (1, 2) }
        var pending: [Ticket] = []
        var answers: [Message] = []
        func note(_ effects: [Effect]) {
            for effect in effects {
                if case .verify(let ticket, _, _) = effect { pending.append(ticket) }
                if case .send(_, let message) = effect { answers.append(message) }
            }
        }
        for number in 0..<20 {
            let client = visit(bench)
            note(bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("\(number)"))))))
        }
        var hashes = 0
        while let ticket = pending.popLast() {
            hashes += 1
            note(bench.handle(.verified(ticket, false)))
        }
        #expect(hashes == 2)
        let paused = "too many failed logins as anna from your address: try again in 1 s"
        #expect(answers.count { $0 == .loginFailed(info: paused) } == 18)
        #expect(bench.node.admission.work.isEmpty)
    }

    @Test func oneNameOfAnAddressCannotFillItsQueueForItsOthers() {
        let bench = bench { ($0.hashesAtOnce, $0.hashesWaitingPerName) = (1, 3) }
        var refused = 0
        for number in 0..<10 {
            let client = visit(bench)
            let effects = bench.handle(.received(client, .login(Login(username: "ben", secret: Secret("\(number)")))))
            refused += effects.sent(on: client).count
        }
        #expect(refused == 6)
        let client = visit(bench)
        let login = Login(username: "anna", secret: Secret("right"))
        #expect(bench.handle(.received(client, .login(login))).sent(on: client).isEmpty)
        #expect(bench.node.admission.hashQueue.waiting(of: .address(Self.here)) == 4)
    }

    @Test func nobodyLocksAnOwnerOutByGuessing() {
        let bench = bench { $0.loginsPerName.free = 2 }
        #expect(isSuccess(logIn(bench, "anna", "right").answer))
        for _ in 0..<2 { #expect(logIn(bench, "anna", "x", from: Self.there).answer == Self.wrong) }
        let info = "too many failed logins as anna: try again in 1 s"
        #expect(logIn(bench, "anna", "x", from: Self.there).answer == .loginFailed(info: info))
        #expect(isSuccess(logIn(bench, "anna", "right").answer))
    }

    @Test func whatCouldNotBeCheckedCountsForNobody() {
        let bench = bench { ($0.loginsPerNameAndAddress.free, $0.hashesWaiting) = (1, 0) }
        for _ in 0..<5 {
            let info = "the login cannot be checked now, try again"
            #expect(logIn(bench, "anna", "right").answer == .loginFailed(info: info))
        }
    }

    @Test func registrationsFromOneAddressHaveToWaitToo() {
        let bench = bench {
            $0.registrationsPerAddress.free = 2
            $0.loopback?.registrations.free = 3
        }
        func register(_ name: String, from address: PeerAddress) -> Message? {
            let client = visit(bench, from: address)
            return bench.handle(.received(client, .register(username: name, secret: Secret("s")))).sent(on: client)
                .first
        }
        #expect(register("a", from: Self.here) == nil)
        #expect(register("b", from: Self.here) == nil)
        let info = "too many registrations from your address: try again in 1 s"
        #expect(register("c", from: Self.here) == .registerFailed(info: info))
        #expect(register("d", from: Self.there) == nil)
        for name in ["e", "f", "g"] { #expect(register(name, from: .loopback) == nil) }
        #expect(register("h", from: .loopback) == .registerFailed(info: info))
    }

    @Test func aTrustedMachineMayTryAsItLikes() {
        let bench = bench {
            ($0.registrationsPerAddress.free, $0.loginsPerNameAndAddress.free, $0.loopback) = (1, 1, nil)
            $0.hashesAtOnce = 10
        }
        for name in ["a", "b", "c"] {
            let client = visit(bench, from: .loopback)
            let effects = bench.handle(.received(client, .register(username: name, secret: Secret("s"))))
            #expect(effects.sent(on: client).isEmpty)
        }
        for _ in 0..<5 { #expect(logIn(bench, "anna", "x", from: .loopback).answer == Self.wrong) }
    }

    @Test func guessesFromThisMachineHaveToWaitAsOthersDo() {
        let bench = bench { $0.loginsPerNameAndAddress.free = 2 }
        for _ in 0..<2 { #expect(logIn(bench, "anna", "x", from: .loopback).answer == Self.wrong) }
        let info = "too many failed logins as anna from your address: try again in 1 s"
        #expect(logIn(bench, "anna", "x", from: .loopback).answer == .loginFailed(info: info))
    }

    @Test func anAddressThatHasToWaitKeepsNoNameFromOthers() {
        let bench = bench { ($0.registrationsPerAddress.free, $0.registrationsPerName.free) = (1, 2) }
        func register(_ name: String, from address: PeerAddress) -> Message? {
            let client = visit(bench, from: address)
            return bench.handle(.received(client, .register(username: name, secret: Secret("s")))).sent(on: client)
                .first
        }
        #expect(register("a", from: Self.here) == nil)
        let info = "too many registrations from your address: try again in 1 s"
        for _ in 0..<5 { #expect(register("b", from: Self.here) == .registerFailed(info: info)) }
        #expect(register("b", from: Self.there) == nil)
    }

    @Test func whoLogsInAsAnonymousFirstIsCountedByItsAddressAsWell() {
        let bench = bench {
            ($0.registrationsPerAddress.free, $0.loginsPerNameAndAddress.free, $0.hashesAtOnce) = (2, 1, 10)
        }
        func visitor(from address: PeerAddress = Self.here) -> ConnectionID {
            let client = visit(bench, from: address)
            bench.handle(.received(client, .login(Login(username: Login.anonymous))))
            return client
        }
        func register(_ name: String, from address: PeerAddress = Self.here) -> Message? {
            let client = visitor(from: address)
            return bench.handle(.received(client, .register(username: name, secret: Secret("s")))).sent(on: client)
                .first
        }
        #expect(register("a") == nil)
        #expect(register("b") == nil)
        let pause = "too many registrations from your address: try again in 1 s"
        #expect(register("c") == .registerFailed(info: pause))
        #expect(register("d", from: Self.there) == nil)

        func guess() -> Message? {
            let client = visitor()
            var effects = bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("x")))))
            while case .verify(let ticket, _, _)? = effects.first(where: isVerify) {
                effects = bench.handle(.verified(ticket, false))
            }
            return effects.sent(on: client).first
        }
        #expect(guess() == Self.wrong)
        let wait = "too many failed logins as anna from your address: try again in 1 s"
        #expect(guess() == .loginFailed(info: wait))
    }

    // MARK: The queue of hashes

    @Test func oneAddressCannotFillTheQueueForOthers() {
        let bench = bench { ($0.hashesAtOnce, $0.hashesWaitingPerAddress) = (1, 5) }
        func ask(from address: PeerAddress) -> [Effect] {
            let client = visit(bench, from: address)
            return bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("\(address.value)")))))
        }
        var first: Ticket?
        for _ in 0..<20 {
            for case .verify(let ticket, _, _) in ask(from: Self.here) { first = first ?? ticket }
        }
        #expect(bench.node.admission.hashQueue.waiting(of: .address(Self.here)) == 5)
        _ = ask(from: Self.there)
        // Whoever came last is next but one, not behind five others.
        var turns: [String] = []
        var ticket = first
        while let done = ticket, turns.count < 3 {
            ticket = nil
            for case .verify(let next, let secret, _) in bench.handle(.verified(done, false)) {
                turns.append(secret.text)
                ticket = next
            }
        }
        #expect(turns.contains("2"))
    }

    @Test func whoHasLeftIsNotHashedFor() {
        let bench = bench { $0.hashesAtOnce = 1 }
        let clients = (0..<3).map { _ in visit(bench) }
        var tickets: [Ticket] = []
        for client in clients {
            let effects = bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("x")))))
            for case .verify(let ticket, _, _) in effects { tickets.append(ticket) }
        }
        bench.handle(.closed(clients[1]))
        bench.handle(.closed(clients[2]))
        let after = bench.handle(.verified(tickets[0], false))
        #expect(!after.contains(where: isVerify))
        #expect(bench.node.admission.work.isEmpty)
    }

    // MARK: Sessions

    @Test func whatOthersSeeOfASessionLetsNobodyGoOnUnderIt() {
        let bench = NodeBench { $0.sessionName = { "public \($0)" } }
        func success(_ session: String?) -> LoginSuccess? {
            let client = bench.newConnection()
            let login = Login(username: Login.anonymous, session: session)
            for case .loginSuccess(let success) in bench.handle(.received(client, .login(login))).sent(on: client) {
                bench.handle(
                    .received(
                        client,
                        .activity(ActivityMessage(username: Login.anonymous, secret: nil, text: [], sequence: 1))))
                return success
            }
            return nil
        }
        let mine = success("mine")
        #expect(mine?.shown == "public mine")
        #expect(mine?.session == "mine")
        let count = bench.node.log.count
        // A stranger who has seen the public name is another session; who knows the token is the same one.
        _ = success(mine?.shown)
        #expect(bench.node.log.count == count + 1)
        _ = success("mine")
        #expect(bench.node.log.count == count + 1)
        // A client that brought none is given a token that goes on elsewhere.
        let given = success(nil)
        #expect(given?.shown == "public \(given?.session ?? "")")
    }
}
