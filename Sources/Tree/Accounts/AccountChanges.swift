/// Follows each change of an account until it is finished: from the name claim to the safe log, to enough disks, and to
/// the other nodes.
struct AccountChanges {
    /// Names that somebody is about to register, folded.
    private var claims: [NameKey: Claim] = [:]
    /// Changes that were made here and aren't safe yet, the oldest first.
    private var unsafe: [(position: LogPosition, check: DurabilityCheck)] = []
    /// Changes that are safe, and not known to be on enough disks.
    private(set) var checks: [DurabilityCheck] = []
    private var lastCheck: UInt64 = 0
    /// Names of which neighbours told something new in this turn, and the links that it came by.
    private var news: [(name: String, from: ConnectionID)] = []
    /// Decides when accounts are saved.
    var saves = Saves()

    // MARK: Claims

    var claimCount: Int { claims.count }

    func claim(of name: NameKey) -> Claim? { claims[name] }

    /// Whether a neighbour may claim a further name: it has fewer open claims than the limit.
    func mayClaim(by link: ConnectionID, limit: Int) -> Bool {
        claims.count < limit || claimCount(by: link) < limit
    }

    func claimCount(by link: ConnectionID) -> Int { claims.values.count { $0.link == link } }

    mutating func claimed(_ name: NameKey, _ claim: Claim) { claims[name] = claim }

    /// A claim has come to nothing. One that somebody else has made since stands.
    mutating func claimEnded(of name: NameKey, _ id: QuestionID) {
        if claims[name]?.id == id { claims[name] = nil }
    }

    /// The name belongs to somebody.
    mutating func registered(_ name: NameKey) { claims[name] = nil }

    /// Forgets claims whose registration has not come in time.
    ///
    /// - Returns: when the next claim expires.
    mutating func expireClaims(at now: Instant) -> Instant? {
        claims = claims.filter { $0.value.expires > now }
        return claims.values.map(\.expires).min()
    }

    // MARK: Changes made here

    /// Begins the check of a change that is made here for a client, tool or base server.
    mutating func begin(
        _ change: AccountChange, for asker: DurabilityCheck.Asker, at now: Instant, patience: Duration
    ) -> DurabilityCheck {
        lastCheck += 1
        return DurabilityCheck(
            serial: lastCheck, asker: asker, change: change, nextAsk: now, deadline: now + patience)
    }

    /// The change was stored at the end of the log.
    mutating func entered(_ check: DurabilityCheck, at position: LogPosition) { unsafe.append((position, check)) }

    /// All entries up to a position are safe.
    ///
    /// - Returns: the next change that has become safe; nil if there is none.
    mutating func nextSafe(upTo position: LogPosition) -> DurabilityCheck? {
        guard let first = unsafe.first, first.position <= position else { return nil }
        unsafe.removeFirst()
        return first.check
    }

    /// The change isn't known to be on enough disks: it waits.
    mutating func wait(_ check: DurabilityCheck) { checks.append(check) }

    /// Takes out all checks that wait for disks. The caller advances each, and gives it back to `wait` if it has to
    /// wait longer.
    mutating func takeChecks() -> [DurabilityCheck] {
        let taken = checks
        checks.removeAll(keepingCapacity: true)
        return taken
    }

    /// This node's question about a change has been answered.
    mutating func recorded(_ serial: UInt64, by holders: [NodeID], isUnknown: Bool) {
        guard let index = checks.firstIndex(where: { $0.serial == serial }) else { return }
        checks[index].recorded(by: holders, isUnknown: isUnknown)
    }

    /// When the checks have to be advanced again if nothing else happens; nil if none waits.
    func nextCheck(at now: Instant) -> Instant? { checks.map { $0.due(at: now) }.min() }

    // MARK: News

    /// A neighbour told something about a name that this node didn't know.
    mutating func heard(of name: String, from link: ConnectionID) { news.append((name, link)) }

    mutating func takeNews() -> [(name: String, from: ConnectionID)] {
        defer { news.removeAll() }
        return news
    }
}

/// A name claim: an open wish to register a name.
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
