import Testing

@testable import Tree

/// When a registration is acknowledged (docs/protocol.md#registering): on disk at k+1 nodes, or all there are.
@Suite struct DurabilityTests {
    private func bench(keeps: Bool = true, _ change: (inout Configuration) -> Void = { _ in }) -> NodeBench {
        NodeBench {
            $0.keepsAccounts = keeps
            change(&$0)
        }
    }

    /// Registers, and answers what the node wants of its neighbours and of its hashing, up to the log.
    private func register(_ bench: NodeBench, links: [ConnectionID] = []) -> (client: ConnectionID, effects: [Effect]) {
        let client = bench.newConnection()
        var effects = bench.handle(.received(client, .register(username: "anna", secret: Secret("s"))))
        for link in links {
            guard case .lockRequest(let question)? = effects.sent(on: link).last else { continue }
            let answer = NameAnswer(username: "anna", id: question.id)
            let more = bench.handle(.received(link, .lockAllowed(answer)))
            if !more.isEmpty { effects += more }
        }
        effects = bench.handle(.hashed(hashTicket(effects), "hash"))
        for link in links {
            effects += bench.handle(.received(link, .acknowledge(.init(stored: 1, safe: 1, confirmed: 0))))
        }
        return (client, effects)
    }

    private func hashTicket(_ effects: [Effect]) -> Ticket {
        effects.compactMap { if case .hash(let ticket, _) = $0 { ticket } else { nil } }.first ?? Ticket(1)
    }

    private func saveTicket(_ effects: [Effect]) -> Ticket? {
        effects.compactMap { if case .persist(let ticket, _) = $0 { ticket } else { nil } }.first
    }

    private func question(_ effects: [Effect], on link: ConnectionID) -> RecordQuestion? {
        effects.sent(on: link).compactMap { if case .recordRequest(let question) = $0 { question } else { nil } }.last
    }

    private func answers(_ effects: [Effect], on link: ConnectionID) -> [RecordAnswer] {
        effects.sent(on: link).compactMap { if case .recorded(let answer) = $0 { answer } else { nil } }
    }

    private func success(_ effects: [Effect], on client: ConnectionID) -> Int? {
        effects.sent(on: client).compactMap { if case .registerSuccess(_, let durable) = $0 { durable } else { nil } }
            .first
    }

    @Test func aNodeThatIsAloneWaitsForItsOwnDisk() {
        let bench = bench()
        let (client, effects) = register(bench)
        #expect(success(effects, on: client) == nil)
        let saved = bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        #expect(success(saved, on: client) == 1)
    }

    @Test func aNodeThatKeepsNothingSaysThatNoDiskHasIt() {
        let bench = bench(keeps: false)
        let (client, effects) = register(bench)
        #expect(success(effects, on: client) == 0)
        #expect(saveTicket(effects) == nil)
    }

    @Test func withOneReplicaTheOwnDiskAndANeighboursAreEnough() {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench, links: [child])
        let asked = question(effects, on: child)
        #expect(asked?.username == "anna")
        let saved = bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        #expect(success(saved, on: client) == nil)
        let answer = RecordAnswer(id: asked!.id, holders: [NodeID(7)], isUnknown: false)
        #expect(success(bench.handle(.received(child, .recorded(answer))), on: client) == 2)
    }

    @Test func neighboursThatKeepNothingAreNotWaitedFor() {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench, links: [child])
        bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        let answer = RecordAnswer(id: question(effects, on: child)!.id, holders: [], isUnknown: false)
        #expect(success(bench.handle(.received(child, .recorded(answer))), on: client) == 1)
    }

    @Test func aNeighbourThatCannotSayIsAskedAgainAndInTheEndTheClientIsTold() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let child = bench.child(7)
        let (client, effects) = register(bench, links: [child])
        bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        let answer = RecordAnswer(id: question(effects, on: child)!.id, holders: [], isUnknown: true)
        #expect(success(bench.handle(.received(child, .recorded(answer))), on: client) == nil)
        #expect(question(bench.wait(1100), on: child) != nil)
        let end = bench.wait(8000)
        let info = end.sent(on: client).compactMap { if case .registerFailed(let info) = $0 { info } else { nil } }
        #expect(info == ["anna is on 1 disk so far, which is too few: it may still succeed, try to log in later"])
    }

    @Test func anAnswerThatCameALongWayCounts() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let child = bench.child(7)
        let (client, effects) = register(bench, links: [child])
        bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        bench.wait(2500)
        let answer = RecordAnswer(id: question(effects, on: child)!.id, holders: [NodeID(7)], isUnknown: false)
        #expect(success(bench.handle(.received(child, .recorded(answer))), on: client) == 2)
    }

    @Test func whoIsAskedWaitsALittleForItsOwnDiskAndLongerForItsBranches() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let (parent, child) = (bench.child(7), bench.child(8))
        let version = AccountVersion(
            stamp: Stamp(milliseconds: 5), origin: Origin(node: NodeID(7), incarnation: Incarnation(1)))
        let asked = RecordQuestion(
            id: QuestionID(asker: version.origin, count: 1), username: "anna", registered: version, changed: version,
            copies: 2)
        bench.handle(.received(parent, .recordRequest(asked)))
        #expect(answers(bench.wait(1100), on: parent).isEmpty)
        let answer = RecordAnswer(id: asked.id, holders: [NodeID(8)], isUnknown: false)
        let told = bench.handle(.received(child, .recorded(answer)))
        #expect(answers(told, on: parent) == [RecordAnswer(id: asked.id, holders: [NodeID(8)], isUnknown: true)])
    }

    @Test func whileAnAnswerIsWaitedForTheNodeSleeps() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let child = bench.child(7)
        let (_, effects) = register(bench, links: [child])
        bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        bench.wait(1500)
        let now = bench.milliseconds * 1_000_000
        #expect(bench.node.nextDeadline!.nanoseconds > now + 50_000_000)
    }

    @Test func branchesAreAskedForNoMoreCopiesThanAreStillWanted() {
        let bench = bench()
        let (parent, child) = (bench.child(7), bench.child(8))
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let account = Account(name: "anna", hash: "h", registered: AccountVersion(stamp: Stamp(5), origin: origin))
        let entry = Entry(origin: origin, sequence: 1, stamp: Stamp(5), body: .account(.registered(account)))
        let stored = bench.handle(.received(parent, .entry(entry, hop: 0)))
        bench.handle(.persisted(saveTicket(stored)!, failure: nil))
        let asked = RecordQuestion(
            id: QuestionID(asker: origin, count: 1), username: "anna", registered: account.registered,
            changed: account.changed, copies: 3)
        #expect(question(bench.handle(.received(parent, .recordRequest(asked))), on: child)?.copies == 2)
    }

    @Test func aResetOfAnAccountThatIsRemovedMeanwhileHasFailed() {
        let bench = bench { $0.limits.silence = .seconds(100) }
        let child = bench.child(7)
        let (_, effects) = register(bench, links: [child])
        bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        let registered = bench.node.account(named: "anna")!.registered
        let tool = bench.newConnection()
        var all = bench.handle(
            .received(
                tool,
                .administer(
                    AccountRequest(secret: Secret("own"), action: .reset(username: "anna", secret: Secret("new"))))))
        all += bench.handle(.hashed(hashTicket(all), "another"))
        all += bench.handle(.received(child, .acknowledge(.init(stored: 2, safe: 2, confirmed: 0))))
        let removal = AccountRecord(
            name: "anna", removal: Removal(registered: registered, at: Stamp(milliseconds: 1_000_000)))
        all += bench.handle(.received(child, .accounts([removal], isAnswer: false)))
        let told = all.sent(on: tool).compactMap { if case .administered(let answer) = $0 { answer } else { nil } }
        #expect(told == [.failed(info: "anna was removed, or belongs to somebody else now")])
    }

    @Test func aLinkThatDiesWhileItsAnswerIsWaitedForIsNotWaitedForAnyLonger() {
        let bench = bench()
        let child = bench.child(7)
        let (client, effects) = register(bench, links: [child])
        var all = bench.handle(.persisted(saveTicket(effects)!, failure: nil))
        all += bench.handle(.closed(child))
        all += bench.wait(1500)
        #expect(success(all, on: client) == 1)
    }

    @Test func whileTheDiskFailsRegistrationsAreRefusedAndAfterwardsNothingIsLost() {
        let bench = bench()
        let (client, effects) = register(bench)
        let failed = bench.handle(.persisted(saveTicket(effects)!, failure: "full"))
        #expect(failed.contains(.report(.accountsNotSaved("full"))))
        let late = bench.newConnection()
        let refused = bench.handle(.received(late, .register(username: "bert", secret: Secret("s"))))
        #expect(
            refused.sent(on: late) == [
                .registerFailed(info: "this node can't store registrations now, try again later")
            ])
        let again = bench.wait(1100)
        let saved = bench.handle(.persisted(saveTicket(again)!, failure: nil))
        #expect(saved.contains(.report(.accountsSavedAgain)))
        #expect(success(saved, on: client) == 1)
    }

    @Test func whatChangesWhileABatchIsWrittenGoesWithTheNextOne() {
        let bench = bench()
        let first = register(bench).effects
        let child = bench.child(7)
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let records = (0..<50).map { n in
            AccountRecord(
                Account(
                    name: "n\(n)", hash: "h", registered: AccountVersion(stamp: Stamp(UInt64(n + 1)), origin: origin)))
        }
        let meanwhile = bench.handle(.received(child, .accounts(records, isAnswer: false)))
        #expect(saveTicket(meanwhile) == nil)
        let next = bench.handle(.persisted(saveTicket(first)!, failure: nil))
        let batch = next.compactMap { if case .persist(_, let records) = $0 { records } else { nil } }.first
        #expect(batch?.map(\.name) == records.map(\.name))
    }

    @Test func whoIsAskedAnswersOnceItsDiskHasIt() {
        let bench = bench()
        let child = bench.child(7)
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let account = Account(name: "anna", hash: "h", registered: AccountVersion(stamp: Stamp(5), origin: origin))
        let entry = Entry(origin: origin, sequence: 1, stamp: Stamp(5), body: .account(.registered(account)))
        let stored = bench.handle(.received(child, .entry(entry, hop: 0)))
        let question = RecordQuestion(
            id: QuestionID(asker: origin, count: 1), username: "anna", registered: account.registered,
            changed: account.changed, copies: 1)
        #expect(bench.handle(.received(child, .recordRequest(question))).sent(on: child) == [])
        let saved = bench.handle(.persisted(saveTicket(stored)!, failure: nil))
        #expect(
            saved.sent(on: child) == [.recorded(.init(id: question.id, holders: [NodeID(50)], isUnknown: false))])
    }
}
