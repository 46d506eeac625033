import Testing

@testable import Tree

/// Clients that have seen what their new node lacks (docs/protocol.md#resuming).
@Suite struct AskingForSeenTests {
    private let gone = Origin(node: NodeID(99), incarnation: Incarnation(1))

    private func seen(_ sequence: UInt64) -> VersionVector {
        VersionVector([.init(origin: gone, sequence: sequence)])
    }

    /// Logs a client in that has seen five entries of the origin that is gone.
    private func resume(at bench: NodeBench, features: [String] = []) -> (ConnectionID, [Effect]) {
        let connection = bench.newConnection()
        let login = Login(username: Login.anonymous, since: seen(5), features: features)
        return (connection, bench.handle(.received(connection, .login(login))))
    }

    private func questions(_ effects: [Effect], on link: ConnectionID) -> [HeldQuestion] {
        effects.sent(on: link).compactMap { if case .heldRequest(let question) = $0 { question } else { nil } }
    }

    private func isPaused(_ client: ConnectionID, by effects: [Effect]) -> Bool {
        effects.contains { if case .pause(client) = $0 { true } else { false } }
    }

    private func isReadAgain(_ client: ConnectionID, by effects: [Effect]) -> Bool {
        effects.contains { if case .resume(client) = $0 { true } else { false } }
    }

    @Test func whatNobodyHoldsAnyMoreIsNotWaitedFor() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let (client, effects) = resume(at: bench, features: [Login.noticeFeature])
        #expect(isPaused(client, by: effects))
        let question = try #require(questions(effects, on: child).first)
        #expect(question.wanted == seen(5))
        let answer = HeldAnswer(id: question.id, held: VersionVector(), nodes: [NodeID(7)], isUnknown: false)
        let after = bench.handle(.received(child, .held(answer)))
        let notices = after.sent(on: client).compactMap { if case .notice(let info, _) = $0 { info } else { nil } }
        #expect(notices == ["5 messages that you have seen are kept by no server any more"])
        #expect(isReadAgain(client, by: after))
    }

    @Test func whatSomebodyHoldsIsWaitedFor() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let (client, effects) = resume(at: bench)
        let question = try #require(questions(effects, on: child).first)
        let answer = HeldAnswer(id: question.id, held: seen(3), nodes: [NodeID(7)], isUnknown: false)
        #expect(!isReadAgain(client, by: bench.handle(.received(child, .held(answer)))))
        // It is asked for again and again, but not all the time.
        #expect(questions(bench.wait(100), on: child).isEmpty)
        #expect(questions(bench.wait(300), on: child).count == 1)
    }

    @Test func aBranchThatDoesNotKnowIsAskedAgain() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let (client, effects) = resume(at: bench)
        let question = try #require(questions(effects, on: child).first)
        let answer = HeldAnswer(id: question.id, held: VersionVector(), nodes: [NodeID(7)], isUnknown: true)
        #expect(!isReadAgain(client, by: bench.handle(.received(child, .held(answer)))))
        #expect(questions(bench.wait(400), on: child).count == 1)
    }

    /// When a client is read again, in milliseconds since it came.
    private func pause(of client: ConnectionID, at bench: NodeBench, hearing child: ConnectionID) -> Int {
        let label = Label(term: 0, root: NodeID(50), depth: 1)
        for milliseconds in stride(from: 10, through: 20_000, by: 10) {
            if isReadAgain(client, by: bench.wait(10)) { return milliseconds }
            if milliseconds % 1000 == 0 {
                bench.handle(.received(child, .heartbeat(Heartbeat(label: label, size: 1))))
            }
        }
        return .max
    }

    @Test func aNodeThatIsKnownAndHasNotAnsweredMayHoldIt() throws {
        let outside = Contact(node: NodeID(33), address: Address(host: "elsewhere", port: 1))
        let bench = NodeBench { $0.remembered = [outside] }
        let child = bench.child(7)
        let (client, effects) = resume(at: bench)
        let question = try #require(questions(effects, on: child).first)
        let answer = HeldAnswer(id: question.id, held: VersionVector(), nodes: [NodeID(7)], isUnknown: false)
        #expect(!isReadAgain(client, by: bench.handle(.received(child, .held(answer)))))
        #expect((14_900...15_100).contains(pause(of: client, at: bench, hearing: child)))
    }

    @Test func soMayOneThatSomebodyElseKnows() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let (client, effects) = resume(at: bench)
        let question = try #require(questions(effects, on: child).first)
        let answer = HeldAnswer(
            id: question.id, held: VersionVector(), nodes: [NodeID(7)], others: [NodeID(33)], isUnknown: false)
        #expect(!isReadAgain(client, by: bench.handle(.received(child, .held(answer)))))
        #expect((14_900...15_100).contains(pause(of: client, at: bench, hearing: child)))
    }

    @Test func whatComesAfterAllIsNotShownAgain() throws {
        let bench = NodeBench()
        let child = bench.child(7)
        let (client, effects) = resume(at: bench)
        let question = try #require(questions(effects, on: child).first)
        let answer = HeldAnswer(id: question.id, held: VersionVector(), nodes: [NodeID(7)], isUnknown: false)
        bench.handle(.received(child, .held(answer)))
        // It doesn't follow the log by itself, in which the entries would stand.
        #expect(!bench.wait(1000).contains { if case .follow(client, _) = $0 { true } else { false } })
    }

    @Test func oneQuestionIsAskedForAllWhoWait() {
        let bench = NodeBench()
        let child = bench.child(7)
        var asked = 0
        for _ in 0..<50 { asked += questions(resume(at: bench).1, on: child).count }
        #expect(asked == 1)
    }

    @Test func aNodeAnswersForItsBranchWhenItHasEverythingItself() {
        let bench = NodeBench()
        let child = bench.child(7)
        let id = QuestionID(asker: Origin(node: NodeID(7), incarnation: Incarnation(1)), count: 1)
        let effects = bench.handle(.received(child, .heldRequest(HeldQuestion(id: id, wanted: seen(5)))))
        let answers = effects.sent(on: child).compactMap { if case .held(let answer) = $0 { answer } else { nil } }
        #expect(
            answers == [
                HeldAnswer(
                    id: id, held: VersionVector(), nodes: [NodeID(50)], others: [NodeID(7)], isUnknown: false)
            ])
    }

    @Test func aNodeThatIsStillBeingSynchronisedSaysThatItDoesNotKnow() {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.handle(.received(bench.newConnection(), bench.newcomer(8)))
        let id = QuestionID(asker: Origin(node: NodeID(7), incarnation: Incarnation(1)), count: 1)
        let effects = bench.handle(.received(child, .heldRequest(HeldQuestion(id: id, wanted: seen(5)))))
        let answers = effects.sent(on: child).compactMap { if case .held(let answer) = $0 { answer } else { nil } }
        #expect(answers.map(\.isUnknown) == [true])
    }

    // MARK: What is no longer kept

    @Test func whatManyClientsMissIsOneLineInTheLogNowAndThen() {
        let bench = NodeBench()
        let child = bench.child(7)
        let origins = (0..<20).map { Origin(node: NodeID(100 + $0), incarnation: Incarnation(1)) }
        for origin in origins {
            bench.handle(.received(child, .gap(Log.Gap(origin: origin, from: 1, through: 10), stamp: .zero)))
        }
        let vector = VersionVector(origins.map { .init(origin: $0, sequence: 2) })
        var lines: [Notice] = []
        func note(_ effects: [Effect]) {
            for case .report(let notice) in effects { lines.append(notice) }
        }
        for _ in 0..<30 {
            let login = Login(username: Login.anonymous, since: vector)
            note(bench.handle(.received(bench.newConnection(), .login(login))))
        }
        #expect(lines == [.clientsMissed(clients: 1, entries: 160)])
        for _ in 0..<11 {
            let label = Label(term: 0, root: NodeID(50), depth: 1)
            bench.handle(.received(child, .heartbeat(Heartbeat(label: label, size: 1))))
            note(bench.wait(1000))
        }
        #expect(lines == [.clientsMissed(clients: 1, entries: 160), .clientsMissed(clients: 29, entries: 29 * 160)])
    }
}
