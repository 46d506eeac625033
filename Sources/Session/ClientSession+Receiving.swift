import Tree
import Wire

// How a session handles a server's messages.

extension ClientSession {
    mutating func receive(_ message: ServerMessage, _ now: Instant, _ effects: inout [Effect]) {
        switch state {
        case .pausing, .connecting, .ended: return
        case .registering, .loggingIn, .loggedIn: heartbeat.heard(now)
        }
        switch message {
        case .registerSuccess: registered(now, &effects)
        case .registerFailed(let info): end(ClientFault(.registrationRefused, info), &effects)
        case .loginSuccess(let success): loggedIn(success, now, &effects)
        case .loginFailed(let info): loginFailed(info, now, &effects)
        case .authenticationFail(let info): end(ClientFault(.loginRefused, info), &effects)
        case .invalidMessage(let info): complained(info, now, &effects)
        case .unavailable(let info, let servers): turnedAway(info, to: servers, now, &effects)
        case .redirect(let address, let token):
            if let here = currentAddress { received(token, from: here, now) }
            redirected(to: address, now, &effects)
        case .broadcast(let broadcast): received(broadcast, now, &effects)
        case .gap(let gap): received(gap, &effects)
        case .notice(let info, let waits):
            if let waits { heartbeat.isHeldBack = waits }
            effects.append(.tell(.notice(info: info, waits: waits)))
        // A session has asked for none of these.
        case .secretChanged, .changeFailed, .status, .administered, .unknown: break
        case .malformed, .noMessage: goElsewhere("it doesn't speak the protocol", now, &effects)
        }
    }

    // MARK: Getting in

    private mutating func registered(_ now: Instant, _ effects: inout [Effect]) {
        guard case .registering(let address, _) = state else { return }
        registration = .done
        effects.append(.remark(.registered))
        logIn(at: address, now, &effects)
    }

    private mutating func loggedIn(
        _ success: ServerMessage.LoginSuccess, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard case .loggingIn(let address, _) = state else {
            // The answer to the login that asks for a new token.
            if case .loggedIn(let address) = state { received(success.resumeToken, from: address, now) }
            return
        }
        received(success.resumeToken, from: address, now)
        if registration == .asked {
            registration = .done
            effects.append(.remark(.registered))
        }
        remember(success.servers)
        if let shown = success.shownSession { shownSession = shown }
        registeredName = success.username
        // A limit as low as that can't be meant, and would keep the client from saying anything.
        lineBytes = success.lineBytes.flatMap { $0 >= SessionLimits.leastLineBytes ? $0 : nil } ?? limits.lineBytes
        promisedCopies = success.copies ?? 1
        heartbeat.begin(knowsPing: success.vector != nil, idleSeconds: success.idleSeconds, now)
        state = .loggedIn(address)
        refusals = 0
        // At a later login the server's vector says how far the server is, and not how far this client is.
        let reached = success.vector.map { Vector($0) }
        if vector == nil { vector = reached }
        isReturning = hasLoggedIn
        hasLoggedIn = true
        effects.append(.tell(.connected(address, name: name, resumed: isReturning)))
        if let cut = success.cut {
            effects.append(.tell(.notice(info: "the connection was closed before: \(cut)", waits: nil)))
        }
        refuseTooLong(&effects)
        beginSending(&effects)
        target = isReturning ? reached : nil
        settling = Settling(quietAt: now + limits.quiet, until: now + limits.longestCatchUp)
        settleIfCaughtUp(&effects)
    }

    private mutating func loginFailed(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        guard case .loggingIn(let address, _) = state else { return }
        if resumeTokenRefused(by: address) { return goElsewhere(info, now, &effects) }
        if registration == .asked {
            // The name is unknown, so the registration didn't reach the server.
            registration = .wanted
            return goElsewhere(info, now, &effects)
        }
        // A client that was logged in before has the right secret. A server may also say that it can't check the secret
        // now.
        refusals += 1
        if hasLoggedIn || info.contains("try again"), refusals <= limits.refusals {
            return goElsewhere(info, now, &effects)
        }
        end(ClientFault(.loginRefused, info), &effects)
    }

    // MARK: Messages of others, and own ones that come back

    private mutating func received(_ broadcast: Broadcast, _ now: Instant, _ effects: inout [Effect]) {
        guard isOnline else { return }
        if let id = broadcast.id {
            if vector?.covers(id) == true { return }
            vector = vector ?? Vector()
            vector!.raise(id.origin, to: id.sequence)
            if let stamp = broadcast.stamp, !broadcast.isLate, last.map({ $0.stamp <= stamp }) ?? true {
                last = (stamp, id)
            }
            if target?.covers(id) == true {
                caughtUp += 1
                settling?.quietAt = now + limits.quiet
            }
        }
        let isOwn = cameBack(broadcast, &effects)
        if isFirst(broadcast) { effects.append(.tell(.message(broadcast, isOwn: isOwn))) }
        settleIfCaughtUp(&effects)
    }

    private mutating func isFirst(_ broadcast: Broadcast) -> Bool {
        guard let session = broadcast.session, let sequence = broadcast.sequence else { return true }
        let isFirst = doubles.isFirst(user: broadcast.sender, session: session, sequence: sequence)
        return isFirst || mutation == .showsDoubles
    }

    private mutating func received(_ gap: ServerMessage.Gap, _ effects: inout [Effect]) {
        guard isOnline else { return }
        vector = vector ?? Vector()
        vector!.raise(gap.origin, to: gap.through)
        if mutation != .tellsNoGaps { effects.append(.tell(.gap(gap))) }
        settleIfCaughtUp(&effects)
    }

    // MARK: Catching up

    /// Reports that the session has caught up, as soon as everything that it missed has come.
    private mutating func settleIfCaughtUp(_ effects: inout [Effect]) {
        guard let target, let vector, vector.covers(target) else { return }
        tellReturn(&effects)
    }

    /// To be called when the login has held for a while and no more missed messages come.
    mutating func settle(_ effects: inout [Effect]) {
        settling = nil
        roundsDone = 0
        redirects = 0
        timesTurnedAway = 0
        if outbox.isEmpty { complaints = 0 }
        tellReturn(&effects)
    }

    private mutating func tellReturn(_ effects: inout [Effect]) {
        guard isReturning, isOnline else { return }
        isReturning = false
        effects.append(.tell(.caughtUp(missed: caughtUp)))
        caughtUp = 0
    }
}
