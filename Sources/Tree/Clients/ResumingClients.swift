import DequeModule

/// Decides which resuming clients still catch up, which one is fed next, and what the others wait for.
///
/// A client that has got everything rests. It isn't looked at until something happens that it waits for:
///
/// ```
///            came further, or has a gap to tell, or takes bytes again
///            ┌───────────────────────────────────────────┐
///            ▼                                           │
///   ──▶ ready ──(fed)──▶ done, or ready again, or ──▶ resting
/// ```
struct ResumingClients {
    private var resumes: [ConnectionID: Resume] = [:]
    /// Clients that followed the lines until there was a gap to tell, and the gaps. The runner hasn't said yet how far
    /// they are.
    private var stopping: [ConnectionID: [(at: LogPosition, gap: Log.Gap)]] = [:]
    /// Clients to feed, in order. Clients that are gone are skipped.
    private var ready: Deque<ConnectionID> = []
    /// Clients that have got everything until this node shows more. Clients that are gone are skipped.
    private var resting: Deque<ConnectionID> = []
    /// Counts how often the resting clients were woken together, so that each is in `resting` once.
    private var rest = 0
    /// How far entries were shown when they were woken last.
    private var restedAt: LogPosition?
    /// In total order: clients that rest until delivery has passed what they saw. The least key comes last.
    private var restingForOrder: [(key: OrderKey, connection: ConnectionID)] = []
    /// When each client began to resume. Clients that are gone are skipped.
    private var begun: Deque<(at: Instant, connection: ConnectionID)> = []
    /// Clients that aren't read from until this node has what they saw. Clients that no longer wait are skipped.
    private var waiting: [ConnectionID] = []
    /// Clients that take nothing of what they are sent.
    private var congested: [ConnectionID] = []
    /// How many clients have gone since the lists were last cleaned.
    private var gone = 0
    /// How many origins are remembered for all of them.
    private(set) var rememberedOrigins = 0
    /// How often a client was looked at to feed it. Tests check that resting clients aren't.
    private(set) var looks = 0
    private var missedEntries = MissedByClients()
    /// The last answer of `followed`. Most clients that follow the lines are at the same position.
    private var lastFollowed: (position: LogPosition, gaps: [Log.Gap], passed: Marks)?
    /// The open question to the tree; nil for none.
    private var heldQuestion: HeldQuestion?
    /// The clients that it is asked for.
    private var askedFor: [ConnectionID] = []
    private(set) var nextHeldQuestion = Instant(nanoseconds: 0)

    var isEmpty: Bool { resumes.isEmpty }
    var count: Int { resumes.count }
    var hasReady: Bool { !ready.isEmpty }
    /// How many clients take nothing of what they are sent.
    var congestedCount: Int { congested.count }

    subscript(connection: ConnectionID) -> Resume? { resumes[connection] }

    // MARK: Coming and going

    /// A client resumes.
    ///
    /// - Parameter isCongested: whether it takes nothing of what it is sent.
    mutating func began(_ resume: Resume, of connection: ConnectionID, isCongested: Bool = false, at now: Instant) {
        resumes[connection] = resume
        ready.append(connection)
        begun.append((now, connection))
        rememberedOrigins += resume.seen.components.count
        if resume.waitsUntil != nil { waiting.append(connection) }
        if isCongested { _ = congestion(true, of: connection, at: now) }
    }

    /// A client that follows the lines is to be told of gaps.
    mutating func stopsFollowing(_ connection: ConnectionID) { stopping[connection] = [] }

    /// The runner has said how far a client is that followed the lines.
    ///
    /// - Returns: the gaps that it is to be told of; nil if it hasn't followed them.
    mutating func takeStopped(_ connection: ConnectionID) -> [(at: LogPosition, gap: Log.Gap)]? {
        stopping.removeValue(forKey: connection)
    }

    /// How far a client has each origin, if it has followed the lines up to a position and was told of none of these
    /// gaps.
    ///
    /// - Parameter passed: finds that out, which takes a step for each origin. It is called once for all clients that
    ///   are at the same position.
    mutating func followed(to position: LogPosition, before gaps: [Log.Gap], passed: () -> Marks) -> Marks {
        if let last = lastFollowed, last.position == position, last.gaps == gaps { return last.passed }
        let passed = passed()
        lastFollowed = (position, gaps, passed)
        return passed
    }

    /// The connection of a client is gone.
    mutating func left(_ connection: ConnectionID) {
        stopping[connection] = nil
        guard let resume = resumes.removeValue(forKey: connection) else { return }
        ended(connection, resume)
    }

    private mutating func ended(_ connection: ConnectionID, _ resume: Resume) {
        rememberedOrigins -= resume.seen.components.count
        if resume.congestedSince != nil { congested.removeAll { $0 == connection } }
        gone += 1
        // Thousands may go at once, and to search the lists for each would take long.
        guard gone > resumes.count + 64 else { return }
        gone = 0
        ready.removeAll { resumes[$0] == nil }
        resting.removeAll { resumes[$0] == nil }
        restingForOrder.removeAll { resumes[$0.connection] == nil }
        begun.removeAll { resumes[$0.connection] == nil }
        waiting.removeAll { resumes[$0] == nil }
    }

    // MARK: Bounds

    /// Forgets what some clients have seen: clients that began so long ago that no node still brings it, and, while too
    /// many origins are remembered, the client that names most.
    ///
    /// - Parameters:
    ///   - memory: for how long it is remembered.
    ///   - limit: how many origins may be remembered for all clients together.
    /// - Returns: clients that lose it because of the limit, and clients that were waiting and can now be read from.
    mutating func forget(
        at now: Instant, after memory: Duration, beyond limit: Int
    ) -> (tooMuch: [ConnectionID], waited: [ConnectionID]) {
        var (tooMuch, waited): ([ConnectionID], [ConnectionID]) = ([], [])
        while let first = begun.first, first.at + memory <= now {
            begun.removeFirst()
            forget(first.connection, &waited)
        }
        while rememberedOrigins > limit {
            let greatest = resumes.max {
                ($0.value.seen.components.count, $0.key) < ($1.value.seen.components.count, $1.key)
            }
            guard let greatest, !greatest.value.seen.components.isEmpty else { break }
            tooMuch.append(greatest.key)
            forget(greatest.key, &waited)
        }
        return (tooMuch, waited)
    }

    private mutating func forget(_ connection: ConnectionID, _ waited: inout [ConnectionID]) {
        guard resumes[connection] != nil else { return }
        rememberedOrigins -= resumes[connection]!.seen.components.count
        resumes[connection]!.forget()
        if resumes[connection]!.stopWaiting() { waited.append(connection) }
        wake(connection)
    }

    // MARK: Catching up

    /// A turn ends: clients whose event has happened become ready.
    ///
    /// - Parameters:
    ///   - shown: the end of the entries that clients are shown.
    ///   - hasPassed: whether delivery has passed a key.
    /// - Returns: how many clients are ready.
    mutating func wake(at shown: LogPosition, hasPassed: (OrderKey) -> Bool = { _ in true }) -> Int {
        while let next = restingForOrder.last, hasPassed(next.key) {
            restingForOrder.removeLast()
            resumes[next.connection]?.restsForOrder = false
            wake(next.connection)
        }
        if restedAt != shown {
            restedAt = shown
            rest += 1
            if ready.isEmpty { swap(&ready, &resting) } else { ready.append(contentsOf: resting) }
            resting.removeAll(keepingCapacity: true)
        }
        return ready.count
    }

    private mutating func wake(_ connection: ConnectionID) {
        guard resumes[connection]?.isWoken == false else { return }
        resumes[connection]!.isWoken = true
        ready.append(connection)
    }

    /// Takes the next ready client out; `fed` puts it back. Meanwhile the caller alone holds its state. A client that
    /// takes nothing isn't fed, and becomes ready again when it takes something.
    mutating func takeNext() -> (connection: ConnectionID, resume: Resume)? {
        guard let connection = ready.popFirst() else { return nil }
        looks += 1
        guard var resume = resumes[connection] else { return nil }
        resume.isWoken = false
        guard resume.congestedSince == nil else {
            resumes[connection] = resume
            return nil
        }
        resumes[connection] = nil
        return (connection, resume)
    }

    enum Feeding: Equatable {
        /// The client follows the log from now on.
        case isDone
        /// There is more to send to it.
        case hasMore
        /// It has got everything.
        case rests
        /// It has got everything, and waits until delivery has passed what it saw.
        case restsUntilPassed(OrderKey)
    }

    /// A client was fed.
    mutating func fed(_ connection: ConnectionID, _ resume: Resume, _ feeding: Feeding) {
        var resume = resume
        switch feeding {
        case .isDone: return ended(connection, resume)
        case .hasMore: ready.append(connection)
        case .rests: break
        case .restsUntilPassed(let key):
            guard !resume.restsForOrder else { break }
            resume.restsForOrder = true
            let place = restingForOrder.firstIndex { $0.key < key } ?? restingForOrder.endIndex
            restingForOrder.insert((key, connection), at: place)
        }
        if feeding != .hasMore, resume.restsIn != rest {
            resume.restsIn = rest
            resting.append(connection)
        }
        resumes[connection] = resume
    }

    /// The node has learnt of a gap. The client is told when it has come to this position.
    mutating func learnt(of gap: Log.Gap, at position: LogPosition, for connection: ConnectionID) {
        stopping[connection]?.append((position, gap))
        resumes[connection]?.gapsToTell.append((position, gap))
        wake(connection)
    }

    /// A client lacks entries that no node keeps any more.
    mutating func missed(_ gap: Log.Gap, of connection: ConnectionID) {
        missedEntries.add(gap, of: connection)
    }

    /// The notice about missed entries to report now; nil for none.
    mutating func noticeOfMissed(at now: Instant, pause: Duration) -> Notice? {
        missedEntries.notice(at: now, pause: pause)
    }

    // MARK: Stalled clients

    /// A client takes nothing of what it is sent, or takes it again.
    ///
    /// - Returns: whether it is a resuming client.
    mutating func congestion(_ isCongested: Bool, of connection: ConnectionID, at now: Instant) -> Bool {
        guard let resume = resumes[connection] else { return false }
        if resume.congestedSince != nil { congested.removeAll { $0 == connection } }
        if isCongested { congested.append(connection) }
        resumes[connection]!.congestedSince = isCongested ? now : nil
        if !isCongested { wake(connection) }
        return true
    }

    /// Clients that have taken nothing for too long, and when the next one will have.
    func stalled(at now: Instant, patience: Duration) -> (late: [ConnectionID], next: Instant?) {
        var late: [ConnectionID] = []
        var next: Instant?
        for connection in congested {
            guard let since = resumes[connection]?.congestedSince else { continue }
            if since + patience <= now {
                late.append(connection)
            } else {
                next = min(next ?? since + patience, since + patience)
            }
        }
        return (late, next)
    }

    // MARK: Waiting for entries that they saw

    private func isWaiting(_ connection: ConnectionID) -> Bool { resumes[connection]?.waitsUntil != nil }

    /// Ends the wait of clients whose time is over.
    ///
    /// - Returns: these clients, and when to check again.
    mutating func stopWaiting(at now: Instant) -> (ended: [ConnectionID], next: Instant?) {
        var ended: [ConnectionID] = []
        var next: Instant?
        for connection in waiting {
            guard let until = resumes[connection]?.waitsUntil else { continue }
            if until <= now {
                resumes[connection]!.waitsUntil = nil
                ended.append(connection)
            } else {
                let due = nextHeldQuestion > now ? min(until, nextHeldQuestion) : until
                next = min(next ?? due, due)
            }
        }
        waiting.removeAll { resumes[$0]?.waitsUntil == nil }
        return (ended, next)
    }

    /// Whether a client waits, and the tree may be asked again.
    mutating func mayAskTree(at now: Instant) -> Bool {
        guard heldQuestion == nil, now >= nextHeldQuestion else { return false }
        while let last = waiting.last, !isWaiting(last) { waiting.removeLast() }
        return !waiting.isEmpty
    }

    /// What some waiting clients have seen and this node lacks; nil for nothing. Clients that name few origins come
    /// first, so that a client that invents thousands delays no other.
    ///
    /// - Parameters:
    ///   - limit: how many origins one question may name.
    ///   - looks: how many components may be read for one question.
    mutating func wantedOfTree(limit: Int, looks: Int) -> VersionVector? {
        let all = waiting.compactMap { connection in
            resumes[connection].flatMap { $0.waitsUntil == nil ? nil : (count: $0.ahead.count, connection) }
        }
        var wanted: [Origin: UInt64] = [:]
        var left = looks
        askedFor = []
        for (count, connection) in all.sorted(by: { $0.count < $1.count }) {
            guard askedFor.isEmpty || left >= count else { break }
            left -= count
            let ahead = resumes[connection]!.ahead
            let isNew = wanted.count + count > limit
            if isNew, wanted.count + ahead.count(where: { wanted[$0.origin] == nil }) > limit { break }
            for component in ahead {
                wanted[component.origin] = max(wanted[component.origin] ?? 0, component.sequence)
            }
            askedFor.append(connection)
        }
        return wanted.isEmpty ? nil : VersionVector(wanted.map { .init(origin: $0.key, sequence: $0.value) })
    }

    /// The tree was asked.
    mutating func asked(_ question: HeldQuestion, nextAt next: Instant) {
        heldQuestion = question
        nextHeldQuestion = next
    }

    /// A question of this node to the tree has been answered.
    ///
    /// - Returns: the question; nil if it isn't the open one.
    mutating func answered(_ id: QuestionID) -> HeldQuestion? {
        guard let asked = heldQuestion, asked.id == id else { return nil }
        heldQuestion = nil
        return asked
    }

    /// Every node has answered what it holds. Clients that wait for entries that no node holds need not wait any
    /// longer.
    ///
    /// - Parameter shown: how far this node's clients have been shown an origin.
    /// - Returns: these clients, with the components that they have seen and this node lacks.
    mutating func learntWhatIsHeld(
        _ held: VersionVector, of wanted: VersionVector, shown: (Origin) -> UInt64
    ) -> [(connection: ConnectionID, ahead: [VersionVector.Component])] {
        var ended: [(ConnectionID, [VersionVector.Component])] = []
        for connection in askedFor {
            guard let resume = resumes[connection], resume.waitsUntil != nil else { continue }
            let ahead = resume.ahead.filter { shown($0.origin) < $0.sequence }
            // An entry that some node holds is on its way, or will be shown in time. An entry that was shown isn't
            // waited for.
            guard !ahead.isEmpty,
                ahead.allSatisfy({ wanted[$0.origin] >= $0.sequence && held[$0.origin] <= shown($0.origin) })
            else { continue }
            // What the client has seen stays remembered: if a node brings it after all, it isn't shown again.
            resumes[connection]!.waitsUntil = nil
            resumes[connection]!.isHeldByNobody = true
            ended.append((connection, ahead))
        }
        return ended
    }
}
