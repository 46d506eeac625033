// What happens when a link opens: each side sends what the other lacks, in the order of its own log, and then new
// entries (docs/protocol.md#synchronising). One cursor does both, so no entry can be lost in between.

extension Node {
    /// Moves the link's cursor to where the other side lacks entries.
    ///
    /// - Parameter told: what this node had stored when it told the other side.
    func synchronise(_ link: Link, stored: VersionVector, safe: VersionVector, told: Marks) {
        var theirStored = storedMarks(of: stored, on: link)
        var theirSafe = safeMarks(of: safe, on: link)
        for number in leftOut(of: stored) ?? [] {
            theirStored.raise(number, to: log.storedSequence(of: number))
            theirSafe.raise(number, to: log.storedSequence(of: number))
        }
        link.synchronise(stored: theirStored, safe: theirSafe, told: told, until: log.stored)
        moveCursor(of: link)
        introduce(link)
    }

    /// Tells the gaps that lie before what is still here, and puts the cursor behind them.
    private func moveCursor(of link: Link) {
        let start = log.start(forReaderOf: link.sending.passed)
        link.sending.start(at: start)
        for gap in start.gaps {
            link.sending.pass(log.number(of: gap.origin), through: gap.through)
            if link.isNode, mutation != .gapNotTold { tell(gap, on: link) }
        }
    }

    // MARK: Feeding

    /// Sends the entries from the link's cursor on, as far as the link takes them in one turn.
    func feed(_ link: Link) {
        guard !link.sending.isCongested else { return }
        if let total = ordering.total, !link.isNode { return feedBaseServer(link, total) }
        if link.sending.cursor < log.floor { moveCursor(of: link) }
        var burst = 0
        while link.sending.cursor < log.stored {
            guard burst < limits.linkBurstBytes else {
                timers[.continuation] = now.instant
                return
            }
            // Sending continues with the next acknowledgement.
            guard !link.isNode || link.transit.mayGo else { return }
            tellGaps(on: link)
            let position = link.sending.cursor
            let record = log.record(at: position)
            let number = Int(record.number)
            guard link.sending.advance(over: number, record.sequence) else { continue }
            burst += Int(record.length) + 128
            if link.isNode {
                // During synchronisation the hops of an entry don't say which nodes hold it now.
                let hop = link.sending.isSynchronising(at: position) ? 0 : record.hop
                // The record has all that is needed of nearly every entry; `log.content` would copy it.
                let forwarded = ForwardedEntry(
                    position: position, content: record.lineContent ?? log.content(at: position))
                emit(.forward(link.connection, forwarded, hop: hop))
                link.progress.sent(number, record.sequence)
                link.transit.sends(bytes: Int(record.length) + 128, from: position, at: now.instant)
                if mutation == .acknowledgedBeforeStored { link.progress.learn(number, stored: record.sequence) }
            } else if record.visibility == .shown {
                show(ReadableLine(offset: record.offset, length: Int(record.length), isLate: false), toBaseServer: link)
            }
        }
        tellGaps(on: link)
        if link.sending.hasJustSentAll() {
            if link.isNode { send(.synchronised, to: link.connection) }
            if link.isSynchronised, link.role == .parent { compareAccounts(with: link) }
            if link.isSynchronised { compareBans(with: link) }
        }
    }

    private func tellGaps(on link: Link) {
        while let gap = link.sending.takeGapDue() {
            guard link.sending.pass(log.number(of: gap.origin), through: gap.through), link.isNode else { continue }
            tell(gap, on: link)
        }
    }

    /// In pieces that are believed: only what somebody made up is longer than one of them.
    func tell(_ gap: Log.Gap, on link: Link) {
        // Whoever believes everything would be busy with the pieces for ever.
        let longest = mutation == .anyGapBelieved ? .max : limits.gapEntries
        var from = gap.from
        while true {
            let through = gap.through - from < longest ? gap.through : from + longest - 1
            let piece = Log.Gap(origin: gap.origin, from: from, through: through)
            send(.gap(piece, stamp: ordering.total?.greatest ?? .zero), to: link.connection)
            guard through < gap.through else { return }
            from = through + 1
        }
    }

    func receivedSynchronised(_ link: Link) {
        link.receiving.receivedAll()
        // In total order clients are admitted once the fetched entries have been put into order.
        if link.role == .parent, ordering.total == nil { admitParked() }
        if link.isSynchronised, link.role == .parent { compareAccounts(with: link) }
        if link.isSynchronised { compareBans(with: link) }
    }

    // MARK: Gaps

    /// The other side tells of a gap: no node will send these entries.
    ///
    /// - Parameter stamp: none of the entries has a greater one.
    func skip(_ gap: Log.Gap, _ stamp: Stamp, from link: Link) {
        if let ahead = excess(ofStored: stamp) { return refuseStamp(ahead, from: link) }
        if let flaw = flaw(of: gap, from: link) {
            return breakStream(link, flaw)
        }
        guard log.knownNumber(of: gap.origin) != nil || link.rates.mayIntroduceOrigin(at: now.instant) else {
            return breakStream(link, "it tells of gaps of more origins than nodes start")
        }
        ordering.witness(stamp)
        ordering.total?.noteMissing(stamp)
        let number = number(ofHeard: gap.origin)
        link.receivedGap(number, through: gap.through)
        let stored = log.storedSequence(of: number)
        guard gap.through > stored else { return }
        let missed = Log.Gap(origin: gap.origin, from: stored + 1, through: gap.through)
        if number == replication.ownNumber {
            // Whoever believes it passes over what comes next of this node: the numbers go on behind it.
            report(.ownNumbersTaken(link.contact, count: missed.count))
        }
        log.skip(number, to: gap.through)
        report(.gap(missed))
        for other in links where other !== link { other.sending.learnt(of: missed, at: log.stored) }
        replication.learnt(of: missed, number, at: log.stored)
        replication.passGaps(upTo: log.safe)
        if ordering.total != nil { learntInTotalOrder(of: missed) } else { tellClients(of: missed, at: log.stored) }
    }

    /// Why a gap can't be true; nil if it can. A node is the authority on its own entries: those that it has not made
    /// can't be lost. While the tree changes, others may have heard of its latest entries before its neighbours have.
    private func flaw(of gap: Log.Gap, from link: Link) -> String? {
        let number = log.knownNumber(of: gap.origin)
        let stored = number.map { log.storedSequence(of: $0) } ?? 0
        guard gap.through > stored, mutation != .anyGapBelieved else { return nil }
        guard gap.through - stored <= limits.gapEntries, gap.through <= limits.highestSequence else {
            return "it tells of a gap of more entries than a node makes"
        }
        let maker = links.first { $0 !== link && $0.origin == gap.origin }
        guard let maker, let number, gap.through > maker.progress.stored[number] + Limits.gapLead else { return nil }
        return "it tells of a gap in what \(maker.contact.address) has not made"
    }

    // MARK: The idle exchange

    func beginExchange() {
        timers[.idleExchange] = now.instant + limits.idleExchange
        for link in links where link.isNode && link.isSynchronised {
            link.exchange.begin()
            compareEntries(on: link)
            if link.held.lacksReport { askToSayAgain(on: link) }
        }
        compareAccountsIdly()
        compareBansIdly()
    }

    /// Vectors follow all entries that they cover: they are sent on links on which everything has been sent.
    func exchangeVectors() {
        for link in links where link.exchange.isDue && link.sending.isCaughtUp(with: log.stored) {
            var vectors = vectors(isWhole: false)
            if link.exchange.send(naming: vectors.stored.components.count, limit: limits.namedOrigins) {
                vectors = vectorDigests
            }
            send(.vectors(stored: vectors.stored, safe: vectors.safe), to: link.connection)
        }
    }

    /// The other side tells what it has, after it has sent all of it. It must still have what it acknowledged, and what
    /// it sent must have come.
    func heardVectors(stored: VersionVector, safe: VersionVector, on link: Link) {
        if stored.components.isEmpty, stored.leftOut != 0 { return heardDigests(stored: stored, safe: safe, on: link) }
        link.exchange.originsNamed()
        guard !lacks(anythingOf: stored) else {
            return breakStream(link, "something that it has sent has not come")
        }
        for number in log.origins.origins.indices
        where stored[log.origins.origins[number]] < link.progress.stored[number]
            && !(stored.leftOut != 0 && stored[log.origins.origins[number]] == 0 && log.isSuperseded(number))
        {
            return breakStream(link, "it has forgotten what it had acknowledged")
        }
        link.progress.learn(stored: storedMarks(of: stored, on: link), safe: safeMarks(of: safe, on: link))
        link.receiving.isProvedWhole()
        if !link.receiving.hasReceivedAll { receivedSynchronised(link) }
    }
}
