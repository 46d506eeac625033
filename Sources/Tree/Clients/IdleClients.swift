/// Decides which logged-in clients have said nothing for too long, where there is a limit on that: a client that only
/// listens says `PING` now and then.
///
/// What a client says moves no deadline: only when that has come it is looked at when it spoke last.
struct IdleClients {
    private var heard: [ConnectionID: Instant] = [:]
    private var deadlines = Deadlines()

    var count: Int { heard.count }

    /// A client has said something; the first is its login.
    ///
    /// - Returns: when it has to have said something more, if it is new here.
    mutating func spoke(_ connection: ConnectionID, at now: Instant, limit: Duration) -> Instant? {
        guard heard.updateValue(now, forKey: connection) == nil else { return nil }
        deadlines.set(connection, at: now + limit)
        return now + limit
    }

    /// The limit is another one from now on; nil for none.
    ///
    /// - Returns: when the first client may be idle by it. A client that has said nothing since there is a limit isn't
    /// known
    ///   here: its silence counts from its next message on.
    mutating func limitChanged(to limit: Duration?) -> Instant? {
        guard let limit else {
            heard = [:]
            deadlines = Deadlines()
            return nil
        }
        for (connection, last) in heard.sorted(by: { $0.key < $1.key }) { deadlines.set(connection, at: last + limit) }
        return deadlines.next()
    }

    /// The connection is gone.
    mutating func left(_ connection: ConnectionID) {
        guard !heard.isEmpty, heard.removeValue(forKey: connection) != nil else { return }
        deadlines.clear(connection)
    }

    /// Time has passed.
    ///
    /// - Parameters:
    ///   - count: of those who are returned at most. The others are due at once.
    ///   - isHeld: whether a client isn't read from: then its silence is not its own.
    /// - Returns: clients that have said nothing within the limit, and when the next one may be idle.
    mutating func takeIdle(
        at now: Instant, limit: Duration, atMost count: Int, isHeld: (ConnectionID) -> Bool
    ) -> (idle: [ConnectionID], next: Instant?) {
        var idle: [ConnectionID] = []
        while idle.count < count, let connection = deadlines.takeDue(at: now) {
            if isHeld(connection) { heard[connection] = now }
            guard let last = heard[connection], now < last + limit else {
                idle.append(connection)
                continue
            }
            deadlines.set(connection, at: last + limit)
        }
        return (idle, deadlines.next())
    }
}

extension Node {
    /// A client has said something: it is not idle.
    func heardFromClient(_ connection: ConnectionID) {
        guard let limit = limits.idleTimeout, sessions[connection]?.isLoggedIn == true,
            let deadline = admission.idle.spoke(connection, at: now.instant, limit: limit)
        else { return }
        timers.set(.idle, noLaterThan: deadline)
    }

    func answerPing(_ id: String?, on connection: ConnectionID) {
        guard sessions[connection]?.isLoggedIn == true else {
            return deny(connection, info: "client not login", for: .invalid)
        }
        send(.pong(id: id), to: connection)
    }

    /// Those who have said nothing for too long are told, and closed.
    func refuseIdleClients() {
        guard let limit = limits.idleTimeout else { return }
        let gate = admission.gate
        let (idle, next) = admission.idle.takeIdle(at: now.instant, limit: limit, atMost: limits.crowdPerTurn) {
            gate.isHeld($0)
        }
        // Those who are late already are told in the next turn.
        if let next { timers.set(.idle, noLaterThan: max(next, now.instant + .milliseconds(1))) }
        for connection in idle {
            counters.clientWasIdle()
            refuse(connection, info: Self.idle(for: limit), for: nil)
        }
        if !idle.isEmpty, let count = admission.idleNotice.happened(idle.count, at: now.instant, limits.refusalNotice) {
            report(.clientsIdle(count: count))
        }
    }

    private static func idle(for limit: Duration) -> String {
        let seconds = limit.wholeMilliseconds / 1000
        return "nothing came from you for \(seconds) s: log in again, and say PING in between to be kept"
    }
}
