import DequeModule

// What happens when a link opens: each side sends what the other lacks, in the order of its own log, and then goes on
// with what is new (docs/protocol.md#synchronising). One cursor does both, so nothing can fall in between.

extension Node {
    /// Places the link's cursor where the other side's knowledge ends.
    ///
    /// - Parameter told: what this node had stored when it told the other side.
    func synchronise(_ link: Link, stored: VersionVector, safe: VersionVector, told: Marks) {
        take(stored, into: &link.peerStored)
        take(safe, into: &link.peerSafe)
        for number in leftOut(of: stored) ?? [] {
            link.peerStored.raise(number, to: log.storedSequence(of: number))
            link.peerSafe.raise(number, to: log.storedSequence(of: number))
        }
        link.passed = link.peerStored
        link.held = link.peerStored
        link.toldHeld = told
        link.synchroniseUntil = log.stored
        placeCursor(of: link)
        introduce(link)
    }

    func take(_ vector: VersionVector, into marks: inout Marks) {
        for component in vector.components {
            let number = log.number(of: component.origin)
            // Nobody can have more of this node's own entries than it has made.
            let sequence =
                number == replication.ownNumber
                ? min(component.sequence, log.storedSequence(of: number)) : component.sequence
            marks.raise(number, to: sequence)
        }
    }

    /// Tells the gaps that lie before what is still here, and puts the cursor behind them.
    private func placeCursor(of link: Link) {
        let start = log.start(forReaderOf: link.passed)
        link.cursor = start.position
        // What is still to be told on this link stands among them.
        link.gapsToTell = Deque(start.later)
        for gap in start.gaps {
            link.passed.raise(log.number(of: gap.origin), to: gap.through)
            if link.isNode, mutation != .gapNotTold { tell(gap, on: link) }
        }
    }

    // MARK: Feeding

    /// Sends what lies before the link's cursor, as far as the link takes it in one turn.
    func feed(_ link: Link) {
        guard !link.isCongested else { return }
        if let total = ordering.total, !link.isNode { return feedLeaf(link, total) }
        if link.cursor < log.floor { placeCursor(of: link) }
        var burst = 0
        while link.cursor < log.stored {
            guard burst < limits.linkBurstBytes else {
                timers[.continuation] = now.instant
                return
            }
            tellGaps(on: link)
            let position = link.cursor
            let record = log.record(at: position)
            link.cursor = position.next
            let number = Int(record.number)
            guard link.passed.raise(number, to: record.sequence) else { continue }
            burst += Int(record.length) + 128
            if link.isNode {
                // While synchronising the hops of an entry don't say who holds it now.
                let hop = position < link.synchroniseUntil ? 0 : record.hop
                emit(.forward(link.connection, log.forwarded(at: position), hop: hop))
                link.sent.append(.init(number: number, sequence: record.sequence))
                if mutation == .acknowledgedBeforeStored { link.peerStored.raise(number, to: record.sequence) }
            } else if record.visibility == .shown {
                show(ReadableLine(offset: record.offset, length: Int(record.length), isLate: false), toLeaf: link)
            }
        }
        tellGaps(on: link)
        if !link.hasSentAll, link.cursor >= link.synchroniseUntil {
            link.hasSentAll = true
            if link.isNode { send(.synchronised, to: link.connection) }
            if link.isSynchronised, link.role == .parent { compareAccounts(with: link) }
        }
    }

    private func tellGaps(on link: Link) {
        while let (position, gap) = link.gapsToTell.first, position <= link.cursor {
            link.gapsToTell.removeFirst()
            guard link.passed.raise(log.number(of: gap.origin), to: gap.through), link.isNode else { continue }
            tell(gap, on: link)
        }
    }

    private func tell(_ gap: Log.Gap, on link: Link) {
        send(.gap(gap, stamp: ordering.total?.greatest ?? .zero), to: link.connection)
    }

    func receivedSynchronised(_ link: Link) {
        link.hasReceivedAll = true
        // In total order clients are let in once what was fetched has been put into its order.
        if link.role == .parent, ordering.total == nil { admitParked() }
        if link.isSynchronised, link.role == .parent { compareAccounts(with: link) }
    }

    // MARK: Gaps

    /// The other side no longer has what comes next of an origin, and nobody will send it.
    ///
    /// - Parameter stamp: none of it has a greater one.
    func skip(_ gap: Log.Gap, _ stamp: Stamp, from link: Link) {
        if let ahead = excess(ofStored: stamp) { return refuseStamp(ahead, from: link) }
        ordering.clock.witness(stamp)
        ordering.total?.noteMissing(stamp)
        let number = log.number(of: gap.origin)
        // Whoever passes a gap on may not have heard yet that this node has made these entries; it can't have lost
        // others.
        guard number != replication.ownNumber || gap.through <= log.storedSequence(of: number) else {
            report(.streamBroken(link.contact, detail: "it tells of a gap in this node's own entries"))
            return lose(link, why: .broken)
        }
        link.passed.raise(number, to: gap.through)
        link.peerStored.raise(number, to: gap.through)
        let stored = log.storedSequence(of: number)
        guard gap.through > stored else { return }
        let missed = Log.Gap(origin: gap.origin, from: stored + 1, through: gap.through)
        log.skip(number, to: gap.through)
        report(.gap(missed))
        for other in links where other !== link { other.gapsToTell.append((log.stored, missed)) }
        replication.gapsAhead.append((log.stored, missed))
        passGapsAhead()
        if ordering.total != nil { learntInTotalOrder(of: missed) } else { tellClients(of: missed, at: log.stored) }
    }

    /// A gap counts as safe once all is safe that this node has of the origin before it.
    func passGapsAhead() {
        while let (position, gap) = replication.gapsAhead.first, position <= log.safe {
            replication.gapsAhead.removeFirst()
            replication.safeMarks.raise(log.number(of: gap.origin), to: gap.through)
        }
    }

    // MARK: The idle exchange

    func beginExchange() {
        timers[.idleExchange] = now.instant + limits.idleExchange
        for link in links where link.isNode && link.isSynchronised {
            link.isExchangeDue = true
            link.hasNamedOrigins = false
            if link.lacksWhatIsHeld { askToSayAgain(on: link) }
        }
        compareAccountsIdly()
    }

    /// Vectors follow all that they cover: they go to links to which everything has been sent.
    func exchangeVectors() {
        for link in links where link.isExchangeDue && link.cursor == log.stored && link.gapsToTell.isEmpty {
            link.isExchangeDue = false
            var vectors = vectors(isWhole: false)
            link.hasSentDigest = vectors.stored.components.count > limits.namedOrigins && !link.namesOrigins
            if link.hasSentDigest { vectors = vectorDigests }
            link.hasNamedOrigins = link.hasNamedOrigins || link.namesOrigins
            link.namesOrigins = false
            send(.vectors(stored: vectors.stored, safe: vectors.safe), to: link.connection)
        }
    }

    /// The other side says all it has, and has sent all of it. What it acknowledged it must still have, and what it
    /// sent must have come.
    func compare(stored: VersionVector, safe: VersionVector, with link: Link) {
        if stored.components.isEmpty, stored.leftOut != 0 { return compare(digests: stored, safe, with: link) }
        if link.hasSentDigest {
            link.hasSentDigest = false
            link.isExchangeDue = true
            link.namesOrigins = true
        }
        for component in stored.components
        where log.storedSequence(of: log.number(of: component.origin)) < component.sequence {
            report(.streamBroken(link.contact, detail: "something that it has sent has not come"))
            return lose(link, why: .broken)
        }
        for number in log.origins.origins.indices
        where stored[log.origins.origins[number]] < link.peerStored[number]
            && !(stored.leftOut != 0 && stored[log.origins.origins[number]] == 0 && log.isSuperseded(number))
        {
            report(.streamBroken(link.contact, detail: "it has forgotten what it had acknowledged"))
            return lose(link, why: .broken)
        }
        take(stored, into: &link.peerStored)
        take(safe, into: &link.peerSafe)
        // Nothing that it sent is missing, whatever could not be read.
        link.isDoubtful = false
        if !link.hasReceivedAll { receivedSynchronised(link) }
    }
}
