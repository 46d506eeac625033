// Logins that somebody else vouches for, by a token that he has signed (docs/protocol.md#tokens-of-others). The runner
// checks the token; who the client then is, is decided here.

extension Node {
    func logIn(_ login: Login, by jwt: Secret, on connection: ConnectionID) {
        guard configuration.vouchedNames != .none else {
            return jwtRefused(connection, "this server takes no tokens of others (--jwt-key)")
        }
        guard jwt.text.utf8.count <= Limits.jwtBytes else {
            return jwtRefused(connection, "the token is longer than \(Limits.jwtBytes) bytes")
        }
        if let info = jwtPause(on: connection) { return jwtRefused(connection, info) }
        let source = source(of: connection)
        guard admission.jwtQueue.count < limits.hashesWaiting, mayWait(source) else {
            counters.refused(for: .busy)
            return jwtRefused(connection, "too many tokens wait to be checked: try again")
        }
        stopReading(connection, for: .awaitsAnswer)
        let ticket = admission.work.add(.vouching(connection, login))
        // What the token says isn't known yet, so clients take turns by themselves.
        admission.jwtQueue.add(
            .init(ticket: ticket, secret: jwt, kind: .verify(against: nil)), from: source,
            for: NameKey(exactly: "\(connection.value)"))
        startJWTChecks()
    }

    private func mayWait(_ source: HashQueue.Source) -> Bool {
        guard case .address(let address) = source, isLimited(address) else { return true }
        return admission.jwtQueue.waiting(of: source) < limits.hashesWaiting(of: address)
    }

    private func startJWTChecks() {
        while let job = admission.jwtQueue.next(atOnce: Limits.jwtsAtOnce) {
            guard case .vouching(let connection, _)? = admission.work[job.ticket], sessions[connection] != nil else {
                _ = admission.work.take(job.ticket)
                continue
            }
            // It was queued before earlier ones turned out to be forged.
            if let info = jwtPause(on: connection) {
                _ = admission.work.take(job.ticket)
                jwtRefused(connection, info)
                continue
            }
            admission.jwtQueue.began()
            emit(.vouch(job.ticket, token: job.secret))
        }
    }

    /// The runner has checked a token.
    func vouched(_ ticket: Ticket, _ vouching: Vouching) {
        admission.jwtQueue.ended()
        defer { startJWTChecks() }
        guard case .vouching(let connection, let login)? = admission.work.take(ticket), sessions[connection] != nil
        else { return }
        switch vouching {
        case .refused(let info, let isForged):
            if isForged {
                admission.attempts.jwtWasForged(from: limitedAddress(of: connection), at: now.instant)
            }
            jwtRefused(connection, info)
        case .name(let name):
            if let info = reasonToRefuse(name, login) { return jwtRefused(connection, info) }
            let user = accounts.account(meantBy: name)?.shownName ?? name
            // From before, if it is logged in already under another name.
            admission.vouched.forget(connection)
            admission.vouched.add(connection, as: key(of: user))
            admit(login, as: user, by: .vouched, on: connection)
            readAgain(connection, after: .awaitsAnswer)
        }
    }

    /// Why a token that is right lets nobody in; nil if it does.
    private func reasonToRefuse(_ name: String, _ login: Login) -> String? {
        if let info = flaw(inName: name, secret: Secret("")) { return "the token's sub is no name: \(info)" }
        if configuration.names.areOne(name, Login.anonymous) { return "the token is for \(name), who needs none" }
        if !login.username.isEmpty, !configuration.names.areOne(name, login.username) {
            return "the token is for another name"
        }
        if configuration.vouchedNames == .unregistered, accounts.account(meantBy: name) != nil {
            return "\(name) is registered here: log in with the secret, or ask the operator (--jwt-owns-names)"
        }
        return nil
    }

    private func jwtRefused(_ connection: ConnectionID, _ info: String) {
        send(.loginFailed(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// A name has an owner now who registered it: a token for it is no more of use, and whoever is in by one is told.
    func closeVouched(of account: Account) {
        guard configuration.vouchedNames == .unregistered, !admission.vouched.isEmpty else { return }
        for connection in admission.vouched.connections(of: key(of: account.shownName)) {
            deny(connection, info: "\(account.shownName) was registered: a token for it is no more taken")
        }
    }
}

/// What became of a token by which somebody else vouches for a name.
public enum Vouching: Hashable, Sendable {
    /// It is right, and for this name.
    case name(String)
    /// It isn't taken, for a reason that its sender is told. It is forged if nobody who is believed has signed it.
    case refused(info: String, isForged: Bool)
}
