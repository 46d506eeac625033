import Names
import Testing

@testable import Tree

/// What a name may look like, and when two names are one: when they are the same in folded form
/// (docs/protocol.md#names).
@Suite struct NamesTests {
    /// One name in two spellings.
    private let one = "andr\u{e9}"
    private let two = "andre\u{301}"

    private func bench(_ change: (inout Configuration) -> Void = { _ in }) -> NodeBench {
        NodeBench {
            $0.names = UnicodeNames()
            $0.keepsAccounts = true
            change(&$0)
        }
    }

    private func account(
        _ name: String, _ stamp: UInt64 = 5, spelling: String? = nil, hash: String = "right"
    ) -> AccountRecord {
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        return AccountRecord(
            Account(
                name: name, spelling: spelling, hash: hash,
                registered: AccountVersion(stamp: Stamp(stamp), origin: origin)))
    }

    /// A node that knows accounts, and hears nothing of others.
    private func bench(knowing records: AccountRecord...) -> NodeBench {
        let bench = bench()
        for record in records { bench.node.accounts.put(record) }
        return bench
    }

    /// Logs in, or changes a secret, and has secrets checked and made: a hash is the secret itself.
    private func finish(_ bench: NodeBench, _ effects: [Effect]) -> [Effect] {
        var all = effects
        for effect in effects {
            switch effect {
            case .verify(let ticket, let secret, let hash):
                all += finish(bench, bench.handle(.verified(ticket, secret.text == hash)))
            case .hash(let ticket, let secret): all += finish(bench, bench.handle(.hashed(ticket, secret.text)))
            case .persist(let ticket, _): all += finish(bench, bench.handle(.persisted(ticket, failure: nil)))
            default: break
            }
        }
        return all
    }

    private func logIn(
        _ bench: NodeBench, as name: String, _ secret: String = "right"
    ) -> (client: ConnectionID, effects: [Effect]) {
        let client = bench.newConnection()
        let login = Login(username: name, secret: Secret(secret))
        return (client, finish(bench, bench.handle(.received(client, .login(login)))))
    }

    private func entry(_ effects: [Effect], on client: ConnectionID) -> LoginSuccess? {
        for case .loginSuccess(let success) in effects.sent(on: client) { return success }
        return nil
    }

    private func register(_ bench: NodeBench, _ name: String) -> [Message] {
        let client = bench.newConnection()
        return finish(bench, bench.handle(.received(client, .register(username: name, secret: Secret("right")))))
            .sent(on: client)
    }

    private func saved(_ effects: [Effect]) -> [String] {
        effects.flatMap { if case .persist(_, let records) = $0 { records.map(\.name) } else { [] as [String] } }
    }

    private func bytes(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

    // MARK: One name

    @Test func aNameIsShownAsItWasRegisteredInWhateverSpellingItsOwnerLogsIn() throws {
        let bench = bench()
        #expect(register(bench, "Andr\u{e9}").count == 1)
        for spelling in ["ANDRE\u{301}", "andr\u{e9}", "ａndre\u{301}"] {
            let (client, effects) = logIn(bench, as: spelling)
            let success = try #require(entry(effects, on: client))
            #expect(success.username == "Andr\u{e9}" && success.info == "logged in as user Andr\u{e9}")
            #expect(bench.node.sessions[client]?.user == "Andr\u{e9}")
            let message = ActivityMessage(username: spelling, secret: Secret("right"), text: Array("{}".utf8))
            #expect(bench.handle(.received(client, .activity(message))).sent(on: client) == [])
        }
        let (client, effects) = logIn(bench, as: "Andr\u{e9}")
        #expect(entry(effects, on: client)?.username == nil)
        #expect(bench.node.accounts.record(of: one)?.account?.spelling == "Andr\u{e9}")
    }

    @Test func whatIsSaidUnderAnotherNameIsRefusedHoweverNear() {
        let bench = bench(knowing: account("anna"))
        let (client, _) = logIn(bench, as: "ANNA")
        let message = ActivityMessage(username: "аnna", secret: Secret("right"), text: Array("{}".utf8))
        #expect(bench.handle(.received(client, .activity(message))).closes(client))
    }

    @Test(arguments: ["anna", "ANNA", "Anna"])
    func aNameThatIsTakenIsTakenInEverySpelling(spelling: String) {
        for known in [account("anna", spelling: "Anna"), account("aNNa")] {
            let bench = bench(knowing: known)
            #expect(
                register(bench, spelling) == [
                    .registerFailed(info: "\(spelling) is already registered with the system")
                ])
        }
    }

    @Test func aClaimOnANameIsOneOnAllItsSpellings() {
        let bench = bench()
        let link = bench.child(7)
        let first = bench.newConnection()
        let asked = bench.handle(.received(first, .register(username: one, secret: Secret("s"))))
        #expect(asked.sent(on: first) == [] && !asked.sent(on: link).isEmpty)
        let second = bench.newConnection()
        let effects = bench.handle(.received(second, .register(username: two, secret: Secret("s"))))
        #expect(effects.sent(on: second) == [.registerFailed(info: "\(two) is already registered with the system")])
        #expect(bench.node.accounts.changes.claimCount == 1)
        // So is what another node asks.
        let asker = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let question = NameQuestion(
            username: "ANDR\u{c9}", id: QuestionID(asker: asker, count: 1),
            stamp: Stamp(milliseconds: 1_000_000_000))
        let answers = bench.handle(.received(link, .lockRequest(question))).sent(on: link)
        #expect(answers.contains { if case .lockDenied = $0 { true } else { false } })
    }

    @Test func ofTwoRegistrationsInPartsThatWereApartTheEarlierStandsWhateverTheSpellings() {
        let bench = bench(knowing: account("anna", 9, spelling: "ANNA"))
        let (client, _) = logIn(bench, as: "anna")
        let link = bench.child(7)
        let earlier = account("anna", 5, spelling: "Anna", hash: "theirs")
        let effects = bench.handle(.received(link, .accounts([earlier], isAnswer: false)))
        #expect(effects.contains(.report(.nameLost("ANNA"))))
        #expect(effects.closes(client))
        #expect(bench.node.accounts["anna"] == earlier.account)
    }

    @Test func guessesCountForTheNameInAllSpellings() {
        let bench = bench(knowing: account("anna"))
        let guesser = PeerAddress(9)
        for spelling in (0..<10).map({ ["anna", "ANNA", "aNNa", "ａnna"][$0 % 4] }) {
            let client = bench.newConnection()
            bench.handle(.opened(client, from: guesser))
            let login = Login(username: spelling, secret: Secret("wrong"))
            #expect(!finish(bench, bench.handle(.received(client, .login(login)))).isEmpty)
        }
        let client = bench.newConnection()
        bench.handle(.opened(client, from: guesser))
        let told = bench.handle(.received(client, .login(Login(username: "Anna", secret: Secret("wrong"))))).sent(
            on: client)
        #expect(told == [.loginFailed(info: "too many failed logins as anna from your address: try again in 1 s")])
    }

    @Test func whoComesBackInAnotherSpellingIsNotHashedForAgain() {
        let bench = bench(knowing: account("anna"))
        #expect(logIn(bench, as: "anna").effects.contains { if case .verify = $0 { true } else { false } })
        let (client, effects) = logIn(bench, as: "ANNA")
        #expect(!effects.contains { if case .verify = $0 { true } else { false } })
        #expect(entry(effects, on: client)?.username == "anna")
    }

    @Test func aLoginIsAskedForInTheTreeAsItIsSpelledAndTheAccountLearnt() throws {
        let bench = bench()
        let link = bench.child(7)
        let (client, effects) = logIn(bench, as: "ANNA")
        let question = effects.sent(on: link).compactMap { message -> NameQuestion? in
            if case .loginRequest(let question) = message { question } else { nil }
        }
        let asked = try #require(question.first)
        #expect(asked.username == "ANNA")
        let answer = NameAnswer(
            username: asked.username, id: asked.id,
            account: account("anna", spelling: "Anna").account)
        let told = finish(bench, bench.handle(.received(link, .loginAllowed(answer))))
        #expect(entry(told, on: client)?.username == "Anna")
        #expect(bench.node.accounts["anna"]?.spelling == "Anna")
    }

    @Test func aChangedSecretKeepsTheSpelling() {
        let bench = bench(knowing: account("anna", spelling: "Anna"))
        let client = bench.newConnection()
        let change = SecretChange(username: "aNNa", secret: Secret("right"), newSecret: Secret("new"))
        _ = finish(bench, bench.handle(.received(client, .changeSecret(change))))
        #expect(bench.node.accounts["anna"]?.hash == "new")
        #expect(bench.node.accounts["anna"]?.spelling == "Anna")
    }

    @Test func aSpellingThatIsNoneOfTheNameIsNotBelieved() {
        let bench = bench()
        let link = bench.child(7)
        bench.handle(.received(link, .accounts([account("ann", spelling: "Bob")], isAnswer: false)))
        #expect(bench.node.accounts["ann"] == nil)
    }

    @Test func aSpellingThatANodeHasLostComesBackAndClosesNobody() {
        let bench = bench(knowing: account("anna"))
        let (client, _) = logIn(bench, as: "anna")
        let link = bench.child(7)
        let effects = bench.handle(.received(link, .accounts([account("anna", spelling: "Anna")], isAnswer: false)))
        #expect(bench.node.accounts["anna"]?.spelling == "Anna")
        #expect(!effects.closes(client))
        bench.handle(.received(link, .accounts([account("anna")], isAnswer: false)))
        #expect(bench.node.accounts["anna"]?.spelling == "Anna")
    }

    // MARK: Nobody's name

    @Test(arguments: ["ａｎｏｎｙｍｏｕｓ", "ANONYMOUS", "ＡnonymOus"])
    func nobodyIsCalledAnonymousInAnySpelling(spelling: String) throws {
        let bench = bench()
        let info = "\(spelling) is for clients without a name: register another one"
        #expect(register(bench, spelling) == [.registerFailed(info: info)])
        let (client, effects) = logIn(bench, as: spelling)
        #expect(entry(effects, on: client)?.username == Login.anonymous)
        #expect(bench.node.sessions[client]?.user == Login.anonymous)
    }

    // MARK: From before names were folded

    @Test func accountsOfOneNameGetInWithTheirExactSpellingAlone() throws {
        let bench = bench(knowing: account("Anna", 5, hash: "first"), account("anna", 6, hash: "second"))
        for (name, secret) in [("Anna", "first"), ("anna", "second")] {
            let (client, effects) = logIn(bench, as: name, secret)
            #expect(entry(effects, on: client) != nil)
            #expect(bench.node.sessions[client]?.user == name)
        }
        for (name, secret) in [("ANNA", "first"), ("ANNA", "second"), ("anna", "first")] {
            let (client, effects) = logIn(bench, as: name, secret)
            #expect(effects.sent(on: client) == [.loginFailed(info: "attempt to login with wrong secret")])
        }
        #expect(bench.node.accounts.namedAlike == [["Anna", "anna"]])
    }

    @Test func anAccountThatIsNotFoldedIsFoundInEverySpelling() {
        let bench = bench(knowing: account("Anna"))
        for name in ["anna", "ANNA", "Anna"] {
            let (client, effects) = logIn(bench, as: name)
            #expect(entry(effects, on: client) != nil)
            #expect(bench.node.sessions[client]?.user == "Anna")
        }
        #expect(bench.node.accounts.namedAlike.isEmpty)
    }

    @Test func anAccountThatCountsAsAnonymousGetsInWithItsExactSpelling() {
        let bench = bench(knowing: account("ａｎｏｎｙｍｏｕｓ"))
        let (owner, effects) = logIn(bench, as: "ａｎｏｎｙｍｏｕｓ")
        #expect(entry(effects, on: owner) != nil && bench.node.sessions[owner]?.digest != nil)
        let (other, _) = logIn(bench, as: "Anonymous")
        #expect(bench.node.sessions[other]?.user == Login.anonymous)
        #expect(bench.node.accounts.namedAlike == [["ａｎｏｎｙｍｏｕｓ"]])
    }

    @Test func accountsOfOneNameAreToldOfWhenTheyAreLearnt() {
        let bench = bench(knowing: account("anna"))
        let link = bench.child(7)
        let effects = bench.handle(.received(link, .accounts([account("Anna", 6)], isAnswer: false)))
        #expect(effects.contains(.report(.namedAlike(["Anna", "anna"]))))
    }

    @Test func accountsOfOneNameAreBothSaved() {
        let bench = bench()
        let child = bench.child(7)
        let effects = bench.handle(.received(child, .accounts([account(one, 5), account(two, 6)], isAnswer: false)))
        #expect(bytes(saved(effects)) == bytes([one, two]))
    }

    @Test func theRemovalOfAnAccountLeavesSessionsOfAnotherOneOfThatNameAlone() {
        let bench = bench(knowing: account(one), account(two))
        let clients = [one, two].map { logIn(bench, as: $0).client }
        let child = bench.child(7)
        let removal = Removal(registered: account(one).account!.registered, at: Stamp(milliseconds: 1_000_000))
        let effects = bench.handle(
            .received(child, .accounts([AccountRecord(name: one, removal: removal)], isAnswer: false)))
        #expect(effects.closes(clients[0]))
        #expect(!effects.closes(clients[1]))
        // Then the other one is the only one.
        #expect(bench.node.accounts.account(meantBy: "ANDR\u{c9}")?.name.utf8.count == two.utf8.count)
    }

    @Test func whoeverRunsTheNetworkIsToldWhichOfThemThereAre() {
        let bench = bench(knowing: account("Anna"), account("anna"), account("ben", spelling: "Ben"))
        func answer(_ action: AccountRequest.Action) -> [Message] {
            let tool = bench.newConnection()
            return finish(
                bench, bench.handle(.received(tool, .administer(.init(secret: Secret("own"), action: action))))
            ).sent(on: tool)
        }
        let info = "these names count as one: Anna, anna; name one as it was registered"
        #expect(answer(.remove(username: "ANNA")) == [.administered(.failed(info: info))])
        #expect(answer(.show(username: "x")) == [.administered(.failed(info: "nobody has registered x"))])
        guard case .administered(.accounts(let shown, _))? = answer(.show(username: "BEN")).first else {
            return #expect(Bool(false), "BEN is shown")
        }
        #expect(shown.map(\.username) == ["Ben"])
    }

    @Test func ofVeryManyAccountsOfOneNameOnlySoManyAreLookedAt() {
        var names = UnfoldedNames()
        for number in 0..<200 { names.add("spelling \(number)", folded: "name") }
        #expect(names.hashes(folded: "name").count == Limits.namesakes)
        for number in 0..<200 { names.remove("spelling \(number)", folded: "name") }
        #expect(names.hashes(folded: "name").isEmpty && names.count == 0)
    }

    // MARK: What may be registered

    @Test(arguments: [
        "anna\u{200b}", "\u{202e}anna", "an\u{ad}na", "anna\u{e0041}", "anna\u{fe0f}", "an\u{34f}na", "anna\u{3164}",
        "\u{ffa0}anna", "anna\u{115f}", "anna\u{180b}", "anna\u{17b4}", "anna\u{e0100}", "anna\u{2800}", "an\u{0}na",
        "an\u{2028}na", "an\u{e000}na", "an\u{378}na",
    ])
    func aNameWithACharacterThatCannotBeSeenIsRefused(name: String) {
        #expect(
            register(bench(), name) == [.invalidMessage(info: "the username has a character that can't be seen")])
    }

    @Test(arguments: ["anna", "an na", "andr\u{e9}", "andre\u{301}", "Анна", "安娜", "אננה", "ไม้"])
    func aNameInAnyWritingIsTaken(name: String) {
        #expect(register(bench(), name) == [.registerSuccess(info: "register success for \(name)", durable: 1)])
    }

    @Test func lettersOfTwoScriptsAreRefusedHereAndForOthers() {
        let bench = bench()
        let info = "the username mixes letters of Cyrillic and Latin: write it in one of them"
        #expect(register(bench, "аnna") == [.invalidMessage(info: info)])
        let link = bench.child(7)
        let asker = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let question = NameQuestion(
            username: "аnna", id: QuestionID(asker: asker, count: 1), stamp: Stamp(5))
        let answers = bench.handle(.received(link, .lockRequest(question))).sent(on: link)
        #expect(answers.contains { if case .lockDenied = $0 { true } else { false } })
    }

    @Test func aNameThatGetsTooLongByFoldingIsRefused() {
        // Each İ is two bytes, and three when it is folded.
        let bench = bench { $0.limits.nameBytes = 255 }
        let told = register(bench, String(repeating: "\u{130}", count: 100))
        #expect(told == [.invalidMessage(info: "the username is longer than 255 bytes when it is folded")])
    }
}
