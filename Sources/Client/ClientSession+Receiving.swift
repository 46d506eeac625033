import Tree

// What a server says, and what a session makes of it.

extension ClientSession {
    mutating func receive(_ message: ServerMessage, _ now: Instant, _ effects: inout [Effect]) {
        switch message {
        case .registerSuccess: registered(now, &effects)
        case .registerFailed(let info):
            fail(.registrationRefused(name: identity.username, info: info), &effects)
        case .loginSuccess(let success): loggedIn(success, now, &effects)
        case .loginFailed(let info): loginFailed(info, now, &effects)
        case .authenticationFail(let info): fail(.authenticationRefused(info: info), &effects)
        case .invalidMessage(let info): complained(info, now, &effects)
        case .redirect(let address):
            switch state {
            case .registering, .loggingIn, .loggedIn: redirected(to: address, now, &effects)
            case .pausing, .connecting, .ended: break
            }
        case .broadcast(let broadcast): received(broadcast, now, &effects)
        case .gap(let gap):
            vector = vector ?? Vector()
            vector!.raise(gap.origin, to: gap.through)
            effects.append(.tell(.gap(gap)))
            settleIfCaughtUp(&effects)
        case .unknown: break
        case .nonsense: goElsewhere("it doesn't speak the protocol", now, &effects)
        }
    }

    // MARK: Getting in

    private mutating func registered(_ now: Instant, _ effects: inout [Effect]) {
        guard case .registering(let address, _) = state else { return }
        tellRegistered(&effects)
        logIn(at: address, until: now + limits.answerTimeout, &effects)
    }

    private mutating func tellRegistered(_ effects: inout [Effect]) {
        registration = .done
        let secret = secretIsMadeUp ? identity.secret : nil
        effects.append(.tell(.registered(name: identity.username, madeSecret: secret)))
    }

    private mutating func loggedIn(
        _ success: ServerMessage.LoginSuccess, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard case .loggingIn(let address, _) = state else { return }
        if registration == .asked { tellRegistered(&effects) }
        remember(success.servers)
        if let shown = success.shownSession { shownSession = shown }
        state = .loggedIn(address)
        refusals = 0
        // Later ones tell how far the server is, not how far we are.
        if vector == nil { vector = success.vector }
        let isFirst = !hasLoggedIn
        hasLoggedIn = true
        if isFirst { effects.append(.tell(.loggedIn(address, name: identity.username))) }
        for message in outbox.messages { send(message, &effects) }
        // It gets the time it needs from here on, whatever happened before.
        if !outbox.isEmpty { lastProgress = now }
        settling = Settling(
            target: isFirst ? nil : success.vector, quietAt: now + limits.quiet, until: now + limits.longestCatchUp)
        isReturning = !isFirst
        settleIfCaughtUp(&effects)
    }

    private mutating func loginFailed(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        guard case .loggingIn = state else { return }
        if registration == .asked {
            // So the registration never got there.
            registration = .wanted
            return goElsewhere(info, now, &effects)
        }
        // Whoever was let in once has the right secret. A server may also say that it cannot check it now.
        refusals += 1
        if hasLoggedIn || info.contains("try again"), refusals <= limits.refusals {
            return goElsewhere(info, now, &effects)
        }
        fail(.loginRefused(name: identity.username, info: info), &effects)
    }

    /// `INVALID_MESSAGE`: usually a mistake of ours, or the server wants to be rid of us. What it takes offence at may
    /// be a message that we would say again for ever.
    private mutating func complained(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        if !hasLoggedIn {
            switch state {
            case .registering(let address, _), .loggingIn(let address, _):
                return fail(.notUnderstood(address, info: info), &effects)
            case .pausing, .connecting, .loggedIn, .ended: return fail(.messageRefused(info: info), &effects)
            }
        }
        let oldest = outbox.messages.first?.sequence
        var times = 1
        if let complained, complained.oldest == oldest { times += complained.times }
        complained = (oldest, times)
        if times >= 3 { return fail(.messageRefused(info: info), &effects) }
        effects.append(.tell(.complaint(info: info)))
        goElsewhere(info, now, &effects)
    }

    // MARK: Hearing

    private mutating func received(_ broadcast: Broadcast, _ now: Instant, _ effects: inout [Effect]) {
        guard case .loggedIn = state else { return }
        if let id = broadcast.id {
            if vector?.covers(id) == true { return }
            vector = vector ?? Vector()
            vector!.raise(id.origin, to: id.sequence)
            if let stamp = broadcast.stamp, !broadcast.isLate, last.map({ $0.stamp <= stamp }) ?? true {
                last = (stamp, id)
            }
            if var settling, settling.target?.covers(id) == true {
                caughtUp += 1
                settling.quietAt = now + limits.quiet
                self.settling = settling
            }
        }
        if isOwnEcho(broadcast) {
            lastProgress = now
            complained = nil
            resumeInputIfRoom(&effects)
        }
        if let session = broadcast.session, let sequence = broadcast.sequence {
            let isFirst = doubles.isFirst(user: broadcast.sender, session: session, sequence: sequence)
            if !isFirst { return settleIfCaughtUp(&effects) }
        }
        effects.append(.show(broadcast))
        settleIfCaughtUp(&effects)
    }

    private mutating func isOwnEcho(_ broadcast: Broadcast) -> Bool {
        guard broadcast.sender == identity.username, !outbox.isEmpty else { return false }
        if let session = broadcast.session, let sequence = broadcast.sequence {
            return session == shownSession ?? identity.session && outbox.cameBack(sequence)
        }
        // Servers of the base protocol say nothing but what was said.
        return broadcast.id == nil && outbox.cameBack(broadcast.activity)
    }

    // MARK: Catching up

    /// All that was missed is here, as far as can be told.
    private mutating func settleIfCaughtUp(_ effects: inout [Effect]) {
        guard isReturning, let settling else { return }
        if let target = settling.target, let vector, !vector.covers(target) { return }
        tellReturn(&effects)
    }

    /// The login has held for a while, and nothing more comes of what was missed.
    mutating func settle(_ effects: inout [Effect]) {
        settling = nil
        roundsDone = 0
        redirects = 0
        if outbox.isEmpty { complained = nil }
        tellReturn(&effects)
    }

    private mutating func tellReturn(_ effects: inout [Effect]) {
        guard isReturning, case .loggedIn(let address) = state else { return }
        isReturning = false
        lost = nil
        effects.append(.tell(.reconnected(address, wasRedirected: wasRedirected, caughtUp: caughtUp)))
        caughtUp = 0
        wasRedirected = false
    }
}
