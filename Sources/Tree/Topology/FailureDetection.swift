/// Decides when this node may judge others by their silence, and when it serves its clients alone.
struct FailureDetector {
    /// Set while a node that has lost its last link searches before it serves its clients alone.
    private(set) var waitsAlone = false
    /// Until this instant the node judges no other, since it was late itself.
    private var noVerdictBefore: Instant?

    /// A link to another node stands.
    mutating func linkOpened() { waitsAlone = false }

    /// No link to another node is left.
    mutating func lastLinkLost() { waitsAlone = true }

    /// The time for the search is over.
    ///
    /// - Returns: whether the node was still waiting.
    mutating func graceEnded() -> Bool {
        defer { waitsAlone = false }
        return waitsAlone
    }

    /// The node is woken at `now` for a deadline. If that is late, heartbeats of other nodes may still lie unread.
    mutating func woken(at now: Instant, for deadline: Instant, limits: Limits) {
        guard now > deadline, now - deadline > limits.ownStall else { return }
        noVerdictBefore = now + limits.heartbeat
    }

    /// When the node may judge others again; nil if it may do so now.
    func verdictPostponed(at now: Instant) -> Instant? {
        guard let noVerdictBefore, now < noVerdictBefore else { return nil }
        return noVerdictBefore
    }

    /// Whether a link that was last heard at `lastHeard` counts as lost.
    func isSilent(lastHeard: Instant, at now: Instant, limits: Limits) -> Bool {
        now - lastHeard >= limits.silence
    }
}

// How a node finds out that another one is lost (docs/protocol.md#failure-detection).
//
// Any message counts as a sign of life. A node that was late itself judges no other in that round: messages that came
// in time may still lie unread, since the runner's timers may run before it reads its sockets.

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

    /// Tells neighbours that the branch behind this node has grown or shrunk. If that decides how many copies are
    /// needed, they are told at once. For larger branches the next heartbeat is soon enough: otherwise the whole tree
    /// would hear of every newcomer.
    func tellSizes() {
        let component = componentSize
        for link in links where link.isNode {
            let size = component - Int(link.size)
            guard link.toldSize.map({ min(Int($0), Limits.sizeSaidAtOnce) }) != min(size, Limits.sizeSaidAtOnce) else {
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

    /// Notes how late the runner was with the deadline that has come.
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

    /// The time for the search is over: clients don't wait for it any longer.
    func aloneGraceEnded() {
        if failureDetection.graceEnded() { report(.alone) }
    }
}
