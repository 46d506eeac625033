/// Decides which clients that came back still catch up, whose turn it is, and what they wait for.
struct ResumingClients {
    /// Those who catch up, in the order in which they came.
    private(set) var order: [ConnectionID] = []
    private var resumes: [ConnectionID: Resume] = [:]
    /// Counts those who were fed.
    private var turn = 0
    private var missedEntries = MissedByClients()
    /// What the tree is asked for them, and when it may be asked again.
    private var heldQuestion: HeldQuestion?
    private(set) var nextHeldQuestion = Instant(nanoseconds: 0)

    var isEmpty: Bool { order.isEmpty }

    subscript(connection: ConnectionID) -> Resume? { resumes[connection] }

    // MARK: Coming and going

    mutating func began(_ resume: Resume, of connection: ConnectionID) {
        resumes[connection] = resume
        order.append(connection)
    }

    /// The connection of a client is gone.
    mutating func left(_ connection: ConnectionID) {
        order.removeAll { $0 == connection }
        resumes[connection] = nil
    }

    // MARK: Catching up

    /// Who is to be fed in this turn, the one first who came last in the turn before.
    var round: [ConnectionID] {
        guard !order.isEmpty else { return [] }
        let first = turn % order.count
        return Array(order[first...] + order[..<first])
    }

    /// Takes a client out to feed it: nobody else holds its state meanwhile. `fed` puts it back.
    mutating func feed(_ connection: ConnectionID) -> Resume? {
        guard let resume = resumes.removeValue(forKey: connection) else { return nil }
        turn &+= 1
        return resume
    }

    /// A client was fed. One that is done follows the log like everybody else from now on.
    mutating func fed(_ connection: ConnectionID, _ resume: Resume, isDone: Bool) {
        if !isDone { resumes[connection] = resume }
    }

    /// The turn is over: those who are done go.
    mutating func endRound() {
        order.removeAll { resumes[$0] == nil }
    }

    /// The node has learnt that it lacks entries. A client is told when it has come to this position.
    mutating func learnt(of gap: Log.Gap, at position: LogPosition, for connection: ConnectionID) {
        resumes[connection]?.gapsToTell.append((position, gap))
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
        guard resumes[connection] != nil else { return false }
        resumes[connection]!.congestedSince = isCongested ? now : nil
        return true
    }

    /// Those who have taken nothing for too long, and when the next one will have.
    func stalled(at now: Instant, patience: Duration) -> (late: [ConnectionID], next: Instant?) {
        var late: [ConnectionID] = []
        var next: Instant?
        for connection in order {
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

    /// Time has passed.
    ///
    /// - Returns: those who have waited for long enough, and when this is to be looked at again.
    mutating func stopWaiting(at now: Instant) -> (ended: [ConnectionID], next: Instant?) {
        var ended: [ConnectionID] = []
        var next: Instant?
        for connection in order {
            guard let until = resumes[connection]?.waitsUntil else { continue }
            if until <= now {
                resumes[connection]!.waitsUntil = nil
                ended.append(connection)
            } else {
                let due = nextHeldQuestion > now ? min(until, nextHeldQuestion) : until
                next = min(next ?? due, due)
            }
        }
        return (ended, next)
    }

    /// Whether somebody waits, and the tree wasn't asked just now.
    func mayAskTree(at now: Instant) -> Bool {
        heldQuestion == nil && now >= nextHeldQuestion && order.contains { resumes[$0]?.waitsUntil != nil }
    }

    /// All that somebody waits for; nil for nothing.
    ///
    /// - Parameter limit: of origins in one question.
    func wantedOfTree(limit: Int) -> VersionVector? {
        let waiting = order.compactMap { resumes[$0] }.filter { $0.waitsUntil != nil }
        let wanted = VersionVector(waiting.flatMap(\.ahead)).components.prefix(limit)
        return wanted.isEmpty ? nil : VersionVector(Array(wanted))
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
        for connection in order {
            guard let resume = resumes[connection], resume.waitsUntil != nil,
                // What is held somewhere is on its way, or will be shown in its time.
                resume.ahead.allSatisfy({
                    wanted[$0.origin] >= $0.sequence && held[$0.origin] <= shown($0.origin)
                })
            else { continue }
            // What it has seen is kept in mind: should somebody bring it after all, it isn't shown again.
            resumes[connection]!.waitsUntil = nil
            resumes[connection]!.isHeldByNobody = true
            ended.append((connection, resume.ahead))
        }
        return ended
    }
}

/// A client that said what it saw last, until it can follow the log like everybody else.
struct Resume {
    /// What the client has, or is being sent.
    private(set) var passed = Marks()
    /// What the client has and this node hasn't, or not safely.
    private(set) var ahead: [VersionVector.Component]
    fileprivate(set) var cursor: LogPosition
    /// From here on the log has nothing that the client has seen; nil as long as something of that is still to come.
    fileprivate(set) var newFrom: LogPosition?
    /// How far this node was when `ahead` was last looked at: it need not be looked at before that has changed.
    private var lookedAt: (shown: LogPosition, origins: Int)?
    /// The greatest that the client has seen in the one order of all entries: what is below comes late.
    fileprivate(set) var last: OrderKey?
    /// Until then the client isn't read from while it is ahead of this node; nil once it is read from.
    fileprivate(set) var waitsUntil: Instant?
    /// Every node has answered that it doesn't hold what the client was waiting for.
    fileprivate(set) var isHeldByNobody = false
    /// Since when it has taken nothing of what it was sent; nil while it takes it.
    fileprivate(set) var congestedSince: Instant?
    /// Gaps that the client is told of when its cursor has come to where this node learnt of them.
    fileprivate(set) var gapsToTell: [(at: LogPosition, gap: Log.Gap)] = []

    /// - Parameters:
    ///   - ahead: how far the client has seen each origin.
    ///   - cursor: how far this node's clients have been shown the log.
    init(ahead: [VersionVector.Component], cursor: LogPosition, last: OrderKey?) {
        self.ahead = ahead
        self.cursor = cursor
        self.last = last
    }

    /// It is shown nothing that it has seen already: all that is left is to be sent in order.
    var hasNothingAhead: Bool { ahead.isEmpty && gapsToTell.isEmpty }

    /// Takes over what this node knows of the origins that the client has seen.
    ///
    /// - Parameters:
    ///   - reached: how far this node is.
    ///   - marks: how far this node's clients have been shown every origin.
    mutating func update(
        to reached: (shown: LogPosition, origins: Int), _ origins: OriginTable, _ marks: @autoclosure () -> Marks
    ) {
        if let lookedAt, lookedAt == reached { return }
        lookedAt = reached
        let marks = marks()
        ahead.removeAll { component in
            guard let number = origins.knownNumber(of: component.origin) else { return false }
            passed.raise(number, to: component.sequence)
            return marks[number] >= component.sequence
        }
    }

    /// The client is sent the log from here on, and told of what is no longer in it.
    mutating func start(at start: Log.Start) {
        cursor = start.position
        newFrom = ahead.isEmpty ? start.newFrom : nil
        // What is still to be told to this client stands among them.
        gapsToTell = start.later
    }

    /// The client isn't read from until this node has what it saw, or until this instant.
    mutating func wait(until instant: Instant) { waitsUntil = instant }

    /// This node has what the client saw.
    ///
    /// - Returns: whether the client waited for that.
    mutating func stopWaiting() -> Bool {
        defer { waitsUntil = nil }
        return waitsUntil != nil
    }

    /// All that comes from here on is new to the client, if nothing is ahead of this node any more.
    mutating func allIsNew(from position: LogPosition) {
        if newFrom == nil, ahead.isEmpty { newFrom = position }
    }

    /// The client passes an entry.
    ///
    /// - Returns: whether it is to be shown it; it has seen it already otherwise.
    mutating func pass(_ number: Int, _ sequence: UInt64) -> Bool { passed.raise(number, to: sequence) }

    mutating func shown(_ key: OrderKey) { last = max(last ?? key, key) }

    mutating func advance() { cursor = cursor.next }

    /// The client passes entries that this node lacks. It may have seen elsewhere some of them.
    ///
    /// - Returns: the rest, of which it is to be told; nil if it has seen all.
    mutating func pass(_ gap: Log.Gap, number: Int) -> Log.Gap? {
        let rest = Log.Gap(origin: gap.origin, from: max(gap.from, passed[number] + 1), through: gap.through)
        return passed.raise(number, to: rest.through) ? rest : nil
    }

    /// The next gap that the client has come to.
    mutating func nextGap() -> Log.Gap? {
        guard let (position, gap) = gapsToTell.first, position <= cursor else { return nil }
        gapsToTell.removeFirst()
        return gap
    }
}
