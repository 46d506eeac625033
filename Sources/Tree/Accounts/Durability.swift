// When a change of an account may be acknowledged (docs/protocol.md#registering): when it is on the disks of k+1 nodes,
// or of all that can be reached and keep accounts on a disk. A node that was started to keep nothing says so and counts
// as none; one whose disk fails leaves the question open.
//
// Whoever made the change asks its neighbours, who answer once they have it on disk, and ask on only if that isn't
// enough. The answer names the nodes, so that nobody counts twice although the tree changes meanwhile.

/// `RECORD_REQUEST`: who has this change of an account on disk?
public struct RecordQuestion: Hashable, Sendable {
    public var id: QuestionID
    public var username: String
    public var registered: AccountVersion
    /// Nil asks for the registration's removal.
    public var changed: AccountVersion?
    /// How many nodes are enough.
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

    /// Whether the registration is void for a node with this record: it was removed, or somebody was earlier. That
    /// counts as no copy of it, although nobody needs one: whoever asks will hear of it too, if not yet.
    func isVoid(by record: AccountRecord?) -> Bool {
        guard changed != nil else { return false }
        if let removal = record?.removal, removal.registered >= registered { return true }
        return record?.account.map { $0.registered < registered } ?? false
    }
}

/// `RECORDED`
public struct RecordAnswer: Hashable, Sendable {
    public var id: QuestionID
    /// Nodes that have it on disk, as many as were asked for at the most.
    public var holders: [NodeID]
    /// Somebody could not say: was lost, has not heard of it in time, or can't write.
    public var isUnknown: Bool

    public init(id: QuestionID, holders: [NodeID], isUnknown: Bool) {
        self.id = id
        self.holders = holders
        self.isUnknown = isUnknown
    }
}

/// A change that stands safely in the log, and whose maker waits until enough disks have it.
struct DurabilityCheck {
    enum Asker {
        case client(ConnectionID)
        case leaf(ConnectionID, NameQuestion)
        case tool(ConnectionID)
        /// A user who changes the own secret.
        case change(ConnectionID)
    }

    let serial: UInt64
    let asker: Asker
    let change: AccountChange
    var holders: [NodeID] = []
    /// The question under way.
    var question: QuestionID?
    /// The links that have all answered for their branches, none with a doubt; nil as long as not all have.
    var answered: [ConnectionID]?
    var asked: [ConnectionID] = []
    var nextAsk: Instant
    let deadline: Instant

    var name: String { change.record.name }

    func question(_ id: QuestionID, copies: Int) -> RecordQuestion {
        switch change {
        case .registered(let account):
            RecordQuestion(
                id: id, username: account.name, registered: account.registered, changed: account.changed,
                copies: copies)
        case .removed(let name, let removal):
            RecordQuestion(id: id, username: name, registered: removal.registered, changed: nil, copies: copies)
        }
    }
}

extension Node {
    // MARK: Asking

    /// Enters a change into the log; its maker is told once it is safe and on enough disks.
    func enter(_ change: AccountChange, for asker: DurabilityCheck.Asker) {
        accountChanges.lastCheck += 1
        let vouch = DurabilityCheck(
            serial: accountChanges.lastCheck, asker: asker, change: change, nextAsk: now.instant,
            deadline: now.instant + limits.vouchPatience)
        accept(.account(change), from: .change(vouch))
    }

    /// The change stands safely in the log.
    func vouch(_ vouch: DurabilityCheck) {
        accountChanges.checks.append(vouch)
        timers.set(.vouch, noLaterThan: vouch.deadline)
    }

    /// Tells those whose changes are on enough disks, and asks for the others.
    func advanceVouches() {
        guard !accountChanges.checks.isEmpty else { return }
        let needed = configuration.replicas + 1
        let links = nodeLinks.map(\.connection)
        let open = accountChanges.checks
        accountChanges.checks.removeAll(keepingCapacity: true)
        for vouch in open { advance(vouch, needed, links) }
        // Else an answer, a link or the disk has to come first, and brings a turn of its own.
        let times = accountChanges.checks.map { vouch in
            vouch.question == nil && vouch.answered == nil
                ? min(vouch.deadline, max(vouch.nextAsk, now.instant + .milliseconds(1))) : vouch.deadline
        }
        if let next = times.min() { timers.set(.vouch, noLaterThan: next) }
    }

    /// Tells its maker, or keeps it for later.
    private func advance(_ waiting: DurabilityCheck, _ needed: Int, _ links: [ConnectionID]) {
        var vouch = waiting
        let question = vouch.question(QuestionID(asker: origin, count: 0), copies: needed)
        let record = accounts.record(of: question.username)
        let isHere = isSaved(question.username) && question.isMade(in: record)
        if isHere, !vouch.holders.contains(origin.node) { vouch.holders.append(origin.node) }
        if vouch.answered.map({ $0 != links }) ?? false { vouch.answered = nil }
        let areAll = links.isEmpty || vouch.answered != nil
        if question.isVoid(by: record) { return conclude(vouch, isVoid: true) }
        if mutation == .acknowledgedBeforeSaved || vouch.holders.count >= needed
            || areAll && (isHere || !configuration.keepsAccounts)
        {
            return conclude(vouch, isVoid: false)
        }
        if now.instant >= vouch.deadline { return giveUp(vouch) }
        guard vouch.question == nil, vouch.answered == nil, now.instant >= vouch.nextAsk else {
            return accountChanges.checks.append(vouch)
        }
        let id = newQuestionID()
        vouch.question = id
        vouch.asked = links
        vouch.nextAsk = now.instant + limits.vouchPause
        accountChanges.checks.append(vouch)
        ask(id, .record(vouch.question(id, copies: needed - (isHere ? 1 : 0)), holders: []), for: .vouch(vouch.serial))
    }

    func recordAnswered(_ answer: RecordAnswer, on link: Link) {
        conclude(queries.answered(answer, by: link.connection))
    }

    func concludeRecord(_ question: Question, _ holders: [NodeID]) {
        switch question.asker {
        case .link(let link):
            send(.recorded(.init(id: question.id, holders: holders, isUnknown: question.isUnknown)), to: link)
        case .vouch(let serial):
            guard let index = accountChanges.checks.firstIndex(where: { $0.serial == serial }) else { return }
            accountChanges.checks[index].question = nil
            accountChanges.checks[index].holders += holders.filter {
                !accountChanges.checks[index].holders.contains($0)
            }
            accountChanges.checks[index].answered = question.isUnknown ? nil : accountChanges.checks[index].asked
        case .client, .leaf, .tool, .resuming: break
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

    /// Answers for this node itself whether it has a change on disk, as soon as that is known.
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

    /// Something has been written: whoever waits for that is answered.
    func answerForMyself() {
        for id in queries.ids where queries[id]?.waitsForMyself != nil {
            answerRecordForMyself(id)
            concludeIfAnswered(id)
        }
    }

    // MARK: Telling

    /// - Parameter isVoid: the registration that was made or changed is somebody else's now, or nobody's.
    private func conclude(_ vouch: DurabilityCheck, isVoid: Bool) {
        let holds: Bool =
            switch vouch.change {
            case .registered(let account): accounts[account.name] == account
            case .removed: true
            }
        switch vouch.asker {
        case .client(let connection): registered(vouch.name, holds, durable: vouch.holders.count, on: connection)
        case .leaf(let connection, let question): tellLeaf(question, isAllowed: holds, on: connection)
        case .tool(let connection):
            let gone = AccountAnswer.failed(info: "\(vouch.name) was removed, or belongs to somebody else now")
            tellTool(isVoid ? gone : .done(durable: vouch.holders.count), on: connection)
        case .change(let connection) where isVoid:
            changeFailed(connection, info: "\(vouch.name) was removed, or belongs to somebody else now")
        case .change(let connection) where !holds:
            changeFailed(connection, info: "the secret of \(vouch.name) was changed by somebody else later")
        case .change(let connection): secretChanged(vouch.name, durable: vouch.holders.count, on: connection)
        }
    }

    /// Too few disks have it, and it isn't said to have failed either: it is in the log, and may get there yet.
    private func giveUp(_ vouch: DurabilityCheck) {
        let disks = vouch.holders.count == 1 ? "1 disk" : "\(vouch.holders.count) disks"
        let info = "\(vouch.name) is on \(disks) so far, which is too few: it may still succeed"
        switch vouch.asker {
        case .client(let connection):
            guard sessions[connection] != nil else { return }
            send(.registerFailed(info: info + ", try to log in later"), to: connection)
            forget(connection, manner: .afterFlush)
        case .leaf(let connection, let question): tellLeaf(question, isAllowed: false, on: connection)
        case .tool(let connection): tellTool(.failed(info: info), on: connection)
        case .change(let connection): changeFailed(connection, info: info + ", try to log in with both secrets later")
        }
    }
}
