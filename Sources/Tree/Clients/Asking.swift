// How a question crosses the whole tree, and how its answer comes back (docs/protocol.md#registering).

extension Node {
    // MARK: Asking

    func newQuestionID() -> QuestionID { queries.newID(askedBy: origin) }

    /// Asks every branch except the one that the question came from.
    ///
    /// - Parameter ownWait: for how long this node may take for its own answer; nil if it has answered.
    func ask(
        _ id: QuestionID, _ subject: Question.Subject, for asker: Question.Asker,
        waitsForMyself ownWait: Duration? = nil
    ) {
        let asking: ConnectionID? = if case .link(let link) = asker { link } else { nil }
        let baseServerAsking: ConnectionID? = if case .baseServer(let baseServer) = asker { baseServer } else { nil }
        var branches: [Link] = []
        var waitsForMyself = ownWait.map { now.instant + $0 }
        let patience: Duration
        switch subject {
        case .lock(let question):
            patience = limits.lockQuestion
            branches = links.filter { $0.connection != asking && $0.connection != baseServerAsking }
            for link in branches {
                send(.lockRequest(link.isNode ? question.forNodes : question), to: link.connection)
            }
            branches = awaitedBranches(branches, question)
        case .login(let question):
            patience = limits.loginQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.loginRequest(question.forNodes), to: link.connection) }
        case .record(var question, let holders):
            // Asks for only as many copies as are still missing, so that nodes below don't wait for a silent branch
            // either.
            question.copies -= holders.count
            patience = limits.recordQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.recordRequest(question), to: link.connection) }
            if asking != nil { waitsForMyself = now.instant + limits.recordDisk }
        case .held(let question, _):
            patience = limits.heldQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.heldRequest(question), to: link.connection) }
        case .reach(let question, _):
            patience = limits.reachQuestion
            branches = children.filter { $0.connection != asking }
            for link in branches { send(.reachRequest(question), to: link.connection) }
            if !question.missing.isEmpty { waitsForMyself = now.instant + limits.connectTimeout * 5 / 4 }
        case .status:
            patience = limits.statusQuestion
            branches = nodeLinks.filter { $0.connection != asking }
            for link in branches { send(.status(.init(secret: nil, id: id)), to: link.connection) }
        case .sessions(let question, _):
            if case .ban = question.subject {
                patience = limits.recordQuestion
            } else {
                patience = limits.statusQuestion
            }
            branches = nodeLinks.filter { $0.connection != asking && $0.versions.newest >= WireVersions.bans }
            for link in branches { send(.sessionsRequest(question), to: link.connection) }
        }
        queries.asked(
            Question(
                id: id, subject: subject, asker: asker, waiting: branches.map(\.connection),
                waitsForMyself: waitsForMyself,
                waitsForBaseServers: branches.contains { !$0.isNode } ? now.instant + limits.baseServerQuestion : nil,
                deadline: now.instant + patience))
        answerRecordForMyself(id)
        if let next = queries[id]?.nextDeadline { timers.set(.questions, noLaterThan: next) }
        concludeIfAnswered(id)
    }

    // MARK: Being answered

    func nameAnswered(_ answer: NameAnswer, _ verdict: Answer, on link: Link) {
        guard let id = answer.id else { return }
        // An account is recorded where it passes.
        if let account = answer.account, queries[id] != nil, configuration.names.areOne(account.name, answer.username) {
            learn(AccountRecord(account), from: .link(link.connection))
        }
        nameAnswered(id, verdict, on: link.connection)
    }

    func nameAnswered(_ id: QuestionID, _ verdict: Answer, on connection: ConnectionID) {
        conclude(queries.answered(id, verdict, by: connection))
    }

    func statusAnswered(_ answer: StatusAnswer, on link: Link) {
        conclude(queries.answered(answer, by: link.connection))
    }

    /// A link is lost: a branch that has not answered counts neither as yes nor as no.
    func abandonQuestions(on link: Link) {
        for id in queries.ids { conclude(queries.branchLost(link.connection, isNode: link.isNode, in: id)) }
    }

    func giveUpQuestions() {
        for id in queries.ids {
            if let waiting = queries.baseServersExpired(in: id, at: now.instant) {
                queries.giveUp(waiting.filter { giveUpBaseServer($0) }, in: id)
                concludeIfAnswered(id)
            }
            if let deadline = queries[id]?.nextDeadline, deadline <= now.instant {
                conclude(queries.expired(id, at: now.instant))
            }
        }
        let claimExpires = accounts.changes.expireClaims(at: now.instant)
        for next in [queries.nextDeadline, claimExpires] {
            if let next { timers.set(.questions, noLaterThan: next) }
        }
    }

    // MARK: Concluding

    func concludeIfAnswered(_ id: QuestionID) { conclude(queries.takeIfAnswered(id)) }

    func conclude(_ answered: TreeQueries.Answered?) {
        guard let question = answered?.question, let verdict = answered?.verdict else { return }
        switch question.subject {
        case .lock(let claim): concludeLock(claim, question.id, verdict, for: question.asker)
        case .login(let login): concludeLogin(login, verdict, for: question.asker)
        case .record(_, let holders): concludeRecord(question, holders)
        case .held(_, let sum): concludeHeld(question, sum)
        case .reach(_, let bridge): concludeReach(question, bridge)
        case .status(let nodes): answerStatus(question, nodes)
        case .sessions(let asked, let answer): concludeSessions(question, asked, answer)
        }
    }
}
