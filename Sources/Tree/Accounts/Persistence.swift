// How accounts get to the disk (docs/protocol.md#accounts).
//
// The node changes its accounts at once and has the changed records saved, one batch at a time. What changes while a
// batch is being written goes into the next one, so a thousand registrations cost a few writes. A registration is
// acknowledged only when it is on enough disks (`Durability`). While the disk fails nothing is lost: records wait here
// until they can be saved, saving is tried again, and registrations are refused with the reason.

/// Names whose records are not on the disk yet.
struct Saves {
    /// In the order in which they first changed.
    private var waiting: [NameKey] = []
    private var isWaiting: Set<NameKey> = []
    /// The names of the batch that is being written. A name that changes meanwhile waits too.
    private var underWay: Set<NameKey> = []
    private(set) var ticket: Ticket?
    /// Why the last save failed; nil if it didn't.
    private(set) var failure: String?
    /// After a failure: the earliest time of the next try.
    private(set) var pausedUntil: Instant?
    private var pause: Duration = .zero

    var count: Int { isWaiting.count + underWay.count }

    /// Whether the next batch can be written now.
    var isDue: Bool { ticket == nil && pausedUntil == nil && !waiting.isEmpty }

    func has(_ name: String) -> Bool {
        let key = NameKey(exactly: name)
        return isWaiting.contains(key) || underWay.contains(key)
    }

    mutating func add(_ name: String) {
        let key = NameKey(exactly: name)
        if isWaiting.insert(key).inserted { waiting.append(key) }
    }

    mutating func begin(_ ticket: Ticket, limit: Int) -> [String] {
        let names = Array(waiting.prefix(limit))
        waiting.removeFirst(names.count)
        isWaiting.subtract(names)
        underWay = Set(names)
        self.ticket = ticket
        return names.map(\.name)
    }

    mutating func succeeded() {
        underWay.removeAll()
        ticket = nil
        failure = nil
        pause = .zero
    }

    /// - Returns: when the next try may begin.
    mutating func failed(_ reason: String, at now: Instant, pauses: ClosedRange<Duration>) -> Instant {
        // Sorted, since a set's order differs in each process.
        for key in underWay.sorted() { add(key.name) }
        underWay.removeAll()
        ticket = nil
        failure = reason
        pause = min(pauses.upperBound, max(pauses.lowerBound, pause * 2))
        pausedUntil = now + pause
        return now + pause
    }

    mutating func tryAgain() { pausedUntil = nil }
}

extension Node {
    // MARK: Learning

    /// Where a record came from, which decides whether neighbours are told of it.
    enum Source {
        /// From the log, which brings it to all nodes.
        case log
        /// From a neighbour: the other neighbours are told.
        case link(ConnectionID)
    }

    /// Merges a record of a name into this node's accounts.
    func learn(_ record: AccountRecord, from source: Source) {
        guard record.latestStamp <= Limits.highestVersion || mutation == .anyVersionTaken else {
            return report(.badFrame(nil, info: "an account's version leaves no room for later ones: it is passed over"))
        }
        var record = record
        if let removal = record.removal, removal.at < oldestRemoval { record.removal = nil }
        guard !record.isEmpty, isPlausible(record), let change = accounts.merge(record) else { return }
        if change.after != nil { accounts.changes.registered(key(of: record.name)) }
        if change.before == nil, let after = change.after { reportNamesakes(of: after) }
        if configuration.keepsAccounts { accounts.changes.saves.add(record.name) }
        if case .link(let connection) = source { accounts.changes.heard(of: record.name, from: connection) }
        if change.before != change.after, let before = change.before { ownerChanged(before, change.after) }
        if change.before == nil, let account = change.after { closeVouched(of: account) }
    }

    /// A spelling that is none of the name would show somebody under the name of somebody else.
    private func isPlausible(_ record: AccountRecord) -> Bool {
        guard let spelling = record.account?.spelling else { return true }
        return key(of: spelling) == NameKey(exactly: record.name)
    }

    /// Two accounts have one name: they are from before names were folded, or one of them comes from a node that
    /// doesn't fold them.
    private func reportNamesakes(of account: Account) {
        let alike = accounts.accounts(namedLike: account.name).map(\.shownName)
        if alike.count > 1 { report(.namedAlike(alike.sorted())) }
    }

    private func ownerChanged(_ before: Account, _ after: Account?) {
        let name = before.shownName
        guard let after else { return closeSessions(of: name, info: "\(name) was removed") }
        if after.registered == before.registered {
            // A node that keeps no spellings may have told it before.
            guard (after.changed, after.hash) != (before.changed, before.hash) else { return }
            return closeSessions(of: name, info: "the secret of \(name) was changed: log in again")
        }
        report(.nameLost(name))
        closeSessions(of: name, info: "\(name) was registered by somebody else before: register another name")
    }

    /// Removals before this stamp are forgotten: a node that was away for longer may bring a removed name back.
    private var oldestRemoval: Stamp {
        let memory = UInt64(limits.removalMemory.wholeMilliseconds)
        return Stamp(milliseconds: now.wallMilliseconds > memory ? now.wallMilliseconds - memory : 0)
    }

    func forgetOldRemovals() {
        timers[.removals] = now.instant + limits.removalSweep
        for name in accounts.forgetRemovals(before: oldestRemoval) where configuration.keepsAccounts {
            accounts.changes.saves.add(name)
        }
    }

    // MARK: Saving

    func saveAccounts() {
        guard accounts.changes.saves.isDue else { return }
        let ticket = admission.work.add(.saving)
        let records = accounts.changes.saves.begin(ticket, limit: Limits.recordsPerSave).map { name in
            accounts.record(of: name) ?? AccountRecord(name: name)
        }
        emit(.persist(ticket, records))
    }

    func persisted(_ ticket: Ticket, failure: String?) {
        guard case .saving? = admission.work.take(ticket), accounts.changes.saves.ticket == ticket else {
            return
        }
        guard let failure else {
            if accounts.changes.saves.failure != nil { report(.accountsSavedAgain) }
            accounts.changes.saves.succeeded()
            return answerForMyself()
        }
        if accounts.changes.saves.failure == nil { report(.accountsNotSaved(failure)) }
        timers[.save] = accounts.changes.saves.failed(failure, at: now.instant, pauses: limits.savePause)
    }

    /// Whether this node's record of a name is on its own disk.
    func isSaved(_ name: String) -> Bool { configuration.keepsAccounts && !accounts.changes.saves.has(name) }
}
