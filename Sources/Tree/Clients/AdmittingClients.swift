// A client has shown who it is, and is let in (docs/protocol.md#clients).

extension Node {
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
                    shown: shown, resumeToken: resumeToken,
                    bearerToken: bearerToken(asked: login, as: user, after: proof), copies: configuration.replicas + 1,
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
            // The entries that come next may already have a gap. In total order the client is told of it when delivery
            // reaches it.
            var gaps = ordering.total == nil && client.wantsGaps ? replication.gaps(behind: log.safe) : []
            if !gaps.isEmpty {
                let vector = log.vector(at: log.safe)
                gaps.removeAll { vector[$0.gap.origin] >= $0.gap.through }
            }
            if gaps.isEmpty {
                emit(.follow(connection, from: readableEnd))
            } else {
                sessions.beganCatchingUp(connection)
                tell(gaps, to: connection, whoFollowedTo: log.safe)
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
}
