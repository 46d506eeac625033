// Who is still there (docs/protocol.md#failure-detection).
//
// Any byte counts as life. A node that was itself late judges nobody in that round: what the others sent in time may
// still lie unread, since the runner's timers may run before its sockets are read.

extension Node {
    func sendHeartbeats() {
        timers[.heartbeat] = now.instant + limits.heartbeat
        for link in links where link.isNode { sendHeartbeat(on: link) }
    }

    private func sendHeartbeat(on link: Link) {
        let heartbeat = heartbeat(for: link)
        link.toldHeartbeat = heartbeat
        send(.heartbeat(heartbeat), to: link.connection)
    }

    private func heartbeat(for link: Link) -> Heartbeat {
        Heartbeat(label: label, size: branchSize(for: link))
    }

    /// The branch behind this node has grown or shrunk: that decides how many copies are needed, so it is said at once.
    func tellSizes() {
        for link in links where link.isNode && link.toldHeartbeat?.size != heartbeat(for: link).size {
            sendHeartbeat(on: link)
        }
    }

    func received(_ heartbeat: Heartbeat, on link: Link) {
        link.size = min(heartbeat.size, limits.nodes)
        if link.role == .parent { _ = take(heartbeat.label, from: link) }
    }

    /// How late the runner was with the deadline that it is woken for now.
    func noticeOwnStall() {
        guard mutation != .timersBeforeReads, let earliest = timers.earliest, earliest < now.instant,
            now.instant - earliest > limits.ownStall
        else {
            return
        }
        noVerdictBefore = now.instant + limits.heartbeat
    }

    func judgeSilence() {
        if let noVerdictBefore, now.instant < noVerdictBefore {
            timers[.silence] = noVerdictBefore
            return
        }
        for link in links where link.isNode && now.instant - link.lastHeard >= limits.silence {
            lose(link, why: .silent)
        }
        timers[.silence] = links.filter(\.isNode).map { $0.lastHeard + limits.silence }.min()
    }

    /// The search has had its time: clients don't wait for it any longer.
    func goOnAlone() {
        guard waitsAlone else { return }
        waitsAlone = false
        report(.alone)
    }
}
