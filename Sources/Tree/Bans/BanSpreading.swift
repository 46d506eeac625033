// How bans get to every node, and to its disk (docs/protocol.md#bans). Whoever makes one tells its neighbours, and each
// tells the others. What a link missed is found when it opens, and then idly: a node that has records shows their sum,
// a neighbour that has others answers with the digests of its own, and each sends what the other lacks. There are few
// of them, so no tree of sums is needed as for accounts. A node without any says nothing.

extension Node {
    // MARK: Learning

    /// Merges a record into this node's bans, and ends the sessions that it keeps out.
    ///
    /// - Parameter link: by which it came; nil if it was made here.
    func learn(_ record: BanRecord, from link: ConnectionID?) {
        guard record.version.stamp <= Limits.highestVersion else {
            return report(.badFrame(nil, info: "a ban's version leaves no room for later ones: it is passed over"))
        }
        let now = networkMilliseconds
        guard !record.isOver(at: now, memory: banMemory) else { return }
        let wasBanned = bans[record.target]?.stands(at: now) == true
        guard bans.merge(record) else { return }
        bansChanged()
        bans.noteNews(of: record.target, from: link)
        if record.stands(at: now) {
            report(.banned(record, isHere: link == nil))
            bans.needEnforcing()
        } else if wasBanned, record.isLifted {
            report(.unbanned(record.target, isHere: link == nil))
        }
    }

    private func bansChanged() {
        if configuration.keepsAccounts { bans.saving.changed() }
        let now = networkMilliseconds
        let next = bans.nextEnd(after: now).map { end in
            // Times are compared by the network's clock, which may advance in another way than this node's.
            self.now.instant + min(limits.removalSweep, .milliseconds(Int64(clamping: end - now + 1)))
        }
        if let next { timers.set(.bans, noLaterThan: next) } else { timers[.bans] = nil }
    }

    /// For how long a record is remembered that takes another one's place, in milliseconds.
    var banMemory: UInt64 { UInt64(limits.removalMemory.wholeMilliseconds) }

    /// A ban may have ended.
    func forgetOverBans() {
        guard !bans.isEmpty else { return }
        if bans.forgetOver(at: networkMilliseconds, memory: banMemory) {
            bansChanged()
        } else if let end = bans.nextEnd(after: networkMilliseconds) {
            let rest = Duration.milliseconds(Int64(clamping: end - networkMilliseconds + 1))
            timers.set(.bans, noLaterThan: now.instant + min(limits.removalSweep, rest))
        }
    }

    // MARK: Saving

    func saveBans() {
        guard configuration.keepsAccounts, bans.saving.isDue(at: now.instant) else { return }
        let ticket = admission.work.add(.savingBans)
        bans.saving.begin(ticket)
        emit(.persistBans(ticket, bans.sorted))
    }

    func persistedBans(_ ticket: Ticket, failure: String?) {
        guard case .savingBans? = admission.work.take(ticket) else { return }
        let hadFailed = bans.saving.failure != nil
        if let next = bans.saving.ended(ticket, failure, at: now.instant, pauses: limits.savePause) {
            if !hadFailed { report(.bansNotSaved(failure ?? "")) }
            return timers.set(.saveBans, noLaterThan: next)
        }
        if hadFailed { report(.bansSavedAgain) }
        answerForSavedBans()
    }

    // MARK: Telling

    private func takesBans(_ link: Link) -> Bool { link.isNode && link.versions.newest >= WireVersions.bans }

    /// Tells neighbours what this node has learnt in this turn.
    func spreadBans() {
        if bans.hasNews { tellNews() }
        for link in links where link.isToCompareBans && !link.sending.isCongested {
            link.isToCompareBans = false
            // Also without any: the other side may have shown some at a moment when this one could not ask for them.
            send(.compareBans(sum: bans.digest), to: link.connection)
        }
    }

    private func tellNews() {
        let dropped = bans.forgetOldest(beyond: limits.bans * 2)
        if dropped > 0 { report(.bansForgotten(count: dropped)) }
        let news = bans.takeNews()
        for link in links where takesBans(link) {
            guard !link.sending.isCongested else {
                compareBans(with: link)
                continue
            }
            let targets = news.filter { $0.from != link.connection }.map(\.target)
            send(targets.compactMap { bans[$0] }, to: link)
        }
    }

    /// Shows a neighbour the sum of this node's bans, if it has any, as soon as the link can take it.
    func compareBans(with link: Link) {
        guard takesBans(link), !bans.isEmpty, mutation != .bansNotCompared else { return }
        guard !link.sending.isCongested else { return link.isToCompareBans = true }
        send(.compareBans(sum: bans.digest), to: link.connection)
    }

    func compareBansIdly() {
        for link in links where link.isSynchronised { compareBans(with: link) }
    }

    /// A neighbour shows the sum of its bans.
    func compare(bans sum: UInt64, with link: Link) {
        guard sum != bans.digest, mayGoThroughBans(for: link) else { return }
        send(.comparedBans(bans.digests), to: link.connection)
    }

    /// A neighbour has other bans than this node: these.
    func compared(_ theirs: [UInt64], with link: Link) {
        guard mayGoThroughBans(for: link) else { return }
        send(bans.records(among: theirs, areThere: false), to: link)
        let mine = Set(bans.digests)
        let lacking = theirs.filter { !mine.contains($0) }
        if !lacking.isEmpty { send(.fetchBans(lacking), to: link.connection) }
    }

    func fetchBans(_ digests: [UInt64], for link: Link) {
        guard mayGoThroughBans(for: link) else { return }
        send(bans.records(among: digests, areThere: true), to: link)
    }

    /// Whether a neighbour takes what it asks for, and doesn't ask faster than it is worth. What it isn't answered it
    /// asks again idly. It may come at a bad moment each time, so this node compares itself once the link can take it.
    private func mayGoThroughBans(for link: Link) -> Bool {
        if link.sending.isCongested {
            link.isToCompareBans = takesBans(link) && mutation != .bansNotCompared
            return false
        }
        return link.rates.mayFetch(1 + bans.count, at: now.instant)
    }

    private func send(_ records: [BanRecord], to link: Link) {
        var rest = records[...]
        while !rest.isEmpty {
            send(.bans(Array(rest.prefix(limits.recordsPerMessage))), to: link.connection)
            rest = rest.dropFirst(limits.recordsPerMessage)
        }
    }

    func received(_ records: [BanRecord], on link: Link) {
        for record in records { learn(record, from: link.connection) }
    }
}

extension Node {
    /// A checksum of all bans: two nodes with equal ones agree.
    package var bansDigest: UInt64 { bans.digest }

    /// What is known of a target; nil for nothing.
    package func banRecord(of target: BanTarget) -> BanRecord? { bans[target] }
}
