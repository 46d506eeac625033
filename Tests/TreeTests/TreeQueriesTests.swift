import Testing

@testable import Tree

@Suite struct `A question to the whole tree` {
    private let one = ConnectionID(1)
    private let two = ConnectionID(2)
    private let myself = Origin(node: NodeID(50), incarnation: Incarnation(1))

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    private func name(_ id: QuestionID, _ secret: String = "s") -> NameQuestion {
        NameQuestion(username: "anna", secret: Secret(secret), id: id, stamp: Stamp(1))
    }

    /// Asks two branches.
    private func ask(
        _ subject: (QuestionID) -> Question.Subject, for asker: Question.Asker = .resuming,
        waitsForMyself: Instant? = nil, waitsForBaseServers: Instant? = nil, in queries: inout TreeQueries
    ) -> QuestionID {
        let id = queries.newID(askedBy: myself)
        queries.asked(
            Question(
                id: id, subject: subject(id), asker: asker, waiting: [one, two], waitsForMyself: waitsForMyself,
                waitsForBaseServers: waitsForBaseServers, deadline: at(1000)))
        return id
    }

    private func record(_ id: QuestionID, copies: Int) -> Question.Subject {
        let version = AccountVersion(stamp: Stamp(1), origin: myself)
        return .record(
            RecordQuestion(id: id, username: "anna", registered: version, changed: version, copies: copies),
            holders: [])
    }

    private func recorded(_ id: QuestionID, _ holders: [UInt64], isUnknown: Bool = false) -> RecordAnswer {
        RecordAnswer(id: id, holders: holders.map { NodeID($0) }, isUnknown: isUnknown)
    }

    // MARK: Names

    @Test func `about a name is denied by one branch, and allowed by all`() {
        var queries = TreeQueries()
        let denied = ask({ .lock(name($0)) }, in: &queries)
        let allowed = ask({ .lock(name($0)) }, in: &queries)
        #expect(queries.count == 2)
        #expect(queries.answered(denied, .denied, by: one)?.verdict == .denied)
        #expect(queries.answered(allowed, .allowed, by: one)?.verdict == nil)
        #expect(queries.answered(allowed, .allowed, by: two)?.verdict == .allowed)
        #expect(queries.isEmpty)
    }

    @Test func `about a login is allowed by one branch, and denied only if all know`() {
        var queries = TreeQueries()
        let allowed = ask({ .login(name($0)) }, in: &queries)
        #expect(queries.answered(allowed, .allowed, by: two)?.verdict == .allowed)
        let denied = ask({ .login(name($0)) }, in: &queries)
        _ = queries.answered(denied, .denied, by: one)
        #expect(queries.answered(denied, .denied, by: two)?.verdict == .denied)
        let unknown = ask({ .login(name($0)) }, in: &queries)
        _ = queries.answered(unknown, .unknown, by: one)
        #expect(queries.answered(unknown, .denied, by: two)?.verdict == .unknown)
    }

    @Test func `counts the answer of a branch once, and of none that wasn't asked`() {
        var queries = TreeQueries()
        let id = ask({ .lock(name($0)) }, in: &queries)
        _ = queries.answered(id, .allowed, by: one)
        #expect(queries.answered(id, .allowed, by: one)?.verdict == nil)
        #expect(queries.answered(id, .denied, by: ConnectionID(9))?.verdict == nil)
        #expect(queries[id]?.waiting == [two])
    }

    // MARK: Losing branches

    @Test func `knows nothing for sure of a branch that is lost`() {
        var queries = TreeQueries()
        let id = ask({ .login(name($0)) }, in: &queries)
        #expect(queries.branchLost(one, isNode: true, in: id)?.verdict == nil)
        #expect(queries.answered(id, .denied, by: two)?.verdict == .unknown)
        let other = ask({ .login(name($0)) }, in: &queries)
        _ = queries.branchLost(one, isNode: false, in: other)
        #expect(queries.answered(other, .denied, by: two)?.verdict == .denied)
    }

    @Test func `ends at its deadline, with a doubt`() {
        var queries = TreeQueries()
        let id = ask({ _ in .status([]) }, in: &queries)
        #expect(queries.nextDeadline == at(1000))
        let answered = queries.expired(id, at: at(1000))
        #expect(answered?.question.isUnknown == true)
        #expect(queries.isEmpty)
    }

    @Test func `waits less long for servers that are no nodes`() {
        var queries = TreeQueries()
        let id = ask({ .lock(name($0)) }, waitsForBaseServers: at(100), in: &queries)
        #expect(queries.nextDeadline == at(100))
        #expect(queries.baseServersExpired(in: id, at: at(99)) == nil)
        #expect(queries.baseServersExpired(in: id, at: at(100)) == [one, two])
        queries.giveUp([one], in: id)
        #expect(queries.baseServersExpired(in: id, at: at(200)) == nil)
        #expect(queries.nextDeadline == at(1000))
        #expect(queries.answered(id, .allowed, by: two)?.verdict == .allowed)
    }

    // MARK: Disks

    @Test func `about disks has its answer with enough of them, each counted once`() {
        var queries = TreeQueries()
        let id = ask({ record($0, copies: 2) }, in: &queries)
        #expect(queries.answered(recorded(id, [7]), by: one)?.verdict == nil)
        guard let answered = queries.answered(recorded(id, [7, 8]), by: two),
            case .record(_, let holders) = answered.question.subject
        else {
            Issue.record("it has no answer")
            return
        }
        #expect(holders == [NodeID(7), NodeID(8)])
    }

    @Test func `about disks waits for this node's own, but not for ever`() {
        var queries = TreeQueries()
        let id = ask({ record($0, copies: 5) }, waitsForMyself: at(50), in: &queries)
        _ = queries.answered(recorded(id, [7]), by: one)
        #expect(queries.answered(recorded(id, []), by: two)?.verdict == nil)
        #expect(queries.nextDeadline == at(50))
        queries.answeredForMyself(id, holder: NodeID(50), isUnknown: false)
        let answered = queries.takeIfAnswered(id)
        #expect(answered?.question.isUnknown == false)
        let late = ask({ record($0, copies: 5) }, waitsForMyself: at(50), in: &queries)
        _ = queries.answered(recorded(late, []), by: one)
        _ = queries.answered(recorded(late, []), by: two)
        #expect(queries.expired(late, at: at(50))?.question.isUnknown == true)
    }

    // MARK: What is held

    @Test func `about what is held adds up how far each origin is held, and who knows whom`() {
        var queries = TreeQueries()
        let (a, b) = (
            Origin(node: NodeID(1), incarnation: Incarnation(1)), Origin(node: NodeID(2), incarnation: Incarnation(1))
        )
        let sum = Question.HeldSum(held: VersionVector([.init(origin: a, sequence: 3)]), nodes: [NodeID(50)])
        let id = ask({ .held(HeldQuestion(id: $0, wanted: VersionVector()), sum) }, in: &queries)
        let first = HeldAnswer(
            id: id, held: VersionVector([.init(origin: a, sequence: 5), .init(origin: b, sequence: 1)]),
            nodes: [NodeID(7)], others: [NodeID(9)], isUnknown: false)
        _ = queries.answered(first, by: one, limit: 10)
        let second = HeldAnswer(id: id, held: VersionVector(), nodes: [NodeID(8)], isUnknown: true)
        guard let answered = queries.answered(second, by: two, limit: 10),
            case .held(_, let total) = answered.question.subject
        else {
            Issue.record("it has no answer")
            return
        }
        #expect(total.held[a] == 5)
        #expect(total.held[b] == 1)
        #expect(total.nodes == [NodeID(50), NodeID(7), NodeID(8)])
        #expect(total.others == [NodeID(9)])
        #expect(total.areNamed)
        #expect(answered.question.isUnknown)
    }

    // MARK: Asking

    @Test func `is taken once, and only as long as there aren't too many`() {
        var queries = TreeQueries()
        let id = ask({ .lock(name($0)) }, in: &queries)
        #expect(!queries.mayTake(id, limit: 10))
        let other = queries.newID(askedBy: myself)
        #expect(other != id)
        #expect(queries.mayTake(other, limit: 10))
        #expect(!queries.mayTake(other, limit: 1))
        #expect(queries.cancel(id)?.id == id)
        #expect(queries.mayTake(id, limit: 1))
    }

    @Test func `is found again by what it is about for who can't name it, unless it asked that itself`() {
        var queries = TreeQueries()
        let theirs = ask({ .lock(name($0)) }, for: .baseServer(two), in: &queries)
        let mine = ask({ .lock(name($0)) }, in: &queries)
        #expect(queries.claim(of: "anna", Secret("s"), notAskedBy: two) == mine)
        #expect(queries.claim(of: "anna", Secret("s"), notAskedBy: one) == theirs)
        #expect(queries.claim(of: "anna", Secret("other"), notAskedBy: one) == nil)
        let late = ConnectionID(3)
        queries.alsoAwait(late, in: mine)
        queries.alsoAwait(late, in: mine)
        #expect(queries[mine]?.waiting == [one, two, late])
    }
}
