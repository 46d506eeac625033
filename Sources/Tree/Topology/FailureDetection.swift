/// Decides when this node may judge others by their silence, and when it goes on without any other node.
struct FailureDetector {
    /// Set while a node that has lost its last link waits for its search before it serves its clients alone.
    private(set) var waitsAlone = false
    /// Before this instant the node judges nobody, since it was itself late.
    private var noVerdictBefore: Instant?

    /// A link to another node stands.
    mutating func linkOpened() { waitsAlone = false }

    /// No link to another node is left.
    mutating func lastLinkLost() { waitsAlone = true }

    /// The search has had its time.
    ///
    /// - Returns: false if the node isn't waiting any more.
    mutating func graceEnded() -> Bool {
        defer { waitsAlone = false }
        return waitsAlone
    }

    /// The node is woken at `now` for a deadline. If that is late, heartbeats of others may still lie unread.
    mutating func woken(at now: Instant, for deadline: Instant, limits: Limits) {
        guard now > deadline, now - deadline > limits.ownStall else { return }
        noVerdictBefore = now + limits.heartbeat
    }

    /// When the node judges others again; nil if it may do so now.
    func verdictPostponed(at now: Instant) -> Instant? {
        guard let noVerdictBefore, now < noVerdictBefore else { return nil }
        return noVerdictBefore
    }

    /// Whether a link that was last heard at that instant counts as lost.
    func isSilent(lastHeard: Instant, at now: Instant, limits: Limits) -> Bool {
        now - lastHeard >= limits.silence
    }
}

// Who is still there (docs/protocol.md#failure-detection).
//
// Any byte counts as life. A node that was itself late judges nobody in that round: what the others sent in time may
// still lie unread, since the runner's timers may run before its sockets are read.

extension Node {
    func sendHeartbeats() {
        timers[.heartbeat] = now.instant + limits.heartbeat
        judgeStuckLinks()
        for link in links where link.isNode { sendHeartbeat(on: link) }
    }

    private func sendHeartbeat(on link: Link) {
        let size = branchSize(for: link)
        link.tells(size: size)
        let waits = distanceOfStuck(for: link)
        send(.heartbeat(Heartbeat(label: topology.label, size: size, waits: waits)), to: link.connection)
    }

    /// The branch behind this node has grown or shrunk. Where that decides how many copies are needed it is said at
    /// once. Above that the next heartbeat is soon enough: otherwise everybody would hear of every single newcomer.
    func tellSizes() {
        let component = componentSize
        for link in links where link.isNode {
            let size = component - Int(link.size)
            guard link.toldSize.map({ min(Int($0), limits.sizeSaidAtOnce) }) != min(size, limits.sizeSaidAtOnce) else {
                continue
            }
            sendHeartbeat(on: link)
        }
    }

    func heardHeartbeat(_ heartbeat: Heartbeat, on link: Link) {
        link.reports(size: min(heartbeat.size, limits.nodes))
        link.owed.heard(distance: min(heartbeat.waits, limits.depth * 2))
        if link.role == .parent { parentShowed(heartbeat.label, on: link) }
    }

    /// How late the runner was with the deadline that it is woken for now.
    func noticeOwnStall() {
        guard mutation != .timersBeforeReads, let earliest = timers.earliest else { return }
        failureDetection.woken(at: now.instant, for: earliest, limits: limits)
    }

    func judgeSilence() {
        if let postponed = failureDetection.verdictPostponed(at: now.instant) {
            timers[.silence] = postponed
            return
        }
        for link in links
        where link.isNode
            && failureDetection.isSilent(lastHeard: link.receiving.lastHeard, at: now.instant, limits: limits)
        {
            lose(link, why: .silent)
        }
        timers[.silence] = links.filter(\.isNode).map { $0.receiving.lastHeard + limits.silence }.min()
    }

    /// The search has had its time: clients don't wait for it any longer.
    func aloneGraceEnded() {
        if failureDetection.graceEnded() { report(.alone) }
    }
}
