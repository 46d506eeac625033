import DequeModule

/// How many entries this node has accepted that aren't safe yet: they would be lost if it died now.
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

/// Tracks how far each origin is safe here, and how many of this node's own entries aren't.
struct Replication {
    /// The origin number of this life of the node.
    let ownNumber: Int
    /// This node's own entries that aren't safe yet.
    private(set) var queue = QueueSize()
    /// How far each origin is safe here.
    private(set) var safeMarks = Marks()
    /// Gaps that this node learnt of at positions that aren't safe yet: clients that log in now reach them later.
    private var gapsAhead: Deque<(at: LogPosition, number: Int, gap: Log.Gap)> = []

    init(ownNumber: Int) { self.ownNumber = ownNumber }

    /// An entry of this node's own is stored.
    mutating func accepted(bytes: Int) { queue.add(bytes: bytes) }

    /// An entry of this node's own is safe.
    mutating func acceptedIsSafe(bytes: Int) { queue.remove(bytes: bytes) }

    /// The next entry of an origin is safe.
    mutating func becameSafe(_ number: Int, _ sequence: UInt64) { safeMarks.raise(number, to: sequence) }

    /// This node has learnt of a gap.
    ///
    /// - Parameter end: the end of the log: all entries of the origin that it has lie before it.
    mutating func learnt(of gap: Log.Gap, _ number: Int, at end: LogPosition) { gapsAhead.append((end, number, gap)) }

    /// The gaps ahead of a reader that begins at the safe mark, each with the position where it is told.
    func gaps(behind safe: LogPosition) -> [(at: LogPosition, gap: Log.Gap)] {
        gapsAhead.compactMap { $0.at > safe ? ($0.at, $0.gap) : nil }
    }

    var gapCount: Int { gapsAhead.count }

    /// Counts a gap as safe once the entries of its origin that lie before it are safe.
    mutating func passGaps(upTo safe: LogPosition) {
        while let (position, number, gap) = gapsAhead.first, position <= safe {
            gapsAhead.removeFirst()
            safeMarks.raise(number, to: gap.through)
        }
    }
}

// The life of an entry (docs/protocol.md#life-of-a-message): it is stored and replicated before clients are shown it.

extension Node {
    // MARK: Storing

    /// Stores an entry of this node's own, and gives it its sequence.
    func enter(_ body: Entry.Body, from source: AcceptedFrom, stamp: Stamp) {
        let sequence = log.storedSequence(of: replication.ownNumber) + 1
        let entry = Entry(origin: origin, sequence: sequence, stamp: stamp, body: body)
        ordering.witness(stamp)
        let position = append(entry, number: replication.ownNumber, hop: 0, arrival: 0)
        let bytes = queued(log.record(at: position))
        replication.accepted(bytes: bytes)
        backpressure.accepted(bytes: bytes, until: log.stored, at: now.instant)
        ordering.accepted(bytes: bytes)
        switch source {
        case .client: break
        case .change(let check): accounts.changes.entered(check, at: position)
        case .baseServer(let connection):
            // The base protocol floods: what came from a server isn't sent back to it.
            links[connection]?.sending.pass(replication.ownNumber, through: sequence)
        }
    }

    func queued(_ record: Log.Record) -> Int { Int(record.length) + 64 }

    /// An entry came by a link.
    func store(_ entry: Entry, hop: UInt8, from link: Link) {
        let known = log.knownNumber(of: entry.origin)
        let stored = known.map { log.storedSequence(of: $0) } ?? 0
        if link.receiving.isDoubtful, mutation != .gapParked {
            // What could not be read may have been an entry that this one answers: the order would break (P4), and the
            // counts of the acknowledgements too.
            return breakStream(link, "an entry came after something that could not be read")
        }
        if mutation == .gapParked, entry.sequence > stored + 1 {
            log.skip(number(ofHeard: entry.origin), to: entry.sequence - 1)
        }
        let next = known == replication.ownNumber ? stored : stored + 1
        guard entry.sequence > 0, entry.sequence <= next || mutation == .gapParked else {
            // To keep it would leave a hole that nobody closes: the next link sends what is missing before it.
            return breakStream(link, "entry \(entry.sequence) came after \(stored)")
        }
        guard known != nil || link.rates.mayIntroduceOrigin(at: now.instant) else {
            return breakStream(link, "it has entries of more origins than nodes start")
        }
        // An origin that nothing has come of yet is given a number.
        let number = known ?? number(ofHeard: entry.origin)
        link.received(number, entry.sequence)
        guard entry.sequence == log.storedSequence(of: number) + 1 else {
            return compareStored(entry, number, from: link)
        }
        guard isInOrder(entry, number, from: link) else { return }
        ordering.witness(entry.stamp)
        append(entry, number: number, hop: hop == .max ? hop : hop + 1, arrival: link.serial)
    }

    /// Whether a peer's stamp may be followed: it is greater than its origin's last one, and not too far ahead of the
    /// time. A bad entry is refused before it is stored, since whatever is stored goes to all nodes.
    private func isInOrder(_ entry: Entry, _ number: Int, from link: Link) -> Bool {
        if let ahead = excess(ofStored: entry.stamp) {
            refuseStamp(ahead, from: link)
            return false
        }
        guard !ordering.isAboveNewest(entry.stamp, of: number) else { return true }
        breakStream(link, "the stamps of one origin go backwards")
        return false
    }

    @discardableResult
    private func append(_ entry: Entry, number: Int, hop: UInt8, arrival: UInt32) -> LogPosition {
        var visibility = Log.Visibility.shown
        switch entry.body {
        case .activity(let activity):
            guard let key = activity.retry else { break }
            if sessions.duplicates.isRetry(key, by: activity.sender) {
                // In total order clients are shown the copy with the smaller stamp, which may be this one.
                if ordering.total == nil { visibility = .retry }
            } else {
                sessions.stored(key, by: activity.sender, stamp: entry.stamp)
            }
        case .account(let change):
            visibility = .control
            learn(change.record, from: .log)
        }
        let position = log.append(
            entry, number: number, hop: hop, arrival: arrival, visibility: visibility, at: now.instant)
        ordering.stored(entry.stamp, of: number)
        ordering.total?.add(entry, at: position, number: number)
        return position
    }

    // MARK: Acknowledging

    /// Acknowledges entries of this link, if there is anything new.
    func acknowledge(_ link: Link) {
        guard !link.progress.isComplete,
            let acknowledgement = link.progress.acknowledgement(
                safeHere: replication.safeMarks, carriedHere: link.transit.carriedHere,
                confirms: configuration.replicas > 1)
        else { return }
        send(.acknowledge(acknowledgement), to: link.connection)
    }

    func acknowledged(_ acknowledgement: Acknowledgement, on link: Link) {
        let acknowledgement =
            mutation == .anyAcknowledgementCounts ? link.progress.bounded(acknowledgement) : acknowledgement
        guard !link.progress.acknowledged(acknowledgement) else {
            return link.transit.acknowledged(
                stored: acknowledgement.stored, carried: acknowledgement.carried, at: now.instant)
        }
        breakStream(link, "it acknowledges what was not sent")
    }

    // MARK: Safe

    /// How many nodes have to hold an entry before clients see it: k + 1, or all nodes if there are fewer.
    var copiesNeeded: Int { min(configuration.replicas + 1, componentSize) }

    /// Moves the safe mark over all entries that are known to be held by enough nodes.
    func advanceSafe() {
        guard !failureDetection.waitsAlone else { return }
        defer { replication.passGaps(upTo: log.safe) }
        let needed = copiesNeeded
        while log.safe < log.stored {
            let record = log.record(at: log.safe)
            let number = Int(record.number)
            var isSafeElsewhere = false
            var holders = 1
            for link in links where link.isNode {
                if link.progress.safe[number] >= record.sequence { isSafeElsewhere = true }
                if link.progress.stored[number] >= record.sequence { holders += 1 }
            }
            // Every node on the entry's way has stored it. The two counts can't be added: the tree may have changed,
            // and a node on the way may be a neighbour now.
            let copies = max(Int(record.hop) + 1, holders)
            guard copies >= needed || isSafeElsewhere else { return }
            let position = log.safe
            _ = log.passSafe(copies: copies)
            becameSafe(record, at: position)
        }
    }

    private func becameSafe(_ record: Log.Record, at position: LogPosition) {
        replication.becameSafe(Int(record.number), record.sequence)
        guard record.arrival == 0 else { return }
        replication.acceptedIsSafe(bytes: queued(record))
        while let check = accounts.changes.nextSafe(upTo: position) { becameSafe(check) }
    }
}
