/// The entries that this node accepted and that aren't safe yet: what would be lost if it died now.
struct QueueSize {
    private(set) var count = 0
    private(set) var bytes = 0

    mutating func add(bytes added: Int) {
        count += 1
        bytes += added
    }

    mutating func remove(bytes removed: Int) {
        count -= 1
        bytes -= removed
    }
}

// The life of an entry (docs/protocol.md#life-of-a-message): it is stored and replicated before clients are shown it.

extension Node {
    // MARK: Storing

    /// Stores an entry of this node's own, which gets its number now.
    func enter(_ body: Entry.Body, from source: AcceptedFrom, stamp: Stamp) {
        let sequence = log.storedSequence(of: replication.ownNumber) + 1
        let entry = Entry(origin: origin, sequence: sequence, stamp: stamp, body: body)
        ordering.clock.witness(stamp)
        let position = append(entry, number: replication.ownNumber, hop: 0, arrival: 0)
        let bytes = queued(log.record(at: position))
        replication.queue.add(bytes: bytes)
        if ordering.total != nil { ordering.undelivered.add(bytes: bytes) }
        switch source {
        case .client: break
        case .change(let vouch): accountChanges.unsafe.append((position, vouch))
        case .leaf(let connection):
            // It expects a flood: what came from there does not go back.
            links[connection]?.passed.raise(replication.ownNumber, to: sequence)
        }
    }

    func queued(_ record: Log.Record) -> Int { Int(record.length) + 64 }

    /// An entry came by a link.
    func store(_ entry: Entry, hop: UInt8, from link: Link) {
        let number = log.number(of: entry.origin)
        let stored = log.storedSequence(of: number)
        if link.isDoubtful, mutation != .gapParked {
            // What could not be read may have been an entry that this one answers: the order would break (P4), and the
            // counts of the acknowledgements too.
            report(.streamBroken(link.contact, detail: "an entry came after something that could not be read"))
            return lose(link, why: .broken)
        }
        if mutation == .gapParked, entry.sequence > stored + 1 { log.skip(number, to: entry.sequence - 1) }
        guard entry.sequence <= log.storedSequence(of: number) + (number == replication.ownNumber ? 0 : 1),
            entry.sequence > 0
        else {
            // Parking it would be a hole that nobody closes: the link begins anew instead.
            report(.streamBroken(link.contact, detail: "entry \(entry.sequence) came after \(stored)"))
            return lose(link, why: .broken)
        }
        link.receivedCount += 1
        link.passed.raise(number, to: entry.sequence)
        link.peerStored.raise(number, to: entry.sequence)
        link.received.append(.init(number: number, sequence: entry.sequence))
        guard entry.sequence == log.storedSequence(of: number) + 1 else { return }
        guard isInOrder(entry, number, from: link) else { return }
        ordering.clock.witness(entry.stamp)
        append(entry, number: number, hop: hop == .max ? hop : hop + 1, arrival: link.serial)
    }

    /// Whether a peer's stamp may be followed: it is above its origin's last one, and not too far ahead of the time. It
    /// is refused before it is stored, since whatever is stored goes to everybody.
    private func isInOrder(_ entry: Entry, _ number: Int, from link: Link) -> Bool {
        if let ahead = excess(ofStored: entry.stamp) {
            refuseStamp(ahead, from: link)
            return false
        }
        guard number < ordering.newestStamps.count, entry.stamp <= ordering.newestStamps[number] else { return true }
        report(.streamBroken(link.contact, detail: "the stamps of one origin go backwards"))
        lose(link, why: .broken)
        return false
    }

    @discardableResult
    private func append(_ entry: Entry, number: Int, hop: UInt8, arrival: UInt32) -> LogPosition {
        var visibility = Log.Visibility.shown
        switch entry.body {
        case .activity(let activity):
            guard let key = activity.retry else { break }
            if sessions.duplicates.isRetry(key, by: activity.sender) {
                // In total order the copy with the smaller stamp is shown, which may be this one.
                if ordering.total == nil { visibility = .retry }
            } else {
                sessions.duplicates.record(key, by: activity.sender, stamp: entry.stamp)
            }
        case .account(let change):
            visibility = .control
            learn(change.record, from: .log)
        }
        let position = log.append(
            entry, number: number, hop: hop, arrival: arrival, visibility: visibility, at: now.instant)
        while ordering.newestStamps.count <= number { ordering.newestStamps.append(.zero) }
        ordering.newestStamps[number] = entry.stamp
        ordering.total?.add(entry, at: position, number: number)
        return position
    }

    // MARK: Acknowledging

    /// Tells the other side what has become of the entries on this link, if anything has.
    func acknowledge(_ link: Link) {
        while let item = link.received.first, replication.safeMarks[item.number] >= item.sequence {
            link.received.removeFirst()
            link.receivedSafe += 1
        }
        while link.confirmed - link.sentBefore < UInt64(link.sent.count),
            case let item = link.sent[Int(link.confirmed - link.sentBefore)],
            replication.safeMarks[item.number] >= item.sequence
        {
            link.confirmed += 1
        }
        // With up to two copies whoever receives an entry knows by its hops that it is safe; and what the other side
        // has said to be safe needs no confirming either.
        let confirms = configuration.replicas > 1 && link.confirmed > max(link.toldConfirmed, link.sentBefore)
        guard link.receivedCount > link.toldStored || link.receivedSafe > link.toldSafe || confirms else { return }
        link.toldStored = link.receivedCount
        link.toldSafe = link.receivedSafe
        link.toldConfirmed = link.confirmed
        send(
            .acknowledge(.init(stored: link.receivedCount, safe: link.receivedSafe, confirmed: link.confirmed)),
            to: link.connection)
    }

    func acknowledged(_ acknowledgement: Acknowledgement, on link: Link) {
        let sent = link.sentBefore + UInt64(link.sent.count)
        guard acknowledgement.stored <= sent, acknowledgement.safe <= acknowledgement.stored,
            acknowledgement.confirmed <= link.receivedCount
        else {
            report(.streamBroken(link.contact, detail: "it acknowledges what was not sent"))
            return lose(link, why: .broken)
        }
        while link.acknowledged < acknowledgement.stored {
            let item = link.sent[Int(link.acknowledged - link.sentBefore)]
            link.peerStored.raise(item.number, to: item.sequence)
            link.acknowledged += 1
        }
        while link.sentBefore < acknowledgement.safe {
            let item = link.sent.removeFirst()
            link.peerSafe.raise(item.number, to: item.sequence)
            link.sentBefore += 1
        }
        link.confirmed = max(link.confirmed, link.sentBefore)
        if acknowledgement.confirmed > link.receivedSafe {
            for item in link.received.prefix(Int(acknowledgement.confirmed - link.receivedSafe)) {
                link.peerSafe.raise(item.number, to: item.sequence)
            }
        }
    }

    // MARK: Safe

    /// How many nodes have to hold an entry before clients see it: k + 1, or all there are.
    var copiesNeeded: Int { min(configuration.replicas + 1, componentSize) }

    /// Moves the safe mark over every entry that is known to be held by enough nodes.
    func advanceSafe() {
        guard !failureDetection.waitsAlone else { return }
        defer { passGapsAhead() }
        let needed = copiesNeeded
        while log.safe < log.stored {
            let record = log.record(at: log.safe)
            let number = Int(record.number)
            var isSafeElsewhere = false
            var holders = 1
            for link in links where link.isNode {
                if link.peerSafe[number] >= record.sequence { isSafeElsewhere = true }
                if link.peerStored[number] >= record.sequence { holders += 1 }
            }
            // Every node on the way here has stored it. The two counts can't be added: the tree may have changed, and
            // who was on the way then may be a neighbour now.
            let copies = max(Int(record.hop) + 1, holders)
            guard copies >= needed || isSafeElsewhere else { return }
            let position = log.safe
            _ = log.passSafe(copies: copies)
            becameSafe(record, at: position)
        }
    }

    private func becameSafe(_ record: Log.Record, at position: LogPosition) {
        replication.safeMarks.raise(Int(record.number), to: record.sequence)
        guard record.arrival == 0 else { return }
        replication.queue.remove(bytes: queued(record))
        while let first = accountChanges.unsafe.first, first.position <= position {
            accountChanges.unsafe.removeFirst()
            vouch(first.check)
        }
    }
}
