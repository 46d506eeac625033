// When a change of an account may be acknowledged (docs/protocol.md#registering): when it is on the disks of k+1 nodes,
// or on those of all nodes that can be reached and keep accounts on a disk. A node that keeps no accounts on a disk
// says so and doesn't count; a node whose disk fails leaves the question open.
//
// The node that made the change asks its neighbours. Each of them answers when it has the change on disk, and asks its
// other neighbours only if more copies are needed. The answer names the nodes, so that none counts twice if the tree
// changes meanwhile.

/// `RECORD_REQUEST`: asks which nodes have this change of an account on disk.
public struct RecordQuestion: Hashable, Sendable {
    public var id: QuestionID
    public var username: String
    public var registered: AccountVersion
    /// The change of the secret; nil asks about the removal of the registration.
    public var changed: AccountVersion?
    /// How many nodes are wanted.
    public var copies: Int

    public init(
        id: QuestionID, username: String, registered: AccountVersion, changed: AccountVersion?, copies: Int
    ) {
        self.id = id
        self.username = username
        self.registered = registered
        self.changed = changed
        self.copies = copies
    }

    /// Whether a node with this record has the change, or a later one of the same registration.
    func isMade(in record: AccountRecord?) -> Bool {
        guard let changed else { return record?.removal.map { $0.registered >= registered } ?? false }
        return record?.account.map { $0.registered == registered && $0.changed >= changed } ?? false
    }

    /// Whether the registration is void for a node with this record: it was removed, or there is an earlier one. Then
    /// the node has no copy of it, and none is needed: the asker will hear of the removal or the earlier one too.
    func isVoid(by record: AccountRecord?) -> Bool {
        guard changed != nil else { return false }
        if let removal = record?.removal, removal.registered >= registered { return true }
        return record?.account.map { $0.registered < registered } ?? false
    }
}

/// `RECORDED`: the answer to `RECORD_REQUEST`.
public struct RecordAnswer: Hashable, Sendable {
    public var id: QuestionID
    /// Nodes that have the change on disk, at most as many as were wanted.
    public var holders: [NodeID]
    /// Whether some node could not answer: it was lost, has not heard of the change in time, or can't write.
    public var isUnknown: Bool

    public init(id: QuestionID, holders: [NodeID], isUnknown: Bool) {
        self.id = id
        self.holders = holders
        self.isUnknown = isUnknown
    }
}

extension Node {
    // MARK: Asking

    /// Enters a change into the log. The asker is told when it is safe and on enough disks.
    func enter(_ change: AccountChange, for asker: DurabilityCheck.Asker) {
        let check = accounts.changes.begin(change, for: asker, at: now.instant, patience: limits.durabilityPatience)
        accept(.account(change), from: .change(check))
    }

    /// The entry of the change has become safe.
    func becameSafe(_ check: DurabilityCheck) {
        accounts.changes.wait(check)
        timers.set(.durability, noLaterThan: check.deadline)
    }

    /// Acknowledges changes that are on enough disks, and asks about the others.
    func checkDurability() {
        guard !accounts.changes.checks.isEmpty else { return }
        let links = nodeLinks.map(\.connection)
        for check in accounts.changes.takeChecks() { advance(check, links) }
        if let next = accounts.changes.nextCheck(at: now.instant) { timers.set(.durability, noLaterThan: next) }
    }

    /// Advances one check: it is concluded, given up, or kept for later.
    private func advance(_ waiting: DurabilityCheck, _ links: [ConnectionID]) {
        var check = waiting
        let situation = DurabilityCheck.Situation(
            origin: origin, record: accounts.record(of: check.name), isSaved: isSaved(check.name),
            keepsAccounts: configuration.keepsAccounts, links: links, needed: configuration.replicas + 1)
        let waitsForDisks = mutation != .acknowledgedBeforeSaved
        switch check.next(in: situation, at: now.instant, waitsForDisks: waitsForDisks) {
        case .isVoid: conclude(check, isVoid: true)
        case .isDurable: conclude(check, isVoid: false)
        case .isLate: giveUp(check)
        case .waits: accounts.changes.wait(check)
        case .asks(let copies):
            let id = newQuestionID()
            check.asked(id, links, nextAsk: now.instant + limits.durabilityPause)
            accounts.changes.wait(check)
            ask(id, .record(check.question(id, copies: copies), holders: []), for: .durability(check.serial))
        }
    }

    func recordAnswered(_ answer: RecordAnswer, on link: Link) {
        conclude(queries.answered(answer, by: link.connection))
    }

    func concludeRecord(_ question: Question, _ holders: [NodeID]) {
        switch question.asker {
        case .link(let link):
            send(.recorded(.init(id: question.id, holders: holders, isUnknown: question.isUnknown)), to: link)
        case .durability(let serial):
            accounts.changes.recorded(serial, by: holders, isUnknown: question.isUnknown)
        case .client, .baseServer, .tool, .resuming, .bridging, .balancing: break
        }
    }

    // MARK: Being asked

    func consider(record question: RecordQuestion, from link: Link) {
        guard queries.mayTake(question.id, limit: limits.openQuestions) else {
            return send(.recorded(.init(id: question.id, holders: [], isUnknown: true)), to: link.connection)
        }
        let isHere = isSaved(question.username) && question.isMade(in: accounts.record(of: question.username))
        let holders = isHere ? [origin.node] : []
        guard holders.count < question.copies else {
            return send(.recorded(.init(id: question.id, holders: holders, isUnknown: false)), to: link.connection)
        }
        ask(question.id, .record(question, holders: holders), for: .link(link.connection))
    }

    /// Answers for this node itself whether it has a change on disk, as soon as the node knows.
    func answerRecordForMyself(_ id: QuestionID) {
        guard let question = queries[id], question.waitsForMyself != nil, case .record(let asked, _) = question.subject
        else { return }
        let record = accounts.record(of: asked.username)
        let isVoid = asked.isVoid(by: record)
        if !isVoid, configuration.keepsAccounts {
            guard isSaved(asked.username), asked.isMade(in: record) else { return }
            return queries.answeredForMyself(id, holder: origin.node, isUnknown: false)
        }
        queries.answeredForMyself(id, holder: nil, isUnknown: isVoid)
    }

    /// Something has been saved: questions that wait for this node are answered.
    func answerForMyself() {
        for id in queries.ids where queries[id]?.waitsForMyself != nil {
            answerRecordForMyself(id)
            concludeIfAnswered(id)
        }
    }

    // MARK: Telling

    /// - Parameter isVoid: whether the registration that was made or changed has been removed, or has lost against an
    ///   earlier one.
    private func conclude(_ check: DurabilityCheck, isVoid: Bool) {
        let holds: Bool =
            switch check.change {
            case .registered(let account): accounts[account.name] == account
            case .removed: true
            }
        switch check.asker {
        case .client(let connection): registered(check.shownName, holds, durable: check.holders.count, on: connection)
        case .baseServer(let connection, let question): tellBaseServer(question, isAllowed: holds, on: connection)
        case .tool(let connection):
            let gone = AccountAnswer.failed(info: "\(check.shownName) was removed, or belongs to somebody else now")
            tellTool(isVoid ? gone : .done(durable: check.holders.count), on: connection)
        case .change(let connection) where isVoid:
            changeFailed(connection, info: "\(check.shownName) was removed, or belongs to somebody else now")
        case .change(let connection) where !holds:
            changeFailed(connection, info: "the secret of \(check.shownName) was changed by somebody else later")
        case .change(let connection): secretChanged(check.shownName, durable: check.holders.count, on: connection)
        }
    }

    /// Tells the asker that too few disks have the change. It isn't said to have failed: it is in the log, and may
    /// still reach more disks.
    private func giveUp(_ check: DurabilityCheck) {
        let disks = check.holders.count == 1 ? "1 disk" : "\(check.holders.count) disks"
        let info = "\(check.shownName) is on \(disks) so far, which is too few: it may still succeed"
        switch check.asker {
        case .client(let connection):
            guard sessions[connection] != nil else { return }
            send(.registerFailed(info: info + ", try to log in later"), to: connection)
            forget(connection, manner: .afterFlush)
        case .baseServer(let connection, let question): tellBaseServer(question, isAllowed: false, on: connection)
        case .tool(let connection): tellTool(.failed(info: info), on: connection)
        case .change(let connection): changeFailed(connection, info: info + ", try to log in with both secrets later")
        }
    }
}
