import Testing

@testable import Tree

/// How a tree comes to one that its root can't reach (docs/protocol.md#bridges).
@Suite struct BridgingTests {
    private func contact(_ id: UInt64) -> Contact {
        Contact(node: NodeID(id), incarnation: Incarnation(1), address: Address(host: "n", port: UInt16(id)))
    }

    private func claim(_ id: UInt64, reign: UInt64) -> RootClaim {
        RootClaim(priority: 0, reign: reign, root: contact(id))
    }

    private func position(_ label: Label, root id: UInt64) -> TreePosition {
        TreePosition(
            label: label, path: [contact(id)], heirs: [], siblings: [], uncles: [], claim: claim(id, reign: 5))
    }

    /// A root with the children 70 and 71, which knows of node 1 and has no answer from there.
    private struct Root {
        let bench: NodeBench
        let child: ConnectionID
        let other: ConnectionID
    }

    private func root(_ mutation: Mutation? = nil) -> Root {
        let bench = NodeBench { $0.remembered = [contact(1)] }
        bench.node.mutation = mutation
        return Root(bench: bench, child: bench.child(70), other: bench.child(71))
    }

    private func questions(_ effects: [Effect], on link: ConnectionID) -> [ReachQuestion] {
        effects.sent(on: link).compactMap { if case .reachRequest(let question) = $0 { question } else { nil } }
    }

    private func passings(_ effects: [Effect], on link: ConnectionID) -> [ReignPassing] {
        effects.sent(on: link).compactMap { if case .passReign(let passing) = $0 { passing } else { nil } }
    }

    /// Keeps both children alive for a while, so that only what is meant is lost.
    private func wait(_ root: Root, _ milliseconds: UInt64) -> [Effect] {
        var effects: [Effect] = []
        for _ in 0..<milliseconds / 100 {
            for link in [root.child, root.other] {
                root.bench.handle(.received(link, .heartbeat(Heartbeat(label: root.bench.node.currentLabel, size: 1))))
            }
            effects += root.bench.wait(100)
        }
        return effects
    }

    /// Has the root ask, and child 70 answer that node 72 below it reaches node 1.
    private func passesItsReign(_ root: Root) throws -> ReignPassing {
        let question = try #require(questions(wait(root, 3500), on: root.child).first)
        #expect(question.missing.map(\.address) == [contact(1).address])
        root.bench.handle(.received(root.other, .reached(ReachAnswer(id: question.id, bridge: nil))))
        let bridge = Bridge(path: [NodeID(70), NodeID(72)], target: contact(1), claim: claim(2, reign: 1))
        var effects = root.bench.handle(
            .received(root.child, .reached(ReachAnswer(id: question.id, bridge: bridge))))
        // It may have tried node 1 itself, which says nothing.
        if passings(effects, on: root.child).isEmpty { effects = wait(root, 1500) }
        return try #require(passings(effects, on: root.child).first)
    }

    @Test func aRootAsksItsBranchesAndPassesItsReignTowardTheNearestBridge() throws {
        let root = root()
        let passing = try passesItsReign(root)
        #expect(passing.path == [NodeID(72)] && passing.target == contact(1))
        #expect(passing.reign != nil && passing.term == root.bench.node.currentLabel.term)
        let label = Label(term: passing.term + 1, root: NodeID(70), depth: 0)
        let effects = root.bench.handle(.received(root.child, .reignTaken(position(label, root: 70))))
        #expect(root.bench.node.parentConnection == root.child)
        #expect(root.bench.node.currentLabel == label.ofChild)
        #expect(!effects.closes(root.child))
    }

    /// Answers the root's connections to node 1 for some seconds; without an answer they can't be made.
    ///
    /// - Returns: what the branches are asked.
    private func asks(_ root: Root, whenAnswered answer: () -> Probe?) -> [ReachQuestion] {
        var asked: [ReachQuestion] = []
        for _ in 0..<120 {
            let effects = wait(root, 100)
            asked += questions(effects, on: root.child)
            for case .connect(let attempt, _, _) in effects {
                guard let answer = answer() else {
                    asked += questions(
                        root.bench.handle(.connectFailed(attempt, why: .unreachable)), on: root.child)
                    continue
                }
                let connection = root.bench.newConnection()
                root.bench.handle(.connected(attempt, connection))
                asked += questions(root.bench.handle(.received(connection, .probed(answer))), on: root.child)
            }
        }
        return asked
    }

    /// In a large tree many nodes are too far down to be listed: nobody dials them all for that.
    @Test func aRootAsksNobodyAboutANodeThatItFindsInItsTree() throws {
        let root = root()
        let label = Label(term: root.bench.node.currentLabel.term, root: NodeID(50), depth: 3)
        let inside = Probe(
            secret: nil, sender: contact(1), label: label, claim: root.bench.node.knownClaim, clock: .untold)
        #expect(asks(root, whenAnswered: { inside }) == [])
        #expect(asks(root, whenAnswered: { nil }).first?.missing.map(\.address) == [contact(1).address])
    }

    /// Somebody else may rule by now.
    @Test func aRootThatPassesItsReignRaisesNoLabel() throws {
        let root = root()
        _ = try passesItsReign(root)
        let label = root.bench.node.currentLabel
        root.bench.handle(.received(root.other, .raise(term: 9, by: contact(80).origin!)))
        let high = Label(term: 9, root: NodeID(80), depth: 0)
        let refusals = root.bench.handle(
            .received(root.bench.newConnection(), root.bench.newcomer(80, label: high, isChildless: false))
        ).refusals
        #expect(refusals.map(\.reason) == [.busy])
        #expect(root.bench.node.currentLabel == label)
    }

    @Test func withoutItsLockItWouldRaiseItsLabel() throws {
        let root = root(.reignPassedWithoutLock)
        _ = try passesItsReign(root)
        root.bench.handle(.received(root.other, .raise(term: 9, by: contact(80).origin!)))
        #expect(root.bench.node.currentLabel.term == 10)
    }

    @Test func aReignThatIsNotTakenStays() throws {
        let root = root()
        _ = try passesItsReign(root)
        root.bench.handle(.received(root.child, .reignTaken(nil)))
        root.bench.handle(.received(root.other, .raise(term: 9, by: contact(80).origin!)))
        #expect(root.bench.node.currentLabel == Label(term: 10, root: NodeID(50), depth: 0))
    }

    /// It may have been taken all the same: without the link neither hangs under the other.
    @Test func aChildThatDoesNotAnswerIsLetGo() throws {
        let root = root()
        _ = try passesItsReign(root)
        #expect(wait(root, 5000).closes(root.child))
        #expect(root.bench.node.standing == .root)
    }

    @Test func anAnswerWithALabelThatIsNotGreaterIsNoParent() throws {
        let root = root()
        let passing = try passesItsReign(root)
        let low = Label(term: passing.term, root: NodeID(1), depth: 0)
        #expect(root.bench.handle(.received(root.child, .reignTaken(position(low, root: 70)))).closes(root.child))
        #expect(root.bench.node.standing == .root)
    }

    /// A tree whose claim is the greater one stays where it is, for as long as the other one may come.
    @Test func aRootThatWouldStayOneYieldsFirst() throws {
        let root = root()
        let question = try #require(questions(wait(root, 3500), on: root.child).first)
        root.bench.handle(.received(root.other, .reached(ReachAnswer(id: question.id, bridge: nil))))
        let bridge = Bridge(path: [NodeID(70)], target: contact(1), claim: claim(2, reign: .max - 1))
        root.bench.handle(.received(root.child, .reached(ReachAnswer(id: question.id, bridge: bridge))))
        #expect(passings(wait(root, 1500), on: root.child).isEmpty)
    }

    // MARK: The child's side

    /// A node under the root 1.
    private func attached() throws -> (bench: NodeBench, parent: ConnectionID) {
        let bench = NodeBench(parent: contact(1).address)
        let dial = bench.wait(10).compactMap { effect -> AttemptID? in
            if case .connect(let attempt, _, _) = effect { attempt } else { nil }
        }
        let parent = bench.newConnection()
        bench.handle(.connected(try #require(dial.first), parent))
        let member = Acceptance.Member(
            origin: contact(1).origin!, position: position(Label(term: 3, root: NodeID(1), depth: 0), root: 1), size: 1,
            clock: .untold, stored: VersionVector(), safe: VersionVector())
        bench.handle(.received(parent, .authenticationSuccess(Acceptance(backup: nil, isRoot: true, member: member))))
        bench.handle(.received(parent, .synchronised))
        return (bench, parent)
    }

    private func passing(path: [NodeID] = []) -> Message {
        .passReign(
            ReignPassing(term: 3, attempt: AttemptID(8), priority: 0, reign: 5, path: path, target: contact(9)))
    }

    @Test func whoTakesTheReignRisesAboveTheFormerRootAndGoesToTheOtherTree() throws {
        let (bench, parent) = try attached()
        let effects = bench.handle(.received(parent, passing()))
        #expect(bench.node.standing == .root)
        #expect(bench.node.currentLabel == Label(term: 4, root: NodeID(50), depth: 0))
        let taken = effects.sent(on: parent).compactMap { message -> TreePosition? in
            if case .reignTaken(let position) = message { position } else { nil }
        }
        #expect(taken.first?.label == bench.node.currentLabel)
        #expect(taken.first?.claim.reign == 5)
        #expect(!effects.closes(parent))
        #expect(effects.contains { if case .connect(_, contact(9).address, _) = $0 { true } else { false } })
    }

    @Test func whoIsOnTheWayPassesItOn() throws {
        let (bench, parent) = try attached()
        let child = bench.child(70)
        let effects = bench.handle(.received(parent, passing(path: [NodeID(70)])))
        let passed = try #require(passings(effects, on: child).first)
        #expect(passed.path.isEmpty && passed.target == contact(9) && passed.reign == 5)
        #expect(passed.term == 4)
    }

    @Test func whoLeavesDoesNotTakeIt() throws {
        let (bench, parent) = try attached()
        // It waits for its child to go somewhere else.
        _ = bench.child(70)
        bench.handle(.drainRequested)
        let answers = bench.handle(.received(parent, passing())).sent(on: parent)
        #expect(answers.contains { if case .reignTaken(nil) = $0 { true } else { false } })
    }

    /// Only the parent can pass what it has.
    @Test func aChildCannotPassAReign() throws {
        let (bench, _) = try attached()
        let child = bench.child(70)
        let answers = bench.handle(.received(child, passing())).sent(on: child)
        #expect(answers.contains { if case .reignTaken(nil) = $0 { true } else { false } })
        #expect(bench.node.standing == .attached)
    }

    /// A full node makes room for who reaches nobody else.
    @Test func aFullNodeTakesWhoHasNoOtherWay() {
        let bench = NodeBench { $0.limits.children = 1 }
        _ = bench.child(70)
        guard case .authenticate(var request) = bench.newcomer(71), case .node(var newcomer) = request.kind else {
            return
        }
        #expect(
            bench.handle(.received(bench.newConnection(), .authenticate(request))).refusals.map(\.reason) == [.full])
        newcomer.hasNoOtherWay = true
        newcomer.attempt = AttemptID(2)
        request.kind = .node(newcomer)
        #expect(bench.handle(.received(bench.newConnection(), .authenticate(request))).refusals.isEmpty)
    }

    // MARK: The part

    @Test func questionsComeEverMoreSeldomWhileNothingChanges() {
        var bridging = Bridging()
        let limits = Limits()
        var now = Instant(nanoseconds: 0)
        let id = QuestionID(asker: contact(1).origin!, count: 1)
        var pauses: [Duration] = []
        for _ in 0..<5 {
            let asked = now
            let mayAsk = bridging.mayAsk(nodes: 3, at: now, limits: limits)
            #expect(mayAsk)
            bridging.asked(id, about: [contact(2)], nodes: 3, at: now, limits: limits)
            let mayAskTwice = bridging.mayAsk(nodes: 3, at: now + .seconds(60), limits: limits)
            let isAnswered = bridging.answered(id)
            #expect(!mayAskTwice && isAnswered)
            while !bridging.mayAsk(nodes: 3, at: now, limits: limits) { now = now + .milliseconds(500) }
            pauses.append(now - asked)
        }
        #expect(pauses == [.seconds(2), .seconds(4), .seconds(8), .seconds(8), .seconds(8)])
    }

    @Test func aTreeThatHasGrownIsAskedSoonerSinceOthersMayReachWhoIsMissing() {
        var bridging = Bridging()
        let limits = Limits()
        let start = Instant(nanoseconds: 1_000_000_000)
        let id = QuestionID(asker: contact(1).origin!, count: 1)
        for _ in 0..<4 {
            bridging.asked(id, about: [contact(2)], nodes: 3, at: start, limits: limits)
            _ = bridging.answered(id)
        }
        let isUsual = bridging.mayAsk(nodes: 3, at: start + .seconds(7), limits: limits)
        let isFewer = bridging.mayAsk(nodes: 2, at: start + .seconds(7), limits: limits)
        let isAtOnce = bridging.mayAsk(nodes: 4, at: start + .seconds(1), limits: limits)
        let isMore = bridging.mayAsk(nodes: 4, at: start + .seconds(2), limits: limits)
        #expect([isUsual, isFewer, isAtOnce, isMore] == [false, false, false, true])
    }

    @Test func anotherTreeIsReportedOnce() {
        var bridging = Bridging()
        let isNews = [
            bridging.meets(contact(1)), bridging.meets(contact(1)), bridging.findsNoWay(), bridging.findsNoWay(),
            bridging.meets(contact(2)), bridging.findsNoWay(),
        ]
        #expect(isNews == [true, false, true, false, true, true])
    }
}
