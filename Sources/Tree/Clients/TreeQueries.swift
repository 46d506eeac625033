/// Decides when a tree query has its answer at this node, and which.
struct TreeQueries {
    private var questions: [QuestionID: Question] = [:]
    /// How many questions this node has asked itself.
    private var last: UInt64 = 0

    /// A question that has its answer, and is no longer open.
    struct Answered {
        let question: Question
        /// The verdict on a question about a name.
        let verdict: Answer
    }

    var count: Int { questions.count }
    var isEmpty: Bool { questions.isEmpty }
    /// The open questions, sorted, so that their order is the same in each run.
    var ids: [QuestionID] { questions.keys.sorted() }
    subscript(id: QuestionID) -> Question? { questions[id] }

    /// Whether this node takes a question: it isn't open here already, and there aren't too many.
    func mayTake(_ id: QuestionID, limit: Int) -> Bool { questions[id] == nil && questions.count < limit }

    /// When `expired` has to be called next; nil if no question is open.
    var nextDeadline: Instant? { questions.values.map(\.nextDeadline).min() }

    // MARK: Asking

    mutating func newID(askedBy asker: Origin) -> QuestionID {
        last += 1
        return QuestionID(asker: asker, count: last)
    }

    mutating func asked(_ question: Question) { questions[question.id] = question }

    /// Drops a question whose answer isn't wanted any more.
    mutating func cancel(_ id: QuestionID) -> Question? { questions.removeValue(forKey: id) }

    // MARK: Being answered

    /// A branch has answered a question about a name.
    mutating func answered(_ id: QuestionID, _ verdict: Answer, by branch: ConnectionID) -> Answered? {
        guard var question = questions[id], question.waiting.contains(branch) else { return nil }
        question.waiting.removeAll { $0 == branch }
        switch (question.subject, verdict) {
        case (.lock, .denied), (.login, .allowed):
            questions[id] = nil
            return Answered(question: question, verdict: verdict)
        case (.login, .unknown): question.isUnknown = true
        default: break
        }
        questions[id] = question
        return takeIfAnswered(id)
    }

    mutating func answered(_ answer: StatusAnswer, by branch: ConnectionID) -> Answered? {
        guard let id = answer.id, var question = questions[id], case .status(let nodes) = question.subject,
            question.waiting.contains(branch)
        else { return nil }
        question.subject = .status(nodes + answer.nodes)
        return answered(question, by: branch, isUnknown: !answer.isComplete)
    }

    mutating func answered(_ answer: RecordAnswer, by branch: ConnectionID) -> Answered? {
        guard var question = questions[answer.id], case .record(let asked, let holders) = question.subject,
            question.waiting.contains(branch)
        else { return nil }
        question.subject = .record(asked, holders: holders + answer.holders.filter { !holders.contains($0) })
        return answered(question, by: branch, isUnknown: answer.isUnknown)
    }

    /// - Parameter limit: how many nodes one answer may name.
    mutating func answered(_ answer: HeldAnswer, by branch: ConnectionID, limit: Int) -> Answered? {
        guard var question = questions[answer.id], case .held(let asked, var sum) = question.subject,
            question.waiting.contains(branch)
        else { return nil }
        sum.held = VersionVector(sum.held.components + answer.held.components)
        sum.nodes.formUnion(answer.nodes)
        sum.others.formUnion(answer.others)
        sum.areNamed = sum.areNamed && !answer.nodes.isEmpty && sum.nodes.union(sum.others).count <= limit
        question.subject = .held(asked, sum)
        return answered(question, by: branch, isUnknown: answer.isUnknown)
    }

    mutating func answered(_ id: QuestionID, _ answer: SessionsAnswer, by branch: ConnectionID) -> Answered? {
        guard var question = questions[id], case .sessions(let asked, var sum) = question.subject,
            question.waiting.contains(branch)
        else { return nil }
        sum.add(answer, limit: asked.limit)
        question.subject = .sessions(asked, sum)
        return answered(question, by: branch, isUnknown: answer.isUnknown)
    }

    /// This node adds to its answer what it had to wait for.
    mutating func answeredForMyself(_ id: QuestionID, _ answer: SessionsAnswer) -> Answered? {
        guard case .sessions(let asked, var sum)? = questions[id]?.subject, questions[id]?.waitsForMyself != nil else {
            return nil
        }
        sum.add(answer, limit: asked.limit)
        questions[id]!.subject = .sessions(asked, sum)
        questions[id]!.waitsForMyself = nil
        return takeIfAnswered(id)
    }

    mutating func answered(_ answer: ReachAnswer, by branch: ConnectionID) -> Answered? {
        guard var question = questions[answer.id], case .reach(let asked, let bridge) = question.subject,
            question.waiting.contains(branch)
        else { return nil }
        question.subject = .reach(asked, .nearest(bridge, answer.bridge))
        return answered(question, by: branch, isUnknown: false)
    }

    /// This node has reached a node outside of its tree, or has tried all that were named.
    mutating func triedToReach(_ id: QuestionID, _ bridge: Bridge?) -> Answered? {
        guard case .reach(let asked, let nearest)? = questions[id]?.subject else { return nil }
        questions[id]!.subject = .reach(asked, .nearest(bridge, nearest))
        questions[id]!.waitsForMyself = nil
        return takeIfAnswered(id)
    }

    private mutating func answered(_ question: Question, by branch: ConnectionID, isUnknown: Bool) -> Answered? {
        var question = question
        question.waiting.removeAll { $0 == branch }
        question.isUnknown = question.isUnknown || isUnknown
        questions[question.id] = question
        return takeIfAnswered(question.id)
    }

    /// This node has answered for itself whether it has a change of an account on disk.
    ///
    /// - Parameters:
    ///   - holder: this node, if it has the change on disk.
    ///   - isUnknown: whether this node can't have it, which says nothing about other nodes.
    mutating func answeredForMyself(_ id: QuestionID, holder: NodeID?, isUnknown: Bool) {
        guard case .record(let asked, var holders)? = questions[id]?.subject else { return }
        if let holder, !holders.contains(holder) { holders.append(holder) }
        questions[id]!.subject = .record(asked, holders: holders)
        questions[id]!.waitsForMyself = nil
        if isUnknown { questions[id]!.isUnknown = true }
    }

    // MARK: Missing answers

    /// A branch is lost that the question may wait for: it counts neither as yes nor as no.
    ///
    /// - Parameter isNode: false for a base server, behind which no other node could have answered.
    mutating func branchLost(_ branch: ConnectionID, isNode: Bool, in id: QuestionID) -> Answered? {
        guard questions[id]?.waiting.contains(branch) == true else { return nil }
        questions[id]!.waiting.removeAll { $0 == branch }
        if isNode { questions[id]!.isUnknown = true }
        return takeIfAnswered(id)
    }

    /// The time of base servers to answer is over.
    ///
    /// - Returns: the branches that have not answered; nil if the time isn't over.
    mutating func baseServersExpired(in id: QuestionID, at now: Instant) -> [ConnectionID]? {
        guard let question = questions[id], let until = question.waitsForBaseServers, until <= now else { return nil }
        questions[id]!.waitsForBaseServers = nil
        return question.waiting
    }

    /// Stops waiting for some branches.
    mutating func giveUp(_ branches: [ConnectionID], in id: QuestionID) {
        questions[id]?.waiting.removeAll { branches.contains($0) }
    }

    /// A deadline of a question has come: that of this node's own answer, or that of all.
    mutating func expired(_ id: QuestionID, at now: Instant) -> Answered? {
        guard let question = questions[id] else { return nil }
        if question.deadline <= now { questions[id]!.waiting.removeAll() }
        questions[id]!.waitsForMyself = nil
        questions[id]!.isUnknown = true
        return takeIfAnswered(id)
    }

    // MARK: Base servers

    /// The question that a base server's answer belongs to, since it names none: one about the same name and secret
    /// that the server hasn't asked itself.
    func claim(of username: String, _ secret: Secret?, notAskedBy baseServer: ConnectionID) -> QuestionID? {
        ids.first { id in
            guard case .lock(let question)? = questions[id]?.subject, question.username == username,
                question.secret == secret
            else { return false }
            if case .baseServer(baseServer)? = questions[id]?.asker { return false }
            return true
        }
    }

    /// A branch that the question didn't wait for answers: it may still deny.
    mutating func alsoAwait(_ branch: ConnectionID, in id: QuestionID) {
        guard let question = questions[id], !question.waiting.contains(branch) else { return }
        questions[id]!.waiting.append(branch)
    }

    // MARK: Ending

    /// Takes a question out if no further answer can change the result.
    mutating func takeIfAnswered(_ id: QuestionID) -> Answered? {
        guard let question = questions[id] else { return nil }
        let isEnough =
            if case .record(let asked, let holders) = question.subject { holders.count >= asked.copies } else { false }
        guard isEnough || question.waiting.isEmpty && question.waitsForMyself == nil else { return nil }
        questions[id] = nil
        let verdict: Answer =
            switch question.subject {
            case .lock: .allowed
            case .login: question.isUnknown ? .unknown : .denied
            case .record, .held, .reach, .status, .sessions: .unknown
            }
        return Answered(question: question, verdict: verdict)
    }
}

/// A tree query, at one node on its way.
///
/// A node answers for its whole branch once its own branches have answered: a convergecast. So a question costs two
/// messages for each link, and the asker needs to know only its neighbours.
struct Question {
    enum Subject {
        /// Asks whether a name may be registered. One no denies.
        case lock(NameQuestion)
        /// Asks for the account of a name. One that knows it is enough.
        case login(NameQuestion)
        /// Asks which nodes have a change of an account on disk. It ends when there are enough.
        case record(RecordQuestion, holders: [NodeID])
        /// Asks which of these entries the nodes hold.
        case held(HeldQuestion, HeldSum)
        /// Asks which nodes reach another tree. The nearest of them is the answer.
        case reach(ReachQuestion, Bridge?)
        /// Asks all nodes for their status.
        case status([NodeStatus])
        /// Asks all nodes for sessions, or to change something about them.
        case sessions(SessionsQuestion, SessionsAnswer)
    }

    /// The sum of the answers about what is held.
    struct HeldSum {
        var held: VersionVector
        var nodes: Set<NodeID>
        /// Nodes that the nodes that have answered know.
        var others: Set<NodeID> = []
        /// Whether all nodes were named.
        var areNamed = true
    }

    enum Asker {
        case link(ConnectionID)
        case client(ConnectionID, CredentialUse?)
        case baseServer(ConnectionID)
        case tool(ConnectionID)
        /// This node itself, for a tool: loads are to be evened out.
        case balancing(ConnectionID, perSecond: Int)
        /// This node itself, for a change that was made here.
        case durability(UInt64)
        /// This node itself, for clients that have seen what it lacks.
        case resuming
        /// This node itself, a root that can't reach another tree.
        case bridging
    }

    let id: QuestionID
    fileprivate(set) var subject: Subject
    let asker: Asker
    /// The branches that have not answered.
    fileprivate(set) var waiting: [ConnectionID]
    /// Whether a branch was lost, or could not answer for certain.
    fileprivate(set) var isUnknown = false
    /// Until when this node may take for its own answer: it tries to get the change on disk, or to reach the nodes
    /// named. Nil if it has answered.
    fileprivate(set) var waitsForMyself: Instant?
    /// Until when to wait for base servers; nil for none.
    fileprivate(set) var waitsForBaseServers: Instant?
    let deadline: Instant

    init(
        id: QuestionID, subject: Subject, asker: Asker, waiting: [ConnectionID], waitsForMyself: Instant? = nil,
        waitsForBaseServers: Instant? = nil, deadline: Instant
    ) {
        self.id = id
        self.subject = subject
        self.asker = asker
        self.waiting = waiting
        self.waitsForMyself = waitsForMyself
        self.waitsForBaseServers = waitsForBaseServers
        self.deadline = deadline
    }

    /// The earliest deadline of those that still count.
    var nextDeadline: Instant { min(deadline, waitsForMyself ?? deadline, waitsForBaseServers ?? deadline) }
}

enum Answer {
    case allowed
    case denied
    case unknown
}
