import Testing

@testable import Tree

/// How a user changes the own secret (docs/protocol.md#changing-a-secret). On this bench a secret is its own hash.
@Suite struct ChangingSecretsTests {
    private static let here = PeerAddress(1)
    private static let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
    private static let registered = AccountVersion(stamp: Stamp(5), origin: origin)
    private static let wrong = Message.changeFailed(info: "the present secret is wrong")

    /// A node that knows the account `anna` with the secret `old`.
    private func bench(keeps: Bool = false, _ change: @escaping (inout Configuration) -> Void = { _ in }) -> NodeBench {
        let bench = NodeBench {
            $0.keepsAccounts = keeps
            change(&$0)
        }
        bench.node.accounts.put(
            AccountRecord(Account(name: "anna", hash: "old", registered: Self.registered)))
        return bench
    }

    private func visit(_ bench: NodeBench) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: Self.here))
        return connection
    }

    /// Does what is ordered of hashes, until nothing more is.
    private func hashAll(_ bench: NodeBench, _ effects: [Effect]) -> (effects: [Effect], verified: Int) {
        var all = effects
        var (next, verified) = (0, 0)
        while next < all.count {
            switch all[next] {
            case .verify(let ticket, let shown, let hash):
                verified += 1
                all += bench.handle(.verified(ticket, shown.text == hash))
            case .hash(let ticket, let secret): all += bench.handle(.hashed(ticket, secret.text))
            default: break
            }
            next += 1
        }
        return (all, verified)
    }

    private func begin(
        _ bench: NodeBench, _ name: String, _ secret: String, _ new: String, on connection: ConnectionID
    ) -> [Effect] {
        bench.handle(
            .received(
                connection,
                .changeSecret(SecretChange(username: name, secret: Secret(secret), newSecret: Secret(new)))))
    }

    @discardableResult
    private func change(_ bench: NodeBench, _ name: String, _ secret: String, _ new: String) -> [Message] {
        let client = visit(bench)
        return hashAll(bench, begin(bench, name, secret, new, on: client)).effects.sent(on: client)
    }

    private func canLogIn(_ bench: NodeBench, _ secret: String) -> Bool {
        let client = visit(bench)
        let login = Message.login(Login(username: "anna", secret: Secret(secret)))
        return hashAll(bench, bench.handle(.received(client, login))).effects.sent(on: client).contains {
            if case .loginSuccess = $0 { true } else { false }
        }
    }

    private static func done(_ durable: Int) -> Message {
        .secretChanged(info: "the secret of anna was changed", durable: durable)
    }

    // MARK: The change

    @Test func theNewSecretCountsAndTheOldOneNoLongerDoes() {
        let bench = bench()
        #expect(change(bench, "anna", "old", "new") == [Self.done(0)])
        #expect(bench.node.account(named: "anna")?.registered == Self.registered)
        #expect(!canLogIn(bench, "old"))
        #expect(canLogIn(bench, "new"))
    }

    @Test func theConnectionGoesOnAndCanLogInWithTheNewSecret() {
        let bench = bench()
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "anna", "old", "new", on: client)).effects
        #expect(!effects.closes(client))
        #expect(effects.last { $0 == .pause(client) || $0 == .resume(client) } == .resume(client))
        let login = Message.login(Login(username: "anna", secret: Secret("new")))
        let (after, verified) = hashAll(bench, bench.handle(.received(client, login)))
        #expect(after.sent(on: client).contains { if case .loginSuccess = $0 { true } else { false } })
        #expect(verified == 0, "the secret was shown a moment ago")
    }

    @Test func itIsAnsweredOnceTheNewSecretIsOnTheDisk() {
        let bench = bench(keeps: true)
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "anna", "old", "new", on: client)).effects
        #expect(effects.sent(on: client) == [])
        let ticket = effects.compactMap { if case .persist(let ticket, _) = $0 { ticket } else { nil } }.last
        #expect(bench.handle(.persisted(ticket!, failure: nil)).sent(on: client) == [Self.done(1)])
    }

    @Test func sessionsUnderTheNameAreToldAndClosed() {
        let bench = bench()
        let session = visit(bench)
        let login = Message.login(Login(username: "anna", secret: Secret("old")))
        _ = hashAll(bench, bench.handle(.received(session, login)))
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "anna", "old", "new", on: client)).effects
        let info = "the secret of anna was changed: log in again"
        #expect(effects.sent(on: session) == [.authenticationFail(Refusal(reason: nil, info: info))])
        #expect(effects.closes(session))
        #expect(effects.sent(on: client) == [Self.done(0)])
    }

    @Test func itIsLaterThanTheChangeBeforeWhateverTheTimeIsHere() {
        let bench = bench()
        let ahead = AccountVersion(stamp: Stamp(milliseconds: 900_000_000), origin: Self.origin)
        bench.node.accounts.put(
            AccountRecord(Account(name: "anna", hash: "old", registered: Self.registered, changed: ahead)))
        #expect(change(bench, "anna", "old", "new") == [Self.done(0)])
        #expect(bench.node.account(named: "anna")!.changed > ahead)
        let tool = bench.newConnection()
        let request = AccountRequest(
            secret: Secret("own"), action: .reset(username: "anna", secret: Secret("third")))
        _ = hashAll(bench, bench.handle(.received(tool, .administer(request))))
        #expect(bench.node.account(named: "anna")?.hash == "third")
    }

    @Test func inTotalOrderNothingCountsBeforeThereIsAStampForIt() {
        let bench = bench { ($0.order, $0.asksClock) = (.total, true) }
        bench.wait(1)
        bench.handle(
            .clockAnswered(first: Stamp(milliseconds: 1_000_001), count: 1, epoch: 1, wallMilliseconds: 1_000_001))
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "anna", "old", "new", on: client)).effects
        #expect(effects.sent(on: client) == [])
        #expect(!canLogIn(bench, "new"))
        #expect(canLogIn(bench, "old"))
        let stamped = bench.handle(
            .clockAnswered(first: Stamp(milliseconds: 1_000_002), count: 1, epoch: 1, wallMilliseconds: 1_000_002))
        #expect(stamped.sent(on: client) == [Self.done(0)])
        #expect(canLogIn(bench, "new"))
    }

    // MARK: At a node that doesn't know the name

    @Test func aNodeThatDoesNotKnowTheNameAsksTheTree() {
        let bench = bench()
        let child = bench.child(8)
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "bert", "old", "new", on: client)).effects
        guard case .loginRequest(let question)? = effects.sent(on: child).last else {
            Issue.record("nobody is asked")
            return
        }
        #expect(question.secret == nil)
        let account = Account(name: "bert", hash: "old", registered: Self.registered)
        let answer = NameAnswer(username: "bert", id: question.id, account: account)
        var after = hashAll(bench, bench.handle(.received(child, .loginAllowed(answer)))).effects
        #expect(bench.node.account(named: "bert")?.hash == "new")
        after += bench.handle(.received(child, .acknowledge(.init(stored: 1, safe: 1, confirmed: 0))))
        let asked = after.sent(on: child).compactMap { if case .recordRequest(let asked) = $0 { asked } else { nil } }
        let recorded = RecordAnswer(id: asked.last!.id, holders: [NodeID(8)], isUnknown: false)
        let told = bench.handle(.received(child, .recorded(recorded))).sent(on: client)
        #expect(told == [.secretChanged(info: "the secret of bert was changed", durable: 1)])
    }

    @Test func whatTheTreeCannotTellIsNoWrongSecretAndCountsAsOneWould() {
        let bench = bench { $0.limits.loginsPerNameAndAddress.free = 3 }
        let child = bench.child(8)
        for _ in 0..<3 {
            let client = visit(bench)
            let effects = hashAll(bench, begin(bench, "bert", "old", "new", on: client)).effects
            guard case .loginRequest(let question)? = effects.sent(on: child).last else {
                Issue.record("nobody is asked")
                return
            }
            let answer = NameAnswer(username: "bert", id: question.id, isUnknown: true)
            let told = bench.handle(.received(child, .loginDenied(answer))).sent(on: client)
            #expect(told == [.changeFailed(info: "the present secret cannot be checked now, try again")])
        }
        let info = "too many failed logins as bert from your address: try again in 1 s"
        #expect(change(bench, "bert", "old", "new") == [.changeFailed(info: info)])
    }

    // MARK: Refusals

    @Test func aWrongSecretAndAnUnknownNameGetTheSameAnswerForTheSameWork() {
        let bench = bench()
        for name in ["anna", "nobody"] {
            let client = visit(bench)
            let (effects, verified) = hashAll(bench, begin(bench, name, "x", "new", on: client))
            #expect(effects.sent(on: client) == [Self.wrong], "\(name)")
            #expect(effects.closes(client))
            #expect(verified == 1)
        }
        #expect(bench.node.account(named: "anna")?.hash == "old")
    }

    @Test func guessesCountTogetherWithThoseOfLogins() {
        let bench = bench { ($0.limits.loginsPerName.free, $0.limits.loginsPerNameAndAddress.free) = (2, 100) }
        #expect(change(bench, "anna", "x", "new") == [Self.wrong])
        #expect(!canLogIn(bench, "x"))
        let info = "too many failed logins as anna: try again in 1 s"
        #expect(change(bench, "anna", "old", "new") == [.changeFailed(info: info)])
        bench.wait(1000)
        #expect(change(bench, "anna", "old", "new") == [Self.done(0)])
        let byAddress = self.bench { $0.limits.loginsPerNameAndAddress.free = 1 }
        change(byAddress, "anna", "x", "new")
        let closed = "too many failed logins as anna from your address: try again in 1 s"
        #expect(change(byAddress, "anna", "old", "new") == [.changeFailed(info: closed)])
    }

    @Test func whoShowedTheSecretBeforeIsNotKeptFromChangingItByGuessesOfOthers() {
        let bench = bench { $0.limits.loginsPerName.free = 1 }
        #expect(canLogIn(bench, "old"))
        change(bench, "anna", "x", "new")
        #expect(change(bench, "anna", "old", "new") == [Self.done(0)])
    }

    @Test func whatCanBeNobodysSecretIsRefusedWithoutACheck() {
        let bench = bench { $0.limits.secretBytes = 8 }
        for (name, secret, new, info) in [
            ("anonymous", "old", "new", "anonymous has no secret"),
            ("anna", "old", "", "the new secret is empty"),
            ("anna", "old", "123456789", "the new secret is longer than 8 bytes"),
            ("anna", "123456789", "new", "the secret is longer than 8 bytes"),
            ("anna", "old", "old", "the new secret is the same as the present one"),
            (String(repeating: "n", count: 129), "old", "new", "the username is longer than 128 bytes"),
        ] {
            let client = visit(bench)
            let (effects, verified) = hashAll(bench, begin(bench, name, secret, new, on: client))
            #expect(effects.sent(on: client) == [.changeFailed(info: info)])
            #expect(effects.closes(client))
            #expect(verified == 0)
        }
        #expect(bench.node.account(named: "anna")?.hash == "old")
    }

    @Test func anAdministratorCannotSetAnEmptySecretEither() {
        let bench = bench()
        let tool = bench.newConnection()
        let request = AccountRequest(secret: Secret("own"), action: .reset(username: "anna", secret: Secret("")))
        let told = bench.handle(.received(tool, .administer(request))).sent(on: tool)
        #expect(told == [.administered(.failed(info: "the new secret is empty"))])
    }

    @Test func aClientThatIsLoggedInIsToldToUseAnotherConnection() {
        let bench = bench()
        let client = bench.client()
        let effects = begin(bench, "anna", "old", "new", on: client)
        let info = "client has already logged in: change the secret on another connection"
        #expect(effects.sent(on: client) == [.invalidMessage(info: info)])
    }

    @Test func aNodeThatCannotSaveItSaysSo() {
        let bench = bench(keeps: true)
        let client = visit(bench)
        let effects = hashAll(bench, begin(bench, "anna", "old", "new", on: client)).effects
        let ticket = effects.compactMap { if case .persist(let ticket, _) = $0 { ticket } else { nil } }.last
        bench.handle(.persisted(ticket!, failure: "full"))
        let info = "this node can't store secrets now, try again later"
        #expect(change(bench, "anna", "new", "third") == [.changeFailed(info: info)])
    }

    // MARK: Two at once

    @Test func ofTwoAtOneNodeTheFirstCounts() {
        let bench = bench()
        let (first, second) = (visit(bench), visit(bench))
        var effects = begin(bench, "anna", "old", "one", on: first)
        effects += begin(bench, "anna", "old", "two", on: second)
        effects = hashAll(bench, effects).effects
        #expect(effects.sent(on: first) == [Self.done(0)])
        #expect(effects.sent(on: second).count == 1)
        guard case .changeFailed? = effects.sent(on: second).first else {
            Issue.record("\(effects.sent(on: second))")
            return
        }
        #expect(bench.node.account(named: "anna")?.hash == "one")
    }

    @Test func ofTwoOnTwoSidesOfASplitTheLaterOneCountsOnBoth() {
        let other = AccountVersion(stamp: Stamp(milliseconds: 1_000_500), origin: Self.origin)
        let theirs = Account(name: "anna", hash: "theirs", registered: Self.registered, changed: other)
        for (pause, winner) in [(UInt64(0), "theirs"), (1000, "mine")] {
            let bench = bench()
            bench.wait(pause)
            #expect(change(bench, "anna", "old", "mine") == [Self.done(0)])
            let mine = bench.node.account(named: "anna")!
            bench.handle(.received(bench.child(8), .accounts([AccountRecord(theirs)], isAnswer: false)))
            #expect(bench.node.account(named: "anna")?.hash == winner)
            #expect(AccountRecord(theirs).merged(with: AccountRecord(mine)).account?.hash == winner)
            #expect(canLogIn(bench, winner))
            #expect(!canLogIn(bench, winner == "mine" ? "theirs" : "mine"))
        }
    }

    @Test func whoWaitsForDisksIsToldIfALaterChangeComesFirst() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let child = bench.child(8)
        let client = visit(bench)
        var effects = hashAll(bench, begin(bench, "anna", "old", "mine", on: client)).effects
        effects += bench.handle(.received(child, .acknowledge(.init(stored: 1, safe: 1, confirmed: 0))))
        let asked = effects.sent(on: child).compactMap { if case .recordRequest(let asked) = $0 { asked } else { nil } }
        let later = AccountVersion(stamp: Stamp(milliseconds: 1_000_500), origin: Self.origin)
        let theirs = Account(name: "anna", hash: "theirs", registered: Self.registered, changed: later)
        bench.handle(.received(child, .accounts([AccountRecord(theirs)], isAnswer: false)))
        let recorded = RecordAnswer(id: asked.last!.id, holders: [NodeID(8)], isUnknown: false)
        let told = bench.handle(.received(child, .recorded(recorded))).sent(on: client)
        #expect(told == [.changeFailed(info: "the secret of anna was changed by somebody else later")])
    }

    @Test func oneThatIsRemovedMeanwhileIsNotChanged() {
        let bench = bench()
        let client = visit(bench)
        let effects = begin(bench, "anna", "old", "new", on: client)
        guard case .verify(let ticket, _, _)? = effects.first(where: { if case .verify = $0 { true } else { false } })
        else {
            Issue.record("nothing is checked")
            return
        }
        let hashing = bench.handle(.verified(ticket, true))
        let removal = Removal(registered: Self.registered, at: Stamp(milliseconds: 1_000_000))
        bench.node.learn(AccountRecord(name: "anna", removal: removal), from: .log)
        let told = hashAll(bench, hashing).effects.sent(on: client)
        #expect(told == [.changeFailed(info: "anna was changed by somebody else meanwhile")])
        #expect(bench.node.account(named: "anna") == nil)
    }

    @Test func nobodyHashesForAClientThatHasLeft() {
        let bench = bench { $0.limits.hashesAtOnce = 1 }
        let (first, second) = (visit(bench), visit(bench))
        let effects = begin(bench, "anna", "x", "new", on: first)
        _ = begin(bench, "anna", "old", "new", on: second)
        bench.handle(.closed(second))
        let (_, verified) = hashAll(bench, effects)
        #expect(verified == 1)
        #expect(bench.node.account(named: "anna")?.hash == "old")
        #expect(bench.node.admission.work.isEmpty)
    }
}
