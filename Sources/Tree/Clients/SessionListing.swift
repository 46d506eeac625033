// How an operator's question about sessions crosses the tree (docs/protocol.md#sessions). Each node answers for its
// branch, with no more sessions than a page has, so that no answer grows with the network.

extension Node {
    // MARK: Asking

    /// - Parameter tool: the connection of the operator.
    func ask(_ subject: SessionsQuestion.Subject, for tool: ConnectionID) {
        consider(SessionsQuestion(id: newQuestionID(), subject: subject), for: .tool(tool))
    }

    func consider(sessions question: SessionsQuestion, from link: Link) {
        guard queries.mayTake(question.id, limit: limits.openQuestions) else {
            return send(.sessionsAnswer(question.id, SessionsAnswer(isUnknown: true)), to: link.connection)
        }
        consider(question, for: .link(link.connection))
    }

    private func consider(_ question: SessionsQuestion, for asker: Question.Asker) {
        let from: ConnectionID? = if case .link(let link) = asker { link } else { nil }
        // Nodes of earlier versions know no such message: what is behind them stays unknown.
        let others = nodeLinks.filter { $0.connection != from }
        let isUnknown = others.contains { $0.versions.newest < WireVersions.bans }
        var own = SessionsAnswer(nodes: 1, isUnknown: isUnknown)
        var described: [ConnectionID] = []
        var waits: Duration?
        switch question.subject {
        case .list(let page):
            (own.total, described) = connections(on: page)
            if !described.isEmpty { waits = limits.statusQuestion / 2 }
        case .end(let target, let info): own.total = endSessions(meantBy: target, info: info)
        case .balance(let target, let perSecond): own.total = beginBalancing(target: target, perSecond: perSecond)
        case .ban(let record):
            learn(record, from: from)
            if !record.isLifted { own.total = connections(meantBy: record.target).count }
            if configuration.keepsAccounts {
                if bans.saving.isDone { own.durable = 1 } else { waits = limits.recordDisk }
            }
        }
        ask(question.id, .sessions(question, own), for: asker, waitsForMyself: waits)
        if !described.isEmpty { emit(.describe(question.id, described)) }
    }

    /// The sessions of this node that are on a page, and how many there are that could be.
    private func connections(on page: SessionsPage) -> (total: Int, connections: [ConnectionID]) {
        let limit = min(page.limit, Limits.sessionsPerPage)
        var first: [ConnectionID] = []
        var total = 0
        for connection in sessions.connections {
            guard let client = sessions[connection], client.isLoggedIn,
                page.target.map({ isMeant(client, on: connection, by: $0) }) ?? true
            else { continue }
            total += 1
            let position = SessionPosition(node: origin.node, connection: connection)
            guard page.after.map({ $0 < position }) ?? true else { continue }
            if first.count < limit { first.append(connection) }
        }
        return (total, first)
    }

    // MARK: This node's own answer

    /// The runner has told of connections what it knows.
    func described(_ id: QuestionID, _ traits: [ConnectionID: ConnectionTraits]) {
        let views = traits.keys.sorted().compactMap { connection -> SessionView? in
            guard let client = sessions[connection], client.isLoggedIn else { return nil }
            return SessionView(
                position: SessionPosition(node: origin.node, connection: connection), node: configuration.address,
                username: client.user, session: session(of: connection), since: UInt64(client.record.since),
                messages: UInt64(client.record.said), connection: traits[connection]!)
        }
        conclude(queries.answeredForMyself(id, SessionsAnswer(sessions: views)))
    }

    /// The bans are on the disk: questions that wait for that are answered.
    func answerForSavedBans() {
        guard bans.saving.isDone else { return }
        for id in queries.ids {
            guard case .sessions(let question, _)? = queries[id]?.subject, case .ban = question.subject else {
                continue
            }
            conclude(queries.answeredForMyself(id, SessionsAnswer(durable: 1)))
        }
    }

    // MARK: Concluding

    func sessionsAnswered(_ id: QuestionID, _ answer: SessionsAnswer, on link: Link) {
        conclude(queries.answered(id, answer, by: link.connection))
    }

    func concludeSessions(_ question: Question, _ asked: SessionsQuestion, _ answer: SessionsAnswer) {
        var answer = answer
        answer.isUnknown = answer.isUnknown || question.isUnknown
        switch question.asker {
        case .link(let link): send(.sessionsAnswer(question.id, answer), to: link)
        case .tool(let connection):
            switch asked.subject {
            case .list(let page):
                let isLast = answer.sessions.count < page.limit
                tellTool(.sessions(answer, next: isLast ? nil : answer.sessions.last?.position), on: connection)
            case .end, .ban, .balance: tellTool(.acted(answer), on: connection)
            }
        case .client, .baseServer, .durability, .resuming, .bridging, .balancing: break
        }
    }

    // MARK: What operators do

    func administer(_ action: SessionAction, on connection: ConnectionID) {
        switch action {
        case .list(var page):
            page.limit = min(max(1, page.limit), Limits.sessionsPerPage)
            page.target = page.target.map(folded)
            ask(.list(page), for: connection)
        case .end(let target, let reason):
            let info = "an operator has ended this session" + (reason.isEmpty ? "" : ": \(reason)")
            report(.sessionsToEnd(folded(target), reason: reason))
            ask(.end(folded(target), info: info), for: connection)
        case .ban(let target, let duration, let reason):
            let target = folded(target)
            if let failure = bans.saving.failure { return tellBansNotSaved(failure, on: connection) }
            let now = networkMilliseconds
            guard bans[target]?.stands(at: now) == true || bans.standing(at: now) < limits.bans else {
                let info = "there are \(limits.bans) bans, as many as may be: lift some, or ban ranges of addresses"
                return tellTool(.failed(info: info), on: connection)
            }
            let until = duration.map { now + UInt64(max(0, $0.wholeMilliseconds)) }
            ask(.ban(record(of: target, until: until, reason: reason)), for: connection)
        case .unban(let target):
            let target = folded(target)
            guard bans[target]?.stands(at: networkMilliseconds) == true else {
                return tellTool(.failed(info: "nobody has banned that"), on: connection)
            }
            if let failure = bans.saving.failure { return tellBansNotSaved(failure, on: connection) }
            ask(.ban(record(of: target, isLifted: true)), for: connection)
        case .bans(let page):
            let now = networkMilliseconds
            let standing = bans.sorted.filter { $0.stands(at: now) }
            let rest = standing.dropFirst(max(0, min(page, standing.count)))
            let listed = Array(rest.prefix(limits.recordsPerMessage))
            let next = rest.count > listed.count ? page + listed.count : nil
            tellTool(.bans(listed, nextPage: next), on: connection)
        }
    }

    private func tellBansNotSaved(_ failure: String, on connection: ConnectionID) {
        tellTool(.failed(info: "bans can't be saved now: \(failure)"), on: connection)
    }

    /// Names are compared in their folded form.
    private func folded(_ target: BanTarget) -> BanTarget {
        if case .name(let name) = target { .name(key(of: name).name) } else { target }
    }

    /// A record that takes the place of whatever is known of its target.
    private func record(
        of target: BanTarget, until: UInt64? = nil, reason: String = "", isLifted: Bool = false
    ) -> BanRecord {
        let before = bans[target]
        let stamp = max(ordering.nextStamp(at: now.instant), before?.version.stamp.next ?? .zero)
        return BanRecord(
            target: target, version: AccountVersion(stamp: stamp, origin: origin), isLifted: isLifted, until: until,
            reason: reason, replaces: before != nil)
    }
}

/// What an operator wants of sessions and bans.
public enum SessionAction: Hashable, Sendable {
    case list(SessionsPage)
    case end(BanTarget, reason: String)
    /// For so long, or for good.
    case ban(BanTarget, Duration?, reason: String)
    case unban(BanTarget)
    /// The bans that stand, from this one on.
    case bans(page: Int)
}
