/// Who counts as gone.
struct FailureDetector {
    /// Set while a node that lost its last link lets its search come first.
    var waitsAlone = false
    /// Heartbeats of others aren't judged before, since this node was itself late.
    var noVerdictBefore: Instant?
}

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
        let size = branchSize(for: link)
        link.toldSize = size
        send(.heartbeat(Heartbeat(label: topology.label, size: size)), to: link.connection)
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
        failureDetection.noVerdictBefore = now.instant + limits.heartbeat
    }

    func judgeSilence() {
        if let noVerdictBefore = failureDetection.noVerdictBefore, now.instant < noVerdictBefore {
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
        guard failureDetection.waitsAlone else { return }
        failureDetection.waitsAlone = false
        report(.alone)
    }
}
