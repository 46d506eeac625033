import DequeModule

/// Tracks what all nodes of the tree hold, as the root last reported it, and which origins have retired. `Node.dropOld`
/// and `Log.trim` drop entries by it.
struct Retention {
    /// The entries that a branch held when it was lost, and how long that counts.
    private struct Departed {
        let held: Marks
        let until: Instant
    }

    /// What all nodes of the tree hold, as the root last reported it.
    private(set) var heldByAll = Marks()
    /// Counts the changes of `heldByAll`.
    private(set) var heldVersion: UInt64 = 0
    /// Since when each retired origin has been retired, by number.
    private var retiredSince: [Int: Instant] = [:]
    private var departed: Deque<Departed> = []

    var departedCount: Int { departed.count }

    // MARK: What all hold

    /// The root has reported what all nodes hold, or this node is the root and has computed it.
    mutating func learn(heldByAll held: Marks) {
        guard held != heldByAll else { return }
        heldByAll = held
        heldVersion += 1
    }

    /// A branch is lost: what it held last counts until `until`.
    ///
    /// - Parameter limit: how many lost branches are remembered, the latest ones.
    mutating func branchDeparted(holding held: Marks, until: Instant, atMost limit: Int) {
        departed.append(Departed(held: held, until: until))
        departed.removeFirst(max(0, departed.count - limit))
    }

    mutating func forgetDeparted(at now: Instant) { departed.removeAll { $0.until <= now } }

    /// How far an origin is held by the rest of the tree and by all branches that were lost lately.
    ///
    /// - Parameter sequence: how far the rest of the tree holds it.
    func least(_ sequence: UInt64, of number: Int) -> UInt64 {
        var least = sequence
        for branch in departed { least = min(least, branch.held[number]) }
        return least
    }

    // MARK: Retired origins

    /// Notes whether an origin is retired now.
    mutating func note(_ number: Int, isRetired: Bool, at now: Instant) {
        if !isRetired {
            if retiredSince[number] != nil { retiredSince[number] = nil }
        } else if retiredSince[number] == nil {
            retiredSince[number] = now
        }
    }

    var hasRetiredOrigins: Bool { !retiredSince.isEmpty }

    /// Whether an origin retired at that time or earlier.
    func isRetired(_ number: Int, since oldest: Instant) -> Bool {
        retiredSince[number].map { $0 <= oldest } ?? false
    }
}

// How long entries are kept (docs/protocol.md#retention).
//
// An entry may be dropped when every node of the tree holds it and it is older than the time within which clients may
// come back for it. Each node reports upward what all nodes of its branch hold, and the root floods what all nodes
// hold. A node that has left counts for as long as entries are kept, so that it finds them when it comes back. Limits
// by size and age override all of this: a reader that comes later is told exactly which entries it misses.

extension Node {
    // MARK: What all hold

    /// Reports upward what this branch holds; at the root, floods what all nodes hold. Reports contain only changes.
    func reportStability() {
        retention.forgetDeparted(at: now.instant)
        let held = heldByBranch()
        if let parent = parentLink {
            tell(held, on: parent)
        } else {
            retention.learn(heldByAll: held)
        }
        // Children that have come since need a report too.
        flood()
    }

    private func flood() {
        for child in children where child.held.tellsVersion(retention.heldVersion) {
            tell(retention.heldByAll, on: child, isNews: true)
        }
    }

    /// - Parameter isNews: whether to report even without changes, since the other side has had no report from here
    ///   yet.
    private func tell(_ held: Marks, on link: Link, isNews: Bool = false) {
        guard let report = link.held.tell(held, isNews: isNews, of: log.origins) else { return }
        send(.stable(VersionVector(changes: report.changes), isWhole: report.isWhole), to: link.connection)
    }

    /// Asks the other side for what it sends only when it changes, since an unreadable message may have been that.
    /// Until it comes nothing counts as held by the other side.
    func askToSayAgain(on link: Link) {
        link.held.askAgain()
        link.unknown.nothingIsHeld()
        send(.invalidMessage(info: "something that can't be read: say again what all hold"), to: link.connection)
    }

    /// The other side could not read a message: what is sent only when it changes is sent again.
    func sayAgain(on link: Link) {
        link.sayAgain()
        topology.notePositionChange()
    }

    /// What this node, its children's branches and the branches lost lately all hold.
    private func heldByBranch() -> Marks {
        let children = self.children
        var least = Marks()
        for number in log.origins.origins.indices {
            var sequence = log.storedSequence(of: number)
            for child in children { sequence = min(sequence, child.held.held[number]) }
            least.raise(number, to: retention.least(sequence, of: number))
        }
        return least
    }

    func heardHeld(_ changes: VersionVector, isWhole: Bool, on link: Link) {
        if isWhole { link.unknown.nothingIsHeld() }
        var known: [(number: Int, sequence: UInt64)] = []
        for change in changes.components {
            if let number = log.knownNumber(of: change.origin) {
                known.append((number, change.sequence))
            } else {
                link.unknown.claimed(change.origin, held: change.sequence, limit: unknownOriginLimit)
            }
        }
        link.held.received(known, isWhole: isWhole)
        guard link.role == .parent else { return }
        retention.learn(heldByAll: link.held.held)
        flood()
    }

    /// A branch is lost: what it held last counts for the time of retention.
    func mindDeparted(_ link: Link) {
        guard link.isNode else { return }
        // Of the nodes above this one it is known only what all nodes hold.
        let held = link.role == .parent ? retention.heldByAll : link.held.held
        retention.branchDeparted(
            holding: held, until: now.instant + limits.retentionTime, atMost: limits.departedBranches)
    }

    // MARK: Trimming

    func trimLog() {
        timers[.retention] = now.instant + limits.stabilityPause
        reportStability()
        dropOld()
        noteRetired()
    }

    /// Trims a log that a burst has filled, without waiting for the next second. Done before links are fed, since the
    /// entries that they are given in this turn must still be there when they are written.
    func trimGrownLog() {
        let room = limits.retentionBytes / (ordering.total == nil ? 1 : 2) + limits.retentionSlackBytes
        if log.bytes > room || ordering.total.map({ $0.delivered.bytes > room }) ?? false { dropOld() }
    }

    private func dropOld() {
        guard let total = ordering.total else {
            _ = log.trim(
                toBytes: limits.retentionBytes, olderThan: before(limits.retentionTime), heldByAll: retention.heldByAll,
                evenIfLacking: before(limits.retentionCap), upTo: log.safe)
            return
        }
        // Entries that wait for delivery are still needed. Each of the two logs has half of the memory.
        _ = log.trim(
            toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime), heldByAll: retention.heldByAll,
            evenIfLacking: before(limits.retentionCap), upTo: min(log.safe, total.firstWaiting))
        total.trim(toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime))
    }

    /// The instant this long ago; nil if the monotonic clock had not begun then.
    func before(_ duration: Duration) -> Instant? {
        let age = UInt64(duration.wholeNanoseconds)
        return now.instant.nanoseconds > age ? Instant(nanoseconds: now.instant.nanoseconds - age) : nil
    }

    func rememberNodes() {
        counters.remembered(topology.deadpool)
        emit(.remember(topology.deadpool.everybody))
    }
}
