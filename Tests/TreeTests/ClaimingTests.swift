import Testing

@testable import Tree

/// Who gets a name that is asked for (docs/protocol.md#registering): one no denies, and whoever can't answer allows.
@Suite struct ClaimingTests {
    /// A node whose neighbours may be silent for long, so that only questions run out.
    private func bench() -> NodeBench { NodeBench { $0.limits.silence = .seconds(100) } }

    private func question(_ name: String = "anna", by node: UInt64, at stamp: UInt64) -> NameQuestion {
        let asker = Origin(node: NodeID(node), incarnation: Incarnation(1))
        return NameQuestion(
            username: name, id: QuestionID(asker: asker, count: 1),
            stamp: Stamp(milliseconds: stamp))
    }

    private func answer(to question: NameQuestion) -> NameAnswer {
        NameAnswer(username: question.username, id: question.id)
    }

    private func asked(_ effects: [Effect], on link: ConnectionID) -> NameQuestion? {
        effects.sent(on: link).compactMap { if case .lockRequest(let question) = $0 { question } else { nil } }.last
    }

    private func register(_ bench: NodeBench, _ name: String = "anna") -> (client: ConnectionID, effects: [Effect]) {
        let client = bench.newConnection()
        return (client, bench.handle(.received(client, .register(username: name, secret: Secret("s")))))
    }

    private func hashTicket(_ effects: [Effect]) -> Ticket? {
        effects.compactMap { if case .hash(let ticket, _) = $0 { ticket } else { nil } }.first
    }

    private static let taken = Message.registerFailed(info: "anna is already registered with the system")

    // MARK: Who may register

    /// Registers on a connection, and does what is ordered until it is answered.
    private func finish(_ effects: [Effect], _ bench: NodeBench, on client: ConnectionID) -> [Message] {
        var all = effects
        for effect in effects {
            switch effect {
            case .hash(let ticket, let secret):
                let answers = finish(bench.handle(.hashed(ticket, secret.text)), bench, on: client)
                all += answers.map { .send(client, $0) }
            case .persist(let ticket, _): all += bench.handle(.persisted(ticket, failure: nil))
            default: break
            }
        }
        return all.sent(on: client)
    }

    @Test func whoIsAnonymousMayRegisterAndGoesOnAsAnonymousMeanwhile() {
        let bench = bench()
        let client = bench.client()
        let load = bench.node.load
        let asking = bench.handle(.received(client, .register(username: "anna", secret: Secret("s"))))
        #expect(asking.contains(.pause(client)))
        // Nothing that happens meanwhile has it read from before it is answered.
        #expect(!bench.handle(.drained(client)).contains(.resume(client)))
        #expect(bench.node.load == load)
        #expect(
            finish(asking, bench, on: client).contains {
                if case .registerSuccess("register success for anna", _) = $0 { true } else { false }
            })
        #expect(
            bench.node.sessions[client]?.isLoggedIn == true
                && !bench.node.admission.gate.isHeld(client, for: .awaitsAnswer))
        #expect(bench.node.sessions[client]?.user == Login.anonymous)
        #expect(bench.say("{}", on: client).sent(on: client) == [])
        #expect(bench.node.log.count == 2)
        bench.handle(.closed(client))
        #expect(bench.node.load == load - 1)
    }

    @Test func whoIsSomebodyMayNot() {
        let bench = bench()
        bench.node.accounts.put(
            AccountRecord(
                Account(
                    name: "anna", hash: "s",
                    registered: AccountVersion(
                        stamp: Stamp(5), origin: Origin(node: NodeID(7), incarnation: Incarnation(1))))))
        let client = bench.newConnection()
        let login = bench.handle(.received(client, .login(Login(username: "anna", secret: Secret("s")))))
        for case .verify(let ticket, _, _) in login { bench.handle(.verified(ticket, true)) }
        let effects = bench.handle(.received(client, .register(username: "bob", secret: Secret("s"))))
        #expect(effects.sent(on: client) == [.invalidMessage(info: "client has already logged in")])
        #expect(effects.closes(client))
    }

    // MARK: Two claims on one name

    /// The second question comes from a node with a lesser or a greater id, and with an earlier, an equal or a later
    /// stamp.
    @Test(arguments: [
        (6, 400, true), (6, 500, true), (6, 600, false), (8, 400, true), (8, 500, false), (8, 600, false),
    ])
    func ofTwoQuestionsOnTheirWayTheLesserStampAndIDWins(node: UInt64, stamp: UInt64, wins: Bool) {
        let bench = bench()
        let (left, right, below) = (bench.child(20), bench.child(21), bench.child(22))
        let first = question(by: 7, at: 500)
        let asking = bench.handle(.received(left, .lockRequest(first)))
        #expect(asked(asking, on: right) == first)
        #expect(asked(asking, on: below) == first)

        let second = question(by: node, at: stamp)
        let effects = bench.handle(.received(right, .lockRequest(second)))
        let (winner, asker, others) = wins ? (second, right, [left, below]) : (first, left, [right, below])
        if wins {
            #expect(effects.sent(on: left) == [.lockDenied(answer(to: first)), .lockRequest(second)])
            #expect(asked(effects, on: below) == second)
        } else {
            #expect(effects.sent(on: right) == [.lockDenied(answer(to: second))])
            #expect(asked(effects, on: left) == nil)
            #expect(asked(effects, on: below) == nil)
        }
        // What is still answered to the one that lost changes nothing.
        let loser = wins ? first : second
        #expect(bench.handle(.received(below, .lockAllowed(answer(to: loser)))).sent(on: left) == [])
        var end: [Effect] = []
        for link in others { end = bench.handle(.received(link, .lockAllowed(answer(to: winner)))) }
        #expect(end.sent(on: asker) == [.lockAllowed(answer(to: winner))])
    }

    @Test func aClientWhoseNameWasAskedForEarlierElsewhereIsToldSo() throws {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench)
        let mine = try #require(asked(effects, on: child))
        let earlier = question(by: 7, at: mine.stamp.milliseconds - 1)
        let after = bench.handle(.received(child, .lockRequest(earlier)))
        #expect(after.sent(on: client) == [Self.taken])
        #expect(after.closes(client))
        #expect(after.sent(on: child) == [.lockAllowed(answer(to: earlier))])
    }

    @Test func aClientKeepsItsClaimAgainstALaterQuestion() throws {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench)
        let mine = try #require(asked(effects, on: child))
        let later = question(by: 7, at: mine.stamp.milliseconds + 1)
        let after = bench.handle(.received(child, .lockRequest(later)))
        #expect(after.sent(on: child) == [.lockDenied(answer(to: later))])
        #expect(after.sent(on: client) == [])
        #expect(hashTicket(bench.handle(.received(child, .lockAllowed(answer(to: mine))))) != nil)
    }

    // MARK: Branches that don't answer

    @Test func aLinkThatDiesWhileItIsAskedCountsAsAllowing() {
        let bench = bench()
        let (left, right, below) = (bench.child(20), bench.child(21), bench.child(22))
        let asked = question(by: 7, at: 500)
        bench.handle(.received(left, .lockRequest(asked)))
        #expect(bench.handle(.received(right, .lockAllowed(answer(to: asked)))).sent(on: left) == [])
        #expect(bench.handle(.closed(below)).sent(on: left).contains(.lockAllowed(answer(to: asked))))
    }

    @Test func aDeadLinkDoesNotTurnANoIntoAYes() {
        let bench = bench()
        let (left, right, below) = (bench.child(20), bench.child(21), bench.child(22))
        let asked = question(by: 7, at: 500)
        bench.handle(.received(left, .lockRequest(asked)))
        #expect(!bench.handle(.closed(below)).sent(on: left).contains(.lockAllowed(answer(to: asked))))
        let end = bench.handle(.received(right, .lockDenied(answer(to: asked))))
        #expect(end.sent(on: left) == [.lockDenied(answer(to: asked))])
    }

    @Test func aClientRegistersWhenTheOnlyLinkDies() {
        let bench = bench()
        let child = bench.child(7)
        let (_, effects) = register(bench)
        #expect(hashTicket(effects) == nil)
        #expect(hashTicket(bench.handle(.closed(child))) != nil)
    }

    @Test func aBranchThatSaysNothingForThreeSecondsCountsAsAllowing() {
        let bench = bench()
        _ = bench.child(7)
        let (_, effects) = register(bench)
        #expect(hashTicket(effects) == nil)
        #expect(hashTicket(bench.wait(2900)) == nil)
        #expect(hashTicket(bench.wait(200)) != nil)
    }

    // MARK: Claims that are left behind

    @Test func theClaimOfAClientThatLeftLapsesAfterNineSeconds() throws {
        let bench = bench()
        let (client, effects) = register(bench)
        bench.handle(.closed(client))
        let hashed = bench.handle(.hashed(try #require(hashTicket(effects)), "hash"))
        #expect(hashed.sent(on: client) == [])
        #expect(bench.node.accounts["anna"] == nil)
        bench.wait(8900)
        let (early, refused) = register(bench)
        #expect(refused.sent(on: early) == [Self.taken])
        bench.wait(200)
        let (late, more) = register(bench)
        let registered = bench.handle(.hashed(try #require(hashTicket(more)), "another hash"))
        #expect(registered.sent(on: late) == [.registerSuccess(info: "register success for anna", durable: 0)])
        #expect(bench.node.accounts["anna"]?.hash == "another hash")
    }

    @Test func theClaimOfAClientThatLeftElsewhereLapsesAfterNineSecondsToo() {
        let bench = bench()
        let child = bench.child(7)
        let asked = question(by: 7, at: 500)
        #expect(
            bench.handle(.received(child, .lockRequest(asked))).sent(on: child) == [.lockAllowed(answer(to: asked))])
        bench.wait(8900)
        let second = question(by: 8, at: 600)
        #expect(
            bench.handle(.received(child, .lockRequest(second))).sent(on: child) == [.lockDenied(answer(to: second))])
        bench.wait(200)
        let third = question(by: 9, at: 700)
        #expect(
            bench.handle(.received(child, .lockRequest(third))).sent(on: child) == [.lockAllowed(answer(to: third))])
    }

    @Test func whoLeavesBeforeAllHaveAnsweredLeavesNoQuestionAndNoHashBehind() throws {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench)
        bench.handle(.closed(client))
        let mine = try #require(asked(effects, on: child))
        #expect(hashTicket(bench.handle(.received(child, .lockAllowed(answer(to: mine))))) == nil)
        #expect(bench.node.queries.isEmpty)
        #expect(bench.node.accounts.changes.claimCount == 0)
    }

    @Test func pastTheLimitOfNamesNoFurtherOneIsRegisteredAndThatIsToldOnce() {
        let bench = NodeBench { $0.limits.accounts = 1 }
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        bench.node.accounts.put(
            AccountRecord(
                Account(name: "berta", hash: "h", registered: AccountVersion(stamp: Stamp(5), origin: origin))))
        let answers = (0..<2).map { _ in
            let client = bench.newConnection()
            return bench.handle(.received(client, .register(username: "anna", secret: Secret("s"))))
        }
        for effects in answers {
            let info = effects.compactMap { effect in
                if case .send(_, .registerFailed(let info)) = effect { info } else { nil }
            }
            #expect(info == ["this network has as many names as it takes: ask its operator"])
        }
        let told = answers.map { effects in
            effects.count { if case .report(.accountsFull(count: 1)) = $0 { true } else { false } }
        }
        #expect(told == [1, 0])
    }

    // MARK: Neighbours that claim without end

    @Test func aNeighbourClaimsSoManyNamesAtATimeAndOthersClaimOn() {
        let bench = NodeBench {
            $0.limits.silence = .seconds(100)
            $0.limits.claimsPerLink = 5
        }
        let (greedy, other) = (bench.child(7), bench.child(8))
        func isDenied(_ name: String, by node: UInt64, _ count: UInt64, on link: ConnectionID) -> Bool {
            let asker = Origin(node: NodeID(node), incarnation: Incarnation(1))
            let question = NameQuestion(
                username: name, id: QuestionID(asker: asker, count: count), stamp: .zero)
            return bench.handle(.received(link, .lockRequest(question))).sent(on: link).contains {
                if case .lockDenied = $0 { true } else { false }
            }
        }
        for count in 1...20 as ClosedRange<UInt64> {
            #expect(isDenied("name \(count)", by: 7, count, on: greedy) == (count > 5))
        }
        #expect(!isDenied("anna", by: 8, 1, on: other))
        // They end.
        bench.wait(10_000)
        #expect(bench.node.accounts.changes.claimCount == 0)
        #expect(!isDenied("name 6", by: 7, 30, on: greedy))
    }
}
