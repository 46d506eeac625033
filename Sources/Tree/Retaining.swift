// How long entries stay (docs/protocol.md#retention).
//
// An entry may go when every node of the tree holds it and it is older than the time for which clients may come back
// for it. Every node reports upward the least of what its branch holds; the root floods the result. A node that has left
// counts for as long as entries are kept, so that it finds them when it comes back; bytes and age limits override all
// of this, and who then comes for what is gone is told exactly what it misses.

/// What a branch held when it was lost, and how long that is minded.
struct Departed {
    let held: Marks
    let until: Instant
}

extension Node {
    // MARK: What all hold

    /// Reports upward what this branch holds, or, at the root, floods what all hold; only what has changed.
    func reportStability() {
        departed.removeAll { $0.until <= now.instant }
        let held = heldByBranch()
        if let parent = parentLink {
            guard parent.toldHeld != held else { return }
            parent.toldHeld = held
            return send(.stable(held.vector(of: log.origins)), to: parent.connection)
        }
        flood(stable: held)
    }

    private func flood(stable held: Marks) {
        guard held != heldByAll else { return }
        heldByAll = held
        let vector = held.vector(of: log.origins)
        for child in children { send(.stable(vector), to: child.connection) }
    }

    /// The least of what this node, its children and those who have just left hold.
    private func heldByBranch() -> Marks {
        var least = Marks()
        for number in log.origins.origins.indices {
            var sequence = log.storedSequence(of: number)
            for child in children {
                // A child that has not reported yet holds at least what it showed when the link opened.
                sequence = min(sequence, child.held?[number] ?? child.peerStored[number])
            }
            for branch in departed { sequence = min(sequence, branch.held[number]) }
            least.raise(number, to: sequence)
        }
        return least
    }

    func received(stable vector: VersionVector, on link: Link) {
        var marks = Marks()
        take(vector, into: &marks)
        switch link.role {
        case .child: link.held = marks
        case .parent: flood(stable: marks)
        }
    }

    /// A branch is lost: what it held when it was last heard of counts until it must be given up.
    func mindDeparted(_ link: Link) {
        guard link.isNode else { return }
        // Of the nodes above it is known what they all hold.
        let held = link.role == .parent ? heldByAll : link.held ?? link.peerStored
        departed.append(Departed(held: held, until: now.instant + limits.retentionTime))
        departed.removeFirst(max(0, departed.count - limits.departedBranches))
    }

    // MARK: Trimming

    func trimLog() {
        timers[.retention] = now.instant + limits.stabilityPause
        reportStability()
        guard let total else {
            _ = log.trim(
                toBytes: limits.retentionBytes, olderThan: before(limits.retentionTime), heldByAll: heldByAll,
                evenIfLacking: before(limits.retentionCap), upTo: log.safe)
            return
        }
        // What waits for its turn is still needed. The two logs have half of the room each.
        _ = log.trim(
            toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime), heldByAll: heldByAll,
            evenIfLacking: before(limits.retentionCap), upTo: min(log.safe, total.firstWaiting))
        total.delivered.trim(toBytes: limits.retentionBytes / 2, olderThan: before(limits.retentionTime))
    }

    /// So long ago; nil for before the monotonic clock began.
    func before(_ duration: Duration) -> Instant? {
        let age = UInt64(duration.wholeNanoseconds)
        return now.instant.nanoseconds > age ? Instant(nanoseconds: now.instant.nanoseconds - age) : nil
    }

    func rememberNodes() {
        rememberedVersion = deadpool.version
        order(.remember(deadpool.everybody))
    }
}
