// Clients that come before the node has found its position wait for it (docs/protocol.md#clients).

extension Node {
    /// Parks a client's first message while the node has no position yet: what it fetches when it joins isn't for
    /// clients.
    func park(_ message: Message, _ connection: ConnectionID) -> Bool {
        guard !sessions.hasAdmitted else { return false }
        stopReading(connection, for: .parked)
        for gone in sessions.park(message, of: connection, limitBytes: limits.parkedBytes) { refuseParked(gone) }
        return true
    }

    /// Clients that wait for that hold too much: whoever holds most is told, and closed.
    private func refuseParked(_ connection: ConnectionID) {
        counters.refused(for: .parked)
        if admission.parkedNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.tooMuchParked(clients: sessions.parkedCount))
        }
        let info = "too much waits for this server to find its position: try again later, or another one"
        turnAway(connection, info: info)
    }

    /// The node has found its position, or has given up finding one.
    func admitParked() {
        ordering.total?.open()
        sessions.admit()
        admitMoreParked()
    }

    /// Serves some of the parked clients; there may be thousands.
    func admitMoreParked() {
        guard sessions.hasParked else { return }
        for (connection, message) in sessions.takeParked(atMost: limits.crowdPerTurn) {
            readAgain(connection, after: .parked)
            receivedFromClient(message, on: connection)
        }
        if sessions.hasParked { timers[.continuation] = now.instant }
    }
}
