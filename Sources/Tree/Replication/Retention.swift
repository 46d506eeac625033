import DequeModule

/// Knows what every node of the tree holds, by the root's last word, and which origins have retired. `Node.dropOld` and
/// `Log.trim` drop entries by it.
struct Retention {
    /// What a branch held when it was lost, and how long that is minded.
    private struct Departed {
        let held: Marks
        let until: Instant
    }

    /// What every node of the tree holds, by the root's last word.
    private(set) var heldByAll = Marks()
    /// Counts the changes of it.
    private(set) var heldVersion: UInt64 = 0
    /// Origins of which nothing more can come, by number.
    private var retiredSince: [Int: Instant] = [:]
    private var departed: Deque<Departed> = []

    var departedCount: Int { departed.count }

    // MARK: What all hold

    /// The root has said what all hold, or this node is the root and has found it out.
    mutating func learn(heldByAll held: Marks) {
        guard held != heldByAll else { return }
        heldByAll = held
        heldVersion += 1
    }

    /// A branch is lost: what it held when it was last heard of counts until it must be given up.
    ///
    /// - Parameter limit: of so many branches, the last ones, that is remembered.
    mutating func branchDeparted(holding held: Marks, until: Instant, atMost limit: Int) {
        departed.append(Departed(held: held, until: until))
        departed.removeFirst(max(0, departed.count - limit))
    }

    mutating func forgetDeparted(at now: Instant) { departed.removeAll { $0.until <= now } }

    /// The least of what the branches that have just left hold of an origin, and of what the rest of the tree holds.
    ///
    /// - Parameter sequence: what the rest holds.
    func least(_ sequence: UInt64, of number: Int) -> UInt64 {
        var least = sequence
        for branch in departed { least = min(least, branch.held[number]) }
        return least
    }

    // MARK: Retired origins

    /// Nothing more can come of an origin, or something can again.
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

// How long entries stay (docs/protocol.md#retention).
//
// An entry may go when every node of the tree holds it and it is older than the time for which clients may come back
// for it. Every node reports upward the least of what its branch holds; the root floods the result. A node that has
// left counts for as long as entries are kept, so that it finds them when it comes back; bytes and age limits override
// all of this, and a reader that then comes for what is gone is told exactly what it misses.

extension Node {
    // MARK: What all hold

    /// Reports upward what this branch holds, or, at the root, floods what all hold; only what has changed.
    func reportStability() {
        retention.forgetDeparted(at: now.instant)
        let held = heldByBranch()
        if let parent = parentLink {
            tell(held, on: parent)
        } else {
            retention.learn(heldByAll: held)
        }
        // Also to children that have come since.
        flood()
    }

    private func flood() {
        for child in children where child.held.tellsVersion(retention.heldVersion) {
            tell(retention.heldByAll, on: child, isNews: true)
        }
    }

    /// - Parameter isNews: it is said even if it is the same as before: the other side hasn't heard it from here yet.
    private func tell(_ held: Marks, on link: Link, isNews: Bool = false) {
        guard let report = link.held.tell(held, isNews: isNews, of: log.origins) else { return }
        send(.stable(VersionVector(changes: report.changes), isWhole: report.isWhole), to: link.connection)
    }

    /// What could not be read may have been something that is said only when it changes. Until it is said again nothing
    /// counts as held by the other side.
    func askToSayAgain(on link: Link) {
        link.held.askAgain()
        link.unknown.nothingIsHeld()
        send(.invalidMessage(info: "something that can't be read: say again what all hold"), to: link.connection)
    }

    /// The other side could not read something: what is said only when it changes is said again.
    func sayAgain(on link: Link) {
        link.sayAgain()
        topology.notePositionChange()
    }

    /// The least of what this node, its children and the branches that have just left hold.
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
                link.unknown.claimed(change.origin, held: change.sequence, limit: limits.unknownOrigins)
            }
        }
        link.held.received(known, isWhole: isWhole)
        guard link.role == .parent else { return }
        retention.learn(heldByAll: link.held.held)
        flood()
    }

    /// A branch is lost: what it held when it was last heard of counts until it must be given up.
    func mindDeparted(_ link: Link) {
        guard link.isNode else { return }
        // Of the nodes above it is known what they all hold.
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

    /// What a burst has brought doesn't wait for the next second. Done before links are fed, since what they are given
    /// in this turn has to be there when it is written.
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
        // What waits for its turn is still needed. The two logs have half of the room each.
        _ = log.trim(
            toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime), heldByAll: retention.heldByAll,
            evenIfLacking: before(limits.retentionCap), upTo: min(log.safe, total.firstWaiting))
        total.trim(toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime))
    }

    /// The time so long ago; nil if the monotonic clock had not begun then.
    func before(_ duration: Duration) -> Instant? {
        let age = UInt64(duration.wholeNanoseconds)
        return now.instant.nanoseconds > age ? Instant(nanoseconds: now.instant.nanoseconds - age) : nil
    }

    func rememberNodes() {
        counters.remembered(topology.deadpool)
        emit(.remember(topology.deadpool.everybody))
    }
}
