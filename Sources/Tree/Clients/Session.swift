// What becomes of each message of a client, and of a client that goes (docs/protocol.md#clients).

extension Node {
    func receivedFromClient(_ message: Message, on connection: ConnectionID) {
        guard sessions.count < limits.clients || sessions.contains(connection) else {
            return refuseNewcomer(connection)
        }
        if draining.moves.isDraining, sessions[connection]?.isLoggedIn != true, message.comesFromNewcomer {
            counters.refused(for: .leaving)
            return turnAway(connection, info: "this server is being drained: use another one")
        }
        if !bans.isEmpty, sessions[connection]?.isLoggedIn != true, let ban = ban(ofAddressOf: connection) {
            return refuseBanned(message, ban, on: connection)
        }
        heardFromClient(connection)
        limitRate(of: connection)
        switch message {
        case .login(let login):
            guard !refusesPlainSecret(of: message, on: connection) else { return }
            guard !park(message, connection) else { return }
            sessions.loginRequested(on: connection, understanding: login.features)
            logIn(login, on: connection)
        case .register(let username, let secret):
            guard !refusesPlainSecret(of: message, on: connection) else { return }
            guard !park(message, connection) else { return }
            register(username, secret, on: connection)
        case .changeSecret(let change):
            guard !refusesPlainSecret(of: message, on: connection) else { return }
            guard !park(message, connection) else { return }
            changeSecret(change, on: connection)
        case .activity(let activity):
            say(activity, on: connection)
        case .ping(let id): answerPing(id, on: connection)
        case .logout, .invalidMessage, .unavailable, .authenticationFail:
            forget(connection, manner: .now)
        default:
            refuse(connection, info: message.reasonToRefuse(isClient: true))
        }
    }

    /// Refuses a client because the node is full. Servers and operators' tools still get in.
    private func refuseNewcomer(_ connection: ConnectionID) {
        counters.refused(for: .clients)
        if admission.fullNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.full(clients: sessions.count))
        }
        turnAway(connection, info: "this server is full: try again later, or another one")
    }

    /// Whether a client is logged in, or there may be one more of its address.
    func hasPlace(forAddressOf connection: ConnectionID) -> Bool {
        guard sessions[connection]?.isLoggedIn != true else { return true }
        let address = address(of: connection)
        return !isLimited(address) || sessions.load(from: address) < limits.clients(of: address)
    }

    /// As many clients of its address are logged in as may be. Other addresses still find a place.
    func refuseFurtherClient(_ connection: ConnectionID) {
        counters.refused(for: .address)
        let count = sessions.load(from: address(of: connection))
        if admission.addressNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.addressFull(connection, clients: count))
        }
        turnAway(connection, info: "\(count) clients from your address are logged in here, as many as may be")
    }

    func deny(_ connection: ConnectionID, info: String, for cause: RefusalCause? = nil) {
        if let cause { counters.refused(for: cause) }
        send(.authenticationFail(Refusal(reason: nil, info: info)), to: connection)
        forget(connection, manner: .afterFlush)
    }

    // MARK: Going

    /// The connection of a client is gone.
    func clientLeft(_ connection: ConnectionID) {
        guard let client = sessions[connection] else { return }
        sessions.left(connection)
        if client.isResuming { resuming.left(connection) }
        admission.idle.left(connection)
    }

    static let tooSlow = "too slow: more was waiting to be read than is kept for a client, log in again"
    static let standsStill = "too slow: nothing of what was waiting to be read was taken for too long, log in again"

    /// Closes a client that reads too slowly. It is told so now, in case it still reads, and at its next login.
    ///
    /// - Parameter standsStill: whether it took nothing at all; false if too much waits for it.
    func clientFellBehind(_ connection: ConnectionID, standsStill: Bool = false) {
        guard let client = sessions[connection] else { return }
        let info = standsStill ? Self.standsStill : Self.tooSlow
        counters.clientFellBehind()
        report(.clientFellBehind(connection, user: client.user, standsStill: standsStill))
        if client.isLoggedIn { sessions.cut(session(of: connection), because: info, limit: limits.cutSessions) }
        refuse(connection, info: info, for: nil)
    }

    /// Tells clients of a gap when their cursors reach it. A client that was told earlier would count the entries
    /// before the gap as read, and would not get them at another node. A client that follows the lines stops
    /// following them, and resumes from where it is.
    func tellClients(of gap: Log.Gap, at position: LogPosition) {
        for connection in sessions.connections where sessions[connection]!.isLoggedIn {
            guard sessions[connection]!.wantsGaps || sessions[connection]!.isResuming else { continue }
            if !sessions[connection]!.isResuming {
                sessions.beganCatchingUp(connection)
                resuming.stopsFollowing(connection)
                emit(.unfollow(connection))
            }
            resuming.learnt(of: gap, at: position, for: connection)
        }
    }

    /// The name is no longer whose it was, or the secret no longer the same: who is logged in is told why, and closed.
    ///
    /// - Parameter user: the name as it was registered.
    func closeSessions(of user: String, info: String) {
        for connection in sessions.connections(of: user) { deny(connection, info: info) }
    }
}
