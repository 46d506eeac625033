import Testing

@testable import Tree

/// Clients that are moved to other nodes (docs/protocol.md#moving-clients).
@Suite struct ClientMovesTests {
    private func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: (1000 + milliseconds) * 1_000_000) }

    @Test func soManyGoInASecondAndNotAllAtOnce() {
        var moves = ClientMoves()
        moves.drain(perSecond: 20, at: at(0))
        var sum = 0
        for step in 0..<100 as Range<UInt64> {
            let due = moves.due(at: at(step * 50), atMost: 200)
            #expect(due <= 5)
            moves.moved(due)
            sum += due
        }
        #expect((95...101).contains(sum))
    }

    @Test func aRateBelowTheTickIsKeptToo() {
        var moves = ClientMoves()
        moves.drain(perSecond: 1, at: at(0))
        var sum = 0
        for step in 0..<100 as Range<UInt64> {
            let due = moves.due(at: at(step * 50), atMost: 200)
            moves.moved(due)
            sum += due
        }
        #expect((5...6).contains(sum))
    }

    @Test func whatNobodyTookIsNotMadeUpForByACrowd() {
        var moves = ClientMoves()
        moves.drain(perSecond: 100, at: at(0))
        #expect(moves.due(at: at(60_000), atMost: 200) == 25)
    }

    @Test func eveningOutEndsWithItsCountOrItsTime() {
        var moves = ClientMoves()
        moves.balance(.init(left: 2, target: 5, deadline: at(1000)), perSecond: 1000, at: at(0))
        #expect(moves.due(at: at(100), atMost: 200) == 2)
        moves.moved(2)
        #expect(!moves.isBusy)
        moves.balance(.init(left: 2, target: 5, deadline: at(1000)), perSecond: 1000, at: at(200))
        #expect(moves.due(at: at(1000), atMost: 200) == 0)
        #expect(!moves.isBusy)
        moves.drain(perSecond: 1, at: at(1100))
        moves.balance(.init(left: 2, target: 5, deadline: at(9000)), perSecond: 1000, at: at(1200))
        #expect(moves.balancing == nil)
    }

    // MARK: A node

    private func administer(_ bench: NodeBench, _ action: MovingAction) -> (tool: ConnectionID, effects: [Effect]) {
        let tool = bench.newConnection()
        let request = AccountRequest(secret: Secret("own"), action: .moving(action))
        return (tool, bench.handle(.received(tool, .administer(request))))
    }

    private func announce(
        _ node: UInt64, load: Int, room: Int? = nil, count: UInt64 = 1, to bench: NodeBench, by link: ConnectionID
    ) {
        bench.handle(
            .received(
                link,
                .serverAnnounce(
                    Announcement(
                        id: "", node: NodeID(node), address: Address(host: "n", port: UInt16(node)), load: load,
                        room: room, version: .init(incarnation: Incarnation(1), count: count),
                        withdrawal: nil))))
    }

    private func redirects(_ effects: [Effect]) -> [Address] {
        effects.compactMap { if case .send(_, .redirect(let address, _)) = $0 { address } else { nil } }
    }

    private func quietBench() -> NodeBench {
        NodeBench {
            $0.redirectGap = .never
            $0.limits.silence = .seconds(6000)
        }
    }

    @Test func aDrainedNodeMovesItsClientsAndTakesNone() {
        let bench = quietBench()
        let child = bench.child(7)
        announce(7, load: 0, to: bench, by: child)
        for _ in 0..<6 { _ = bench.client() }
        let (tool, begun) = administer(bench, .drain(perSecond: 10))
        #expect(begun.sent(on: tool) == [.administered(.moving(MovingAnswer(isDraining: true, clients: 5)))])
        #expect(
            begun.sent(on: child).contains { if case .serverAnnounce(let told) = $0 { told.room == 0 } else { false } })
        #expect(redirects(begun) == [Address(host: "n", port: 7)])
        #expect(bench.node.readiness == .drained)
        #expect(bench.node.status.isDraining)
        let newcomer = bench.newConnection()
        let refused = bench.handle(.received(newcomer, .login(Login(username: Login.anonymous))))
        guard case .unavailable(_, let servers)? = refused.sent(on: newcomer).first else {
            Issue.record("a newcomer got in")
            return
        }
        #expect(servers == [Address(host: "n", port: 7)])
        #expect(redirects(bench.wait(1000)).count == 5)
        #expect(bench.node.load == 0)
        #expect(bench.node.counts.movedClients == 6)
        _ = administer(bench, .stopDraining)
        #expect(bench.node.readiness == .ready)
        let welcome = bench.newConnection()
        #expect(!bench.handle(.received(welcome, .login(Login(username: Login.anonymous)))).closes(welcome))
    }

    @Test func whoCanGoNowhereStays() {
        let bench = quietBench()
        let child = bench.child(7)
        announce(7, load: 9, room: 0, to: bench, by: child)
        let client = bench.client()
        let begun = administer(bench, .drain(perSecond: 10)).effects
        #expect(!(begun + bench.wait(2000)).closes(client))
        announce(7, load: 8, room: 1, count: 2, to: bench, by: child)
        #expect((bench.effects + bench.wait(200)).closes(client))
    }

    @Test func loadsAreEvenedOutByWhoHasBeenThereForAMinute() {
        let bench = quietBench()
        let child = bench.child(7)
        announce(7, load: 0, to: bench, by: child)
        for _ in 0..<8 { _ = bench.client() }
        let asked = bench.handle(
            .received(
                child,
                .sessionsRequest(
                    SessionsQuestion(
                        id: QuestionID(asker: Origin(node: NodeID(7), incarnation: Incarnation(1)), count: 1),
                        subject: .balance(target: 4, perSecond: 100)))))
        let answers = asked.sent(on: child).compactMap {
            if case .sessionsAnswer(_, let answer) = $0 { answer } else { nil }
        }
        #expect(answers.map(\.total) == [4])
        #expect(redirects(asked + bench.wait(50_000)).isEmpty)
        announce(7, load: 0, count: 2, to: bench, by: child)
        #expect(redirects(bench.wait(13_000)).count == 4)
        #expect(bench.node.load == 4)
        announce(7, load: 0, count: 3, to: bench, by: child)
        #expect(redirects(bench.wait(120_000)).isEmpty)
        #expect(!bench.node.draining.moves.isBusy)
    }
}
