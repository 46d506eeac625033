// How what is known of names gets to the disk (docs/protocol.md#accounts).
//
// The node changes its accounts at once and orders what has changed to be saved, one batch at a time: all that changes
// while a batch is being written goes with the next one, so a thousand registrations cost a few writes. Nobody is told
// of a registration before it is on enough disks (`Durability`). While the disk fails nothing is lost: what could not
// be saved waits here, registrations are refused with the reason, and it is tried again.

/// Names whose records are not on the disk yet.
struct Saves {
    /// In the order in which they changed first.
    private var waiting: [NameKey] = []
    private var isWaiting: Set<NameKey> = []
    /// Being written. A name that changes meanwhile waits too.
    private var underWay: Set<NameKey> = []
    private(set) var ticket: Ticket?
    /// Why the last try failed; nil while all is well.
    private(set) var failure: String?
    /// Nothing is tried before.
    private(set) var pausedUntil: Instant?
    private var pause: Duration = .zero

    var count: Int { isWaiting.count + underWay.count }

    /// Whether something can be written now.
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

    /// - Returns: until when nothing is tried.
    mutating func failed(_ reason: String, at now: Instant, pauses: ClosedRange<Duration>) -> Instant {
        // In the order of names, since the order of a set is nobody's.
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

    /// Where something about a name was learnt, and so who is to hear of it.
    enum Source {
        /// It stands in the log, by which everybody gets it.
        case log
        /// A neighbour told it: the others are told.
        case link(ConnectionID)
    }

    /// Adds what somebody knows of a name to what is known here.
    func learn(_ record: AccountRecord, from source: Source) {
        guard !isFarAhead(record) else {
            return report(.badFrame(nil, info: "an account's version is far ahead of the time: it is passed over"))
        }
        var record = record
        if let removal = record.removal, removal.at < oldestRemoval { record.removal = nil }
        guard !record.isEmpty, isPlausible(record), let change = accounts.merge(record) else { return }
        if change.after != nil { accountChanges.registered(key(of: record.name)) }
        if change.before == nil, let after = change.after { reportNamesakes(of: after) }
        if configuration.keepsAccounts { accountChanges.saves.add(record.name) }
        if case .link(let connection) = source { accountChanges.heard(of: record.name, from: connection) }
        if change.before != change.after, let before = change.before { ownerChanged(before, change.after) }
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

    /// Whether something in it is from a time that no clock can show: what comes after it would be later still, up to
    /// where nobody can read it.
    private func isFarAhead(_ record: AccountRecord) -> Bool {
        ordering.isFarAhead(record.latestStamp, trust: limits.clockTrust, at: now)
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

    /// Removals before it are forgotten: who was away for longer has to be told anew.
    private var oldestRemoval: Stamp {
        let memory = UInt64(limits.removalMemory.wholeMilliseconds)
        return Stamp(milliseconds: now.wallMilliseconds > memory ? now.wallMilliseconds - memory : 0)
    }

    func forgetOldRemovals() {
        timers[.removals] = now.instant + limits.removalSweep
        for name in accounts.forgetRemovals(before: oldestRemoval) where configuration.keepsAccounts {
            accountChanges.saves.add(name)
        }
    }

    // MARK: Saving

    func saveAccounts() {
        guard accountChanges.saves.isDue else { return }
        let ticket = admission.work.add(.saving)
        let records = accountChanges.saves.begin(ticket, limit: limits.recordsPerSave).map { name in
            accounts.record(of: name) ?? AccountRecord(name: name)
        }
        emit(.persist(ticket, records))
    }

    func persisted(_ ticket: Ticket, failure: String?) {
        guard case .saving? = admission.work.take(ticket), accountChanges.saves.ticket == ticket else {
            return
        }
        guard let failure else {
            if accountChanges.saves.failure != nil { report(.accountsSavedAgain) }
            accountChanges.saves.succeeded()
            return answerForMyself()
        }
        if accountChanges.saves.failure == nil { report(.accountsNotSaved(failure)) }
        timers[.save] = accountChanges.saves.failed(failure, at: now.instant, pauses: limits.savePause)
    }

    /// Whether what is known of a name is on this node's own disk.
    func isSaved(_ name: String) -> Bool { configuration.keepsAccounts && !accountChanges.saves.has(name) }
}
