// What clients say, and their sessions (docs/protocol.md#clients).

extension Node {
    func receivedFromClient(_ message: Message, on connection: ConnectionID) {
        guard sessions.count < limits.clients || sessions.contains(connection) else {
            return refuseNewcomer(connection)
        }
        if moves.isDraining, sessions[connection]?.isLoggedIn != true, message.comesFromNewcomer {
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

    /// Parks a client's first message while the node has no position yet: what it fetches when it joins isn't for
    /// clients.
    private func park(_ message: Message, _ connection: ConnectionID) -> Bool {
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

    // MARK: Activities

    private func say(_ activity: ActivityMessage, on connection: ConnectionID) {
        guard let client = sessions[connection], client.isLoggedIn else {
            return deny(connection, info: "client not login")
        }
        // A client of the original system leaves its name out: it speaks under the name of its login.
        if let username = activity.username {
            // It is mostly the very name, which is found out without a look at its characters.
            guard username == client.user || configuration.names.areOne(username, client.user) else {
                return deny(connection, info: "username and secret do not match the logged in the user")
            }
            // Who has shown a certificate or a resume token has shown no secret, and needs none.
            if client.user != Login.anonymous, client.digest != nil {
                guard let secret = activity.secret else {
                    return refuse(connection, info: "the message did not contain the field secret")
                }
                guard configuration.digest(secret) == client.digest else {
                    return deny(connection, info: "username and secret do not match the logged in the user")
                }
            }
        }
        let retry = activity.sequence.map { RetryKey(session: session(of: connection), sequence: $0) }
        if let retry, sessions.duplicates.isRetry(retry, by: client.user) { return }
        sessions.said(connection)
        let text = log.format.process(activity.text, sender: client.user)
        accept(.activity(Activity(sender: client.user, text: text, retry: retry)))
        holdBack(connection)
    }

    func deny(_ connection: ConnectionID, info: String) {
        send(.authenticationFail(Refusal(reason: nil, info: info)), to: connection)
        forget(connection, manner: .afterFlush)
    }

    // MARK: Coming

    /// The client has shown who it is.
    ///
    /// - Parameters:
    ///   - user: the name as it was registered, whatever spelling the login has.
    ///   - proof: how it has shown that.
    func admit(_ login: Login, as user: String, by proof: LoginProof, on connection: ConnectionID) {
        guard let client = sessions[connection] else { return }
        let wasLoggedIn = client.isLoggedIn
        let brought = login.session.map(configuration.sessionName)
        if let ban = ban(of: user, session: brought, on: connection) {
            return refuseBanned(.login(login), ban, on: connection)
        }
        // Others of its address may have come while its secret was checked.
        guard hasPlace(forAddressOf: connection) else { return refuseFurtherClient(connection) }
        sessions.loggedIn(
            connection, as: user, by: proof,
            digest: proof == .secret ? login.secret.map(configuration.digest) : nil,
            session: brought, from: address(of: connection), atMilliseconds: now.wallMilliseconds)
        if !wasLoggedIn { forgetStranger(connection) }
        heardFromClient(connection)
        let shown = self.session(of: connection)
        let resumeToken = resumeToken(as: user, after: proof, session: shown)
        let isSpelledSo = NameKey(exactly: user) == NameKey(exactly: login.username)
        send(
            .loginSuccess(
                LoginSuccess(
                    info: "logged in as user \(user)", username: isSpelledSo ? nil : user, vector: vectorForClients,
                    servers: directory.addresses(limit: limits.serversNamed),
                    session: login.session ?? token(of: connection),
                    shown: shown, resumeToken: resumeToken, copies: configuration.replicas + 1,
                    lineBytes: limits.clientLineBytes,
                    idleTimeout: limits.idleTimeout,
                    cut: wasLoggedIn ? nil : sessions.takeCut(shown))),
            to: connection)
        if !wasLoggedIn, let target = redirectTarget(for: login, as: user) {
            return redirect(connection, username: user, to: target, resumeToken)
        }
        if wasLoggedIn { return }
        if let since = login.since {
            beginResume(since, last: login.last, on: connection)
        } else {
            emit(.follow(connection, from: readableEnd))
            // The entries that come next may already have a gap. In total order the client is told of it when delivery
            // reaches it.
            guard ordering.total == nil else { return }
            let vector = log.vector(at: log.safe)
            for gap in replication.gaps(behind: log.safe) where vector[gap.origin] < gap.through {
                if client.wantsGaps { send(.gap(gap, stamp: .zero), to: connection) }
            }
        }
    }

    /// The name of a client's session as others see it. If the client brought no session, it follows from its
    /// connection, so that nothing has to be stored.
    func session(of connection: ConnectionID) -> String {
        if let session = sessions[connection]?.identity?.session { return session }
        return configuration.sessionName(token(of: connection))
    }

    /// The token that such a client shows to continue its session elsewhere. It can't be inferred from what others see.
    private func token(of connection: ConnectionID) -> String {
        let digest = configuration.digest(Secret("session \(sessions.seed) \(connection.value)"))
        return RandomNumbers.token(of: digest)
    }

    // MARK: Going

    /// The connection of a client is gone.
    func clientLeft(_ connection: ConnectionID) {
        guard let client = sessions[connection] else { return }
        sessions.left(connection)
        if client.isResuming { resuming.left(connection) }
        idleClients.left(connection)
    }

    static let tooSlow = "too slow: more was waiting to be read than is kept for a client, log in again"
    static let standsStill = "too slow: nothing of what was waiting to be read was taken for too long, log in again"

    /// Closes a client that reads too slowly. It is told so now, in case it still reads, and at its next login.
    func clientFellBehind(_ connection: ConnectionID, info: String = Node.tooSlow) {
        guard let client = sessions[connection] else { return }
        counters.clientFellBehind()
        report(.clientFellBehind(connection, user: client.user))
        if client.isLoggedIn { sessions.cut(session(of: connection), because: info, limit: limits.cutSessions) }
        refuse(connection, info: info)
    }

    /// Tells clients of a gap. A client that follows the log is told at once, since the gap's bounds say where it
    /// belongs; a resuming client is told when its cursor reaches it.
    func tellClients(of gap: Log.Gap, at position: LogPosition) {
        for connection in sessions.connections where sessions[connection]!.isLoggedIn {
            if sessions[connection]!.isResuming {
                resuming.learnt(of: gap, at: position, for: connection)
            } else if sessions[connection]!.wantsGaps {
                send(.gap(gap, stamp: .zero), to: connection)
            }
        }
    }

    /// The name is no longer whose it was, or the secret no longer the same: who is logged in is told why, and closed.
    ///
    /// - Parameter user: the name as it was registered.
    func closeSessions(of user: String, info: String) {
        for connection in sessions.connections(of: user) { deny(connection, info: info) }
    }
}
