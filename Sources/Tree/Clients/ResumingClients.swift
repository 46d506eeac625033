import DequeModule

/// Decides which clients that came back still catch up, whose turn it is, and what they wait for.
///
/// Who has all that there is rests, and isn't looked at until something happens that it waits for:
///
/// ```
///            came further, or has a gap to tell, or takes bytes again
///            ┌───────────────────────────────────────────┐
///            ▼                                           │
///   ──▶ ready ──(fed)──▶ done, or ready again, or ──▶ resting
/// ```
struct ResumingClients {
    private var resumes: [ConnectionID: Resume] = [:]
    /// Those for whom something may be to be done, the first one first. Those that are gone are skipped.
    private var ready: Deque<ConnectionID> = []
    /// Those who have all that there is until this node has come further. Those that are gone are skipped.
    private var resting: Deque<ConnectionID> = []
    /// Counts how often those who rested were woken together: so each stands once among them.
    private var rest = 0
    /// How far this node had come when they were woken last.
    private var restedAt: LogPosition?
    /// In total order, those who rest until the order has passed what they saw: the least comes last.
    private var restingForOrder: [(key: OrderKey, connection: ConnectionID)] = []
    /// Since when each catches up. Those that are gone are skipped.
    private var begun: Deque<(at: Instant, connection: ConnectionID)> = []
    /// Those who aren't read from until this node has what they saw. Those who wait no longer are skipped.
    private var waiting: [ConnectionID] = []
    /// Those who take nothing of what they are sent.
    private var congested: [ConnectionID] = []
    /// How many have gone since the lists were last rid of them.
    private var gone = 0
    /// Origins that are remembered for all of them.
    private(set) var rememberedOrigins = 0
    /// How often a client was looked at to feed it: what waits must not be.
    private(set) var looks = 0
    private var missedEntries = MissedByClients()
    /// What the tree is asked for them, and when it may be asked again.
    private var heldQuestion: HeldQuestion?
    /// For whom it is asked.
    private var askedFor: [ConnectionID] = []
    private(set) var nextHeldQuestion = Instant(nanoseconds: 0)

    var isEmpty: Bool { resumes.isEmpty }
    var count: Int { resumes.count }
    var hasReady: Bool { !ready.isEmpty }
    /// How many take nothing of what they are sent.
    var congestedCount: Int { congested.count }

    subscript(connection: ConnectionID) -> Resume? { resumes[connection] }

    // MARK: Coming and going

    /// - Parameter isCongested: it takes nothing of what it is sent.
    mutating func began(_ resume: Resume, of connection: ConnectionID, isCongested: Bool = false, at now: Instant) {
        resumes[connection] = resume
        ready.append(connection)
        begun.append((now, connection))
        rememberedOrigins += resume.seen.components.count
        if resume.waitsUntil != nil { waiting.append(connection) }
        if isCongested { _ = congestion(true, of: connection, at: now) }
    }

    /// The connection of a client is gone.
    mutating func left(_ connection: ConnectionID) {
        guard let resume = resumes.removeValue(forKey: connection) else { return }
        ended(connection, resume)
    }

    private mutating func ended(_ connection: ConnectionID, _ resume: Resume) {
        rememberedOrigins -= resume.seen.components.count
        if resume.congestedSince != nil { congested.removeAll { $0 == connection } }
        gone += 1
        // Thousands may go at once, and to look for each would take long.
        guard gone > resumes.count + 64 else { return }
        gone = 0
        ready.removeAll { resumes[$0] == nil }
        resting.removeAll { resumes[$0] == nil }
        restingForOrder.removeAll { resumes[$0.connection] == nil }
        begun.removeAll { resumes[$0.connection] == nil }
        waiting.removeAll { resumes[$0] == nil }
    }

    // MARK: Bounds

    /// Forgets what clients have seen: of those who began so long ago that nobody brings it any more, and, while more
    /// is remembered than may be, of the one that names the most.
    ///
    /// - Parameters:
    ///   - memory: for so long it is remembered.
    ///   - limit: of origins, for all of them together.
    /// - Returns: those who lose it since there is too much, and those who aren't read from because of it.
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

    /// A turn ends: those who waited for what has happened are ready.
    ///
    /// - Parameters:
    ///   - shown: how far this node's clients are shown the log.
    ///   - hasPassed: whether the order has passed what a client saw.
    /// - Returns: how many are to be looked at now.
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

    /// Takes the next one out to feed it: nobody else holds its state meanwhile. `fed` puts it back. One that takes
    /// nothing isn't fed, and is ready again when it does.
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
        /// It follows the log like everybody else from now on.
        case isDone
        /// There is more for it.
        case hasMore
        /// It has all that there is.
        case rests
        /// It has all that there is, and waits for the order to pass what it saw.
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

    /// The node has learnt that it lacks entries. A client is told when it has come to this position.
    mutating func learnt(of gap: Log.Gap, at position: LogPosition, for connection: ConnectionID) {
        resumes[connection]?.gapsToTell.append((position, gap))
        wake(connection)
    }

    /// A client lacks entries that nobody keeps any more.
    mutating func missed(_ gap: Log.Gap, of connection: ConnectionID) {
        missedEntries.add(gap, of: connection)
    }

    /// What the log is to be told of that now; nil for nothing.
    mutating func noticeOfMissed(at now: Instant, pause: Duration) -> Notice? {
        missedEntries.notice(at: now, pause: pause)
    }

    // MARK: Taking nothing

    /// A client takes nothing of what it is sent, or takes it again.
    ///
    /// - Returns: whether it is one that catches up.
    mutating func congestion(_ isCongested: Bool, of connection: ConnectionID, at now: Instant) -> Bool {
        guard let resume = resumes[connection] else { return false }
        if resume.congestedSince != nil { congested.removeAll { $0 == connection } }
        if isCongested { congested.append(connection) }
        resumes[connection]!.congestedSince = isCongested ? now : nil
        if !isCongested { wake(connection) }
        return true
    }

    /// Those who have taken nothing for too long, and when the next one will have.
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

    // MARK: Waiting for what they saw

    private func isWaiting(_ connection: ConnectionID) -> Bool { resumes[connection]?.waitsUntil != nil }

    /// Time has passed.
    ///
    /// - Returns: those who have waited for long enough, and when this is to be looked at again.
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

    /// Whether somebody waits, and the tree wasn't asked just now.
    mutating func mayAskTree(at now: Instant) -> Bool {
        guard heldQuestion == nil, now >= nextHeldQuestion else { return false }
        while let last = waiting.last, !isWaiting(last) { waiting.removeLast() }
        return !waiting.isEmpty
    }

    /// What some who wait have seen; nil for nothing. Those who name few origins come first: who invents thousands
    /// keeps nobody else waiting.
    ///
    /// - Parameters:
    ///   - limit: of origins in one question.
    ///   - looks: of components that are looked at for one question.
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

    /// A question of this node has ended.
    ///
    /// - Returns: what was asked; nil if it isn't the one that somebody waits for.
    mutating func answered(_ id: QuestionID) -> HeldQuestion? {
        guard let asked = heldQuestion, asked.id == id else { return nil }
        heldQuestion = nil
        return asked
    }

    /// Every node has answered what it holds. Those who wait for what nobody holds wait no longer.
    ///
    /// - Parameter shown: how far clients of this node have been shown an origin.
    /// - Returns: those clients, with what they have seen and this node lacks.
    mutating func learntWhatIsHeld(
        _ held: VersionVector, of wanted: VersionVector, shown: (Origin) -> UInt64
    ) -> [(connection: ConnectionID, ahead: [VersionVector.Component])] {
        var ended: [(ConnectionID, [VersionVector.Component])] = []
        for connection in askedFor {
            guard let resume = resumes[connection], resume.waitsUntil != nil else { continue }
            let ahead = resume.ahead.filter { shown($0.origin) < $0.sequence }
            // What is held somewhere is on its way, or will be shown in its time; what was shown is waited for no more.
            guard !ahead.isEmpty,
                ahead.allSatisfy({ wanted[$0.origin] >= $0.sequence && held[$0.origin] <= shown($0.origin) })
            else { continue }
            // What it has seen is kept in mind: should somebody bring it after all, it isn't shown again.
            resumes[connection]!.waitsUntil = nil
            resumes[connection]!.isHeldByNobody = true
            ended.append((connection, ahead))
        }
        return ended
    }
}
