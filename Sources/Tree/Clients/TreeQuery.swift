/// The questions that travel through the tree by this node.
struct TreeQueries {
    var questions: [QuestionID: Question] = [:]
    var last: UInt64 = 0
}

/// A question that travels through the tree, at a node on its way.
///
/// A node answers for its whole branch once its own branches have answered: a convergecast. So a question costs two
/// messages a link, and whoever asked needs to know nobody but its neighbours.
struct Question {
    enum Subject {
        /// May this name be taken? One no denies.
        case lock(NameQuestion)
        /// Is this the secret of this name? One yes allows.
        case login(NameQuestion)
        /// Who has this change of an account on disk? Enough of them allow.
        case record(RecordQuestion, holders: [NodeID])
        /// What do you hold of this?
        case held(HeldQuestion, HeldSum)
        /// How do you stand?
        case status([NodeStatus])
    }

    /// What has been answered to a question about what is held.
    struct HeldSum {
        var held: VersionVector
        var nodes: Set<NodeID>
        /// Whom they know.
        var others: Set<NodeID> = []
        /// No name was left out.
        var areNamed = true
    }

    enum Asker {
        case link(ConnectionID)
        case client(ConnectionID, CredentialUse?)
        case leaf(ConnectionID)
        case tool(ConnectionID)
        /// This node itself, for a change that was made here.
        case vouch(UInt64)
        /// This node itself, for clients that have seen what it lacks.
        case resuming
    }

    let id: QuestionID
    var subject: Subject
    let asker: Asker
    /// The branches that have not answered.
    var waiting: [ConnectionID]
    /// A branch was lost, or knew nothing for sure.
    var isUnknown = false
    /// Until when this node tries to get on disk what it is asked about; nil if it has answered for itself.
    var waitsForMyself: Instant?
    /// Until when servers that are no nodes are waited for; nil if none is.
    var waitsForLeaves: Instant?
    let deadline: Instant

    /// When the next of those that it waits for is given up.
    var nextDeadline: Instant { min(deadline, waitsForMyself ?? deadline, waitsForLeaves ?? deadline) }
}

enum Answer {
    case allowed
    case denied
    case unknown
}

extension Node {
    // MARK: Asking

    func newQuestionID() -> QuestionID {
        queries.last += 1
        return QuestionID(asker: origin, count: queries.last)
    }

    /// Asks every branch but the one that asks.
    func ask(_ id: QuestionID, _ subject: Question.Subject, for asker: Question.Asker) {
        let asking: ConnectionID? = if case .link(let link) = asker { link } else { nil }
        let leafAsking: ConnectionID? = if case .leaf(let leaf) = asker { leaf } else { nil }
        var branches: [Link] = []
        let patience: Duration
        switch subject {
        case .lock(let question):
            patience = limits.lockQuestion
            branches = links.filter { $0.connection != asking && $0.connection != leafAsking }
            for link in branches { send(.lockRequest(question), to: link.connection) }
            branches = awaitedBranches(branches, question)
        case .login(let question):
            patience = limits.loginQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.loginRequest(question), to: link.connection) }
        case .record(var question, let holders):
            // No more than are still wanted: a branch that doesn't answer need not be waited for below either.
            question.copies -= holders.count
            patience = limits.recordQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.recordRequest(question), to: link.connection) }
        case .held(let question, _):
            patience = limits.heldQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.heldRequest(question), to: link.connection) }
        case .status:
            patience = limits.statusQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.status(.init(secret: nil, id: id)), to: link.connection) }
        }
        let deadline = now.instant + patience
        queries.questions[id] = Question(
            id: id, subject: subject, asker: asker, waiting: branches.map(\.connection), deadline: deadline)
        if case .record = subject, asking != nil {
            queries.questions[id]!.waitsForMyself = now.instant + limits.recordDisk
            settle(record: id)
        }
        if branches.contains(where: { !$0.isNode }) {
            queries.questions[id]!.waitsForLeaves = now.instant + limits.leafQuestion
        }
        timers.set(.questions, noLaterThan: queries.questions[id]!.nextDeadline)
        concludeIfAnswered(id)
    }

    // MARK: Being answered

    func answered(_ answer: NameAnswer, _ verdict: Answer, on link: Link) {
        guard let id = answer.id else { return }
        // An allowed login is recorded where it passes.
        if let account = answer.account, queries.questions[id] != nil, account.name == answer.username {
            learn(AccountRecord(account), from: .link(link.connection))
        }
        answered(id, verdict, account: answer.account, on: link.connection)
    }

    func answered(_ id: QuestionID, _ verdict: Answer, account: Account?, on connection: ConnectionID) {
        guard let question = queries.questions[id], question.waiting.contains(connection) else { return }
        queries.questions[id]!.waiting.removeAll { $0 == connection }
        switch (question.subject, verdict) {
        case (.lock, .denied): conclude(id, .denied, account: nil)
        case (.login, .allowed): conclude(id, .allowed, account: account)
        case (.login, .unknown):
            queries.questions[id]!.isUnknown = true
            concludeIfAnswered(id)
        default: concludeIfAnswered(id)
        }
    }

    func answered(_ answer: StatusAnswer, on link: Link) {
        guard let id = answer.id, var question = queries.questions[id], case .status(let nodes) = question.subject,
            question.waiting.contains(link.connection)
        else { return }
        question.waiting.removeAll { $0 == link.connection }
        question.isUnknown = question.isUnknown || !answer.isComplete
        question.subject = .status(nodes + answer.nodes)
        queries.questions[id] = question
        concludeIfAnswered(id)
    }

    /// A branch that dies while it is waited for says neither yes nor no.
    func abandonQuestions(on link: Link) {
        for id in queries.questions.keys.sorted() where queries.questions[id]!.waiting.contains(link.connection) {
            queries.questions[id]!.waiting.removeAll { $0 == link.connection }
            if link.isNode { queries.questions[id]!.isUnknown = true }
            concludeIfAnswered(id)
        }
    }

    func giveUpQuestions() {
        for id in queries.questions.keys.sorted() where queries.questions[id]!.nextDeadline <= now.instant {
            if queries.questions[id]!.waitsForLeaves.map({ $0 <= now.instant }) == true {
                queries.questions[id]!.waitsForLeaves = nil
                queries.questions[id]!.waiting.removeAll { giveUpLeaf($0) }
                guard queries.questions[id]!.nextDeadline <= now.instant else {
                    concludeIfAnswered(id)
                    continue
                }
            }
            if queries.questions[id]!.deadline <= now.instant { queries.questions[id]!.waiting.removeAll() }
            queries.questions[id]!.waitsForMyself = nil
            queries.questions[id]!.isUnknown = true
            concludeIfAnswered(id)
        }
        accountChanges.claims = accountChanges.claims.filter { $0.value.expires > now.instant }
        let deadlines = queries.questions.values.map(\.nextDeadline) + accountChanges.claims.values.map(\.expires)
        if let earliest = deadlines.min() { timers.set(.questions, noLaterThan: earliest) }
    }

    // MARK: Concluding

    func concludeIfAnswered(_ id: QuestionID) {
        guard let question = queries.questions[id] else { return }
        if case .record(let asked, let holders) = question.subject, holders.count >= asked.copies {
            queries.questions[id] = nil
            return concludeRecord(question, holders)
        }
        guard question.waiting.isEmpty, question.waitsForMyself == nil else { return }
        switch question.subject {
        case .lock: conclude(id, .allowed, account: nil)
        case .login: conclude(id, question.isUnknown ? .unknown : .denied, account: nil)
        case .record(_, let holders):
            queries.questions[id] = nil
            concludeRecord(question, holders)
        case .held(_, let sum):
            queries.questions[id] = nil
            concludeHeld(question, sum)
        case .status(let nodes):
            queries.questions[id] = nil
            answerStatus(question, nodes)
        }
    }

    private func conclude(_ id: QuestionID, _ verdict: Answer, account: Account?) {
        guard let question = queries.questions.removeValue(forKey: id) else { return }
        switch question.subject {
        case .lock(let claim): concludeLock(claim, id, verdict, for: question.asker)
        case .login(let login): concludeLogin(login, id, verdict, account, for: question.asker)
        case .record, .held, .status: break
        }
    }
}
