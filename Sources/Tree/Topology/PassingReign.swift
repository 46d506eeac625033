/// Decides whether a root may still act as one while it passes its reign to a child. It raises no label and attaches to
/// no node until it knows which of the two rules.
struct PassingLock {
    /// The reign is on its way to a child. Ends with the child's answer, or with the link.
    struct Passing {
        let connection: ConnectionID
        /// This node's number of the link's attempt once it has turned.
        let attempt: AttemptID
        let deadline: Instant
    }

    private(set) var passing: Passing?

    mutating func passes(on connection: ConnectionID, as attempt: AttemptID, until deadline: Instant) {
        passing = Passing(connection: connection, attempt: attempt, deadline: deadline)
    }

    /// The passing on a link has ended, by the child's answer or the loss of the link.
    ///
    /// - Returns: the passing; nil if there was none on this link.
    mutating func ended(on connection: ConnectionID) -> Passing? {
        guard let passed = passing, passed.connection == connection else { return nil }
        passing = nil
        return passed
    }

    /// This node has a parent: it passes no reign any more.
    mutating func attached() { passing = nil }
}

// How a reign passes from a root to a node below it, over one link (docs/protocol.md#bridges).
//
// The root locks itself and asks the child. The child raises its label above the root's at once: from then on it has no
// parent, and counts the former root as its child. The former root takes it as its parent when the answer comes. In
// between each counts the other as its child. Only a link that both ends count the same way is an edge of the tree, so
// there is none then.

extension Node {
    /// Passes the reign to the first node of a path, which passes it on.
    func passReign(along path: [NodeID], toReach target: Contact) {
        guard let next = path.first, let child = children.first(where: { $0.origin?.node == next }) else { return }
        endSearch()
        let deadline = now.instant + limits.passingTimeout
        let attempt = links.newAttempt()
        topology.passingLock.passes(on: child.connection, as: attempt, until: deadline)
        timers.set(.probe, noLaterThan: deadline)
        report(.passedReign(to: child.contact, toReach: target))
        let passing = ReignPassing(
            term: topology.label.term, attempt: attempt, priority: ownClaim.priority, reign: topology.reign,
            path: Array(path.dropFirst()), target: target)
        send(.passReign(passing), to: child.connection)
    }

    /// The root passes its reign to this node.
    func takeReign(_ passing: ReignPassing, from link: Link) {
        guard link === parentLink, !draining.hasBegun, !isApart, topology.search == nil else {
            return send(.reignTaken(nil), to: link.connection)
        }
        topology.tookReign(passing)
        link.turn(to: .child, attempt: passing.attempt)
        let position = position(for: link)
        link.tells(position: position)
        send(.reignTaken(position), to: link.connection)
        report(.tookReign(from: link.contact, term: topology.label.term, toReach: passing.target))
        scheduleProbe()
        admitParked()
        if passing.path.isEmpty {
            beginMerging(under: passing.target, by: passing.target)
        } else {
            passReign(along: passing.path, toReach: passing.target)
        }
    }

    /// The child has taken the reign, or refuses it.
    func reignTaken(by link: Link, _ position: TreePosition?) {
        guard let passed = topology.passingLock.ended(on: link.connection), let position else { return }
        // Because of the lock, the label in the answer is greater than this node's own (rule L1).
        let isAbove = position.label > topology.label || mutation == .reignPassedWithoutLock
        guard link.role == .child, parentLink == nil, isAbove, !position.path.contains(where: { isSame($0, origin) })
        else { return lose(link, why: .broken) }
        endSearch()
        link.turn(to: .parent, attempt: passed.attempt)
        topology.attached(to: link, at: position)
        topology.deadpool.learn(position, at: now.instant)
        timers[.probe] = nil
        timers.set(.verify, noLaterThan: now.instant + random.duration(in: limits.probePause))
        endUnjoined()
        askForeignRoots()
        report(.joined(link.contact))
    }

    /// Gives up a child that doesn't answer. It may have taken the reign nevertheless, so this node rules again only
    /// without the link.
    func giveUpPassing() {
        guard let passing = topology.passingLock.passing, passing.deadline <= now.instant,
            let link = links[passing.connection]
        else { return }
        lose(link, why: .silent)
    }
}
