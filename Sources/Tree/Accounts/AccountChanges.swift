/// Decides which changes of accounts are finished: claimed, safe in the log, on enough disks, and told to everybody.
struct AccountChanges {
    /// Names that somebody is about to register, folded.
    private var claims: [NameKey: Claim] = [:]
    /// Changes that were made here and aren't safe in the log, the oldest first.
    private var unsafe: [(position: LogPosition, check: DurabilityCheck)] = []
    /// Changes that are safe in the log and aren't on enough disks.
    private(set) var checks: [DurabilityCheck] = []
    private var lastCheck: UInt64 = 0
    /// What neighbours told of names in this turn, and on which link.
    private var news: [(name: String, from: ConnectionID)] = []
    /// How accounts get to the disk: it decides that alone.
    var saves = Saves()

    // MARK: Claims

    var claimCount: Int { claims.count }

    func claim(of name: NameKey) -> Claim? { claims[name] }

    /// Whether a neighbour may claim a further name: it has fewer open claims than the limit.
    func mayClaim(by link: ConnectionID, limit: Int) -> Bool {
        claims.count < limit || claims.values.lazy.filter { $0.link == link }.count < limit
    }

    mutating func claimed(_ name: NameKey, _ claim: Claim) { claims[name] = claim }

    /// A claim has come to nothing. One that somebody else has made since stands.
    mutating func claimEnded(of name: NameKey, _ id: QuestionID) {
        if claims[name]?.id == id { claims[name] = nil }
    }

    /// The name belongs to somebody.
    mutating func registered(_ name: NameKey) { claims[name] = nil }

    /// Time has passed: claims whose registration has not come are forgotten.
    ///
    /// - Returns: when the next one will be.
    mutating func expireClaims(at now: Instant) -> Instant? {
        claims = claims.filter { $0.value.expires > now }
        return claims.values.map(\.expires).min()
    }

    // MARK: Changes made here

    /// Somebody wants a change to be made here, and to be told when it is durable.
    mutating func begin(
        _ change: AccountChange, for asker: DurabilityCheck.Asker, at now: Instant, patience: Duration
    ) -> DurabilityCheck {
        lastCheck += 1
        return DurabilityCheck(
            serial: lastCheck, asker: asker, change: change, nextAsk: now, deadline: now + patience)
    }

    /// The change stands in the log, at the end of it.
    mutating func entered(_ check: DurabilityCheck, at position: LogPosition) { unsafe.append((position, check)) }

    /// All up to a position is safe.
    ///
    /// - Returns: the next change that is, and wasn't before.
    mutating func nextSafe(upTo position: LogPosition) -> DurabilityCheck? {
        guard let first = unsafe.first, first.position <= position else { return nil }
        unsafe.removeFirst()
        return first.check
    }

    /// The change isn't on enough disks, as far as this node knows.
    mutating func wait(_ check: DurabilityCheck) { checks.append(check) }

    /// Takes all out that wait for disks: each is looked at, and comes back by `wait` if it goes on waiting.
    mutating func takeChecks() -> [DurabilityCheck] {
        let taken = checks
        checks.removeAll(keepingCapacity: true)
        return taken
    }

    /// A question of this node about disks has ended.
    mutating func recorded(_ serial: UInt64, by holders: [NodeID], isUnknown: Bool) {
        guard let index = checks.firstIndex(where: { $0.serial == serial }) else { return }
        checks[index].recorded(by: holders, isUnknown: isUnknown)
    }

    /// When checks are to be looked at again if nothing else happens; nil if none waits.
    func nextCheck(at now: Instant) -> Instant? { checks.map { $0.due(at: now) }.min() }

    // MARK: News

    /// A neighbour told something about a name that was not known here.
    mutating func heard(of name: String, from link: ConnectionID) { news.append((name, link)) }

    mutating func takeNews() -> [(name: String, from: ConnectionID)] {
        defer { news.removeAll() }
        return news
    }
}

/// Somebody's open wish to register a name.
struct Claim {
    let id: QuestionID
    let stamp: Stamp
    /// A claim whose registration has not come by then is forgotten.
    let expires: Instant
    /// By which it came; nil for one that was made here.
    var link: ConnectionID?

    /// Of two open claims the earlier one wins.
    func isEarlier(than question: NameQuestion, _ id: QuestionID) -> Bool {
        (stamp, self.id) < (question.stamp, id)
    }
}
