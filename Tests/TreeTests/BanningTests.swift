import Testing

@testable import Tree

/// A node that bans, and tells others (docs/protocol.md#bans).
@Suite struct BanningTests {
    private func administer(_ bench: NodeBench, _ action: SessionAction) -> (tool: ConnectionID, effects: [Effect]) {
        let tool = bench.newConnection()
        let effects = bench.handle(
            .received(tool, .administer(AccountRequest(secret: Secret("own"), action: .sessions(action)))))
        return (tool, effects)
    }

    private func record(_ target: BanTarget, _ stamp: UInt64, until: UInt64? = nil) -> BanRecord {
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        return BanRecord(
            target: target, version: AccountVersion(stamp: Stamp(milliseconds: stamp), origin: origin), until: until,
            reason: "spam")
    }

    private func refusals(_ effects: [Effect]) -> [String] {
        effects.compactMap {
            switch $0 {
            case .send(_, .loginFailed(let info)), .send(_, .registerFailed(let info)): info
            case .send(_, .authenticationFail(let refusal)): refusal.info
            default: nil
            }
        }
    }

    @Test func whoIsBannedIsEndedAndLetInNoMoreUntilItIsLifted() {
        let bench = NodeBench()
        let (mallory, other) = (bench.client(session: "m"), bench.client(session: "o"))
        let session = bench.node.configuration.sessionName("m")
        let (_, effects) = administer(bench, .ban(.session(session), nil, reason: "spam"))
        #expect(effects.closes(mallory))
        #expect(!effects.closes(other))
        #expect(refusals(effects) == ["this session is banned for good: spam"])
        let again = bench.newConnection()
        let login = Message.login(Login(username: Login.anonymous, session: "m"))
        let refused = bench.handle(.received(again, login))
        #expect(refusals(refused) == ["this session is banned for good: spam"])
        #expect(refused.closes(again))
        _ = administer(bench, .unban(.session(session)))
        let third = bench.newConnection()
        #expect(!bench.handle(.received(third, login)).closes(third))
    }

    @Test func anAddressIsTurnedAwayAtItsFirstWordAndToolsAreNot() {
        let bench = NodeBench()
        let range = PeerRange("192.0.2.0/24")!
        _ = administer(bench, .ban(.address(range), .seconds(60), reason: ""))
        func open(_ address: UInt64) -> ConnectionID {
            let connection = bench.newConnection()
            bench.handle(.opened(connection, from: PeerAddress(address)))
            return connection
        }
        let banned = open(0xc000_0201)
        let refused = bench.handle(.received(banned, .ping(id: nil)))
        #expect(refused.closes(banned))
        #expect(refusals(refused).first?.hasPrefix("your address is banned until 1970-") == true)
        let outside = open(0xc000_0301)
        #expect(!bench.handle(.received(outside, .login(Login(username: Login.anonymous)))).closes(outside))
        let tool = open(0xc000_0202)
        let asked = Message.administer(AccountRequest(secret: Secret("own"), action: .list(page: 0)))
        #expect(!bench.handle(.received(tool, asked)).closes(tool))
        bench.wait(61_000)
        let later = open(0xc000_0201)
        #expect(!bench.handle(.received(later, .login(Login(username: Login.anonymous)))).closes(later))
        #expect(bench.node.bans.isEmpty)
    }

    @Test func aBanFromANeighbourIsToldToTheOthersAndAnOlderOneIsNot() {
        let bench = NodeBench()
        let (one, two) = (bench.child(1), bench.child(2))
        let ban = record(.name("mallory"), 900)
        let effects = bench.handle(.received(one, .bans([ban])))
        #expect(effects.sent(on: two) == [.bans([ban])])
        #expect(effects.sent(on: one).isEmpty)
        let old = bench.handle(.received(two, .bans([record(.name("mallory"), 800)])))
        #expect(old.sent(on: one).isEmpty)
        #expect(bench.node.bans[.name("mallory")] == ban)
    }

    @Test func aNodeOfAnEarlierVersionIsToldNothing() {
        let bench = NodeBench()
        let old = bench.newConnection()
        bench.handle(
            .received(old, bench.newcomer(1, versions: WireVersions(oldest: 1, newest: 2)!)))
        let opened = bench.handle(.received(old, .synchronised))
        let (tool, effects) = administer(bench, .ban(.name("mallory"), nil, reason: ""))
        let idle = bench.wait(11_000)
        for message in (opened + effects + idle).sent(on: old) {
            switch message {
            case .bans, .compareBans, .comparedBans, .fetchBans, .sessionsRequest: Issue.record("told \(message)")
            default: break
            }
        }
        guard case .administered(.acted(let told))? = effects.sent(on: tool).last else {
            Issue.record("no answer")
            return
        }
        #expect(told.isUnknown)
        #expect(told.nodes == 1)
    }

    @Test func twoNodesThatDifferSendEachOtherWhatTheOtherLacks() {
        let bench = NodeBench()
        let child = bench.child(1)
        let (mine, theirs) = (record(.name("mine"), 500), record(.name("theirs"), 600))
        bench.handle(.received(child, .bans([mine])))
        #expect(bench.handle(.received(child, .compareBans(sum: mine.digest))).sent(on: child).isEmpty)
        #expect(
            bench.handle(.received(child, .compareBans(sum: theirs.digest))).sent(on: child)
                == [.comparedBans([mine.digest])])
        #expect(
            bench.handle(.received(child, .comparedBans([theirs.digest]))).sent(on: child)
                == [.bans([mine]), .fetchBans([theirs.digest])])
        #expect(bench.handle(.received(child, .fetchBans([mine.digest]))).sent(on: child) == [.bans([mine])])
    }

    @Test(arguments: [true, false]) func overALinkThatIsFullBansAreComparedLater(hasBans: Bool) {
        let bench = NodeBench()
        let child = bench.child(1)
        let (mine, theirs) = (record(.name("mine"), 500), record(.name("theirs"), 600))
        if hasBans { bench.handle(.received(child, .bans([mine]))) }
        bench.handle(.congested(child))
        let asked = bench.handle(.received(child, .compareBans(sum: theirs.digest))) + bench.wait(100)
        #expect(!asked.sent(on: child).contains(where: isAboutBans))
        let drained = bench.handle(.drained(child)).sent(on: child).filter(isAboutBans)
        #expect(drained == [.compareBans(sum: hasBans ? mine.digest : 0)])
        #expect(!bench.wait(100).sent(on: child).contains(where: isAboutBans))
    }

    @Test func newsThatALinkCannotTakeAreComparedLater() {
        let bench = NodeBench()
        let (child, other) = (bench.child(1), bench.child(2))
        bench.handle(.congested(other))
        let mine = record(.name("mine"), 500)
        let told = bench.handle(.received(child, .bans([mine]))) + bench.wait(100)
        #expect(!told.sent(on: other).contains(where: isAboutBans))
        #expect(
            bench.handle(.drained(other)).sent(on: other).filter(isAboutBans) == [.compareBans(sum: mine.digest)])
    }

    private func isAboutBans(_ message: Message) -> Bool {
        switch message {
        case .bans, .compareBans, .comparedBans, .fetchBans: true
        default: false
        }
    }

    @Test func aChangeIsAnsweredOnceAllBranchesHaveAndItIsOnDisk() throws {
        let bench = NodeBench { $0.keepsAccounts = true }
        let child = bench.child(1)
        let (tool, effects) = administer(bench, .ban(.name("mallory"), nil, reason: ""))
        let question = try #require(
            effects.sent(on: child).compactMap { if case .sessionsRequest(let asked) = $0 { asked } else { nil } }.first
        )
        let ticket = try #require(
            effects.compactMap { if case .persistBans(let ticket, _) = $0 { ticket } else { nil } }.first)
        #expect(effects.sent(on: tool).isEmpty)
        let theirs = SessionsAnswer(total: 4, nodes: 2, durable: 1)
        #expect(bench.handle(.received(child, .sessionsAnswer(question.id, theirs))).sent(on: tool).isEmpty)
        let saved = bench.handle(.persistedBans(ticket, failure: nil))
        #expect(saved.sent(on: tool) == [.administered(.acted(SessionsAnswer(total: 4, nodes: 3, durable: 2)))])
    }

    @Test func sessionsComeInPagesAcrossNodes() throws {
        let bench = NodeBench(id: 50)
        let child = bench.child(90)
        let clients = (0..<3).map { _ in bench.client() }
        func view(_ node: UInt64, _ connection: UInt64) -> SessionView {
            SessionView(
                position: SessionPosition(node: NodeID(node), connection: ConnectionID(connection)),
                node: Address(host: "n", port: 1), username: "u", session: "s", since: 0, messages: 0)
        }
        let (tool, effects) = administer(bench, .list(SessionsPage(limit: 2)))
        let described = try #require(
            effects.compactMap { if case .describe(let id, let list) = $0 { (id, list) } else { nil } }.first)
        #expect(described.1 == Array(clients.prefix(2)))
        let traits = Dictionary(uniqueKeysWithValues: described.1.map { ($0, ConnectionTraits(transport: "tcp")) })
        bench.handle(.described(described.0, traits))
        let theirs = SessionsAnswer(sessions: [view(20, 1), view(90, 7)], total: 2, nodes: 1)
        let answered = bench.handle(.received(child, .sessionsAnswer(described.0, theirs)))
        guard case .administered(.sessions(let told, let next))? = answered.sent(on: tool).last else {
            Issue.record("no page")
            return
        }
        #expect(told.sessions.map(\.position.node) == [NodeID(20), NodeID(50)])
        #expect(told.total == 5)
        #expect(told.nodes == 2)
        #expect(next == told.sessions.last?.position)
        let (_, further) = administer(bench, .list(SessionsPage(after: next, limit: 2)))
        let rest = further.compactMap { if case .describe(_, let list) = $0 { list } else { nil } }.first
        #expect(rest == Array(clients.dropFirst()))
    }

    @Test func manyAreEndedInSlices() {
        let bench = NodeBench { $0.limits.crowdPerTurn = 3 }
        let clients = (0..<8).map { _ in bench.client() }
        var effects = administer(bench, .end(.name(Login.anonymous), reason: "r")).effects
        #expect(clients.count { effects.closes($0) } == 3)
        effects += bench.wait(10)
        #expect(clients.allSatisfy { effects.closes($0) })
        #expect(refusals(effects) == Array(repeating: "an operator has ended this session: r", count: 8))
        #expect(bench.node.counts.endedSessions == 8)
    }

    @Test func aBrokenNeighbourFillsNoMemoryAndCostsLittleTime() {
        let bench = NodeBench { $0.limits.bans = 20 }
        let (broken, other) = (bench.child(1), bench.child(2))
        for round in 0..<10 as Range<UInt64> {
            let records = (0..<100 as Range<UInt64>).map { record(.name("n\(round * 100 + $0)"), 1 + round * 100 + $0) }
            bench.handle(.received(broken, .bans(records)))
            #expect(bench.node.bans.count == 40)
        }
        #expect(bench.node.bans[.name("n999")] != nil)
        #expect(bench.node.bans[.name("n959")] == nil)
        var answers = 0
        for _ in 0..<40_000 {
            answers += bench.handle(.received(broken, .compareBans(sum: 1))).sent(on: broken).count
        }
        // Some 41 records are gone through for each: a million at once, and then as many as time allows.
        #expect((20_000...30_000).contains(answers))
        #expect(bench.handle(.received(other, .compareBans(sum: 1))).sent(on: other).count == 1)
    }

    @Test func aVersionThatLeavesNoRoomIsPassedOver() {
        let bench = NodeBench()
        let child = bench.child(1)
        var ban = record(.name("mallory"), 1)
        ban.version = AccountVersion(stamp: Limits.highestVersion.next, origin: ban.version.origin)
        let effects = bench.handle(.received(child, .bans([ban])))
        #expect(bench.node.bans.isEmpty)
        #expect(effects.contains { if case .report(.badFrame) = $0 { true } else { false } })
    }

    @Test func noMoreAreMadeThanMayStand() {
        let bench = NodeBench { $0.limits.bans = 2 }
        for name in ["a", "b"] { _ = administer(bench, .ban(.name(name), nil, reason: "")) }
        let (tool, effects) = administer(bench, .ban(.name("c"), nil, reason: ""))
        guard case .administered(.failed(let info))? = effects.sent(on: tool).last else {
            Issue.record("a third ban")
            return
        }
        #expect(info.contains("there are 2 bans"))
        let again = administer(bench, .ban(.name("a"), .seconds(5), reason: "other"))
        #expect(
            again.effects.sent(on: again.tool).contains { if case .administered(.acted) = $0 { true } else { false } })
    }
}
