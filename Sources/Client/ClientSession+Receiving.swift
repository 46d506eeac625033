import Tree
import Wire

// How a session handles a server's messages.

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
        case .unavailable(let info, let servers): turnedAway(info, to: servers, now, &effects)
        case .redirect(let address, let token):
            if let here = currentAddress { received(token, from: here, now) }
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
        case .notice(let info, let waits): noticed(info, waits: waits, now, &effects)
        // A session has asked for none of these.
        case .secretChanged, .changeFailed, .status, .administered, .unknown: break
        case .malformed, .noMessage: goElsewhere("it doesn't speak the protocol", now, &effects)
        }
    }

    /// The server holds this client back, or says something else that people should know.
    private mutating func noticed(_ info: String, waits: Bool?, _ now: Instant, _ effects: inout [Effect]) {
        guard case .loggedIn(let address) = state else { return }
        switch waits {
        case nil: effects.append(.tell(.told(by: address, info: info)))
        case true?:
            isHeldBack = true
            effects.append(.tell(.heldBack(address, info: info)))
        case false?:
            guard isHeldBack else { return }
            isHeldBack = false
            lastProgress = now
            effects.append(.tell(.goesOn(address)))
        }
    }

    // MARK: Getting in

    private mutating func registered(_ now: Instant, _ effects: inout [Effect]) {
        guard case .registering(let address, _) = state else { return }
        tellRegistered(&effects)
        logIn(at: address, until: now + limits.answerTimeout, now, &effects)
    }

    private mutating func tellRegistered(_ effects: inout [Effect]) {
        registration = .done
        let secret = secretIsMadeUp ? identity.secret : nil
        effects.append(.tell(.registered(name: identity.username, madeSecret: secret)))
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
        if registration == .asked { tellRegistered(&effects) }
        remember(success.servers)
        if let shown = success.shownSession { shownSession = shown }
        registeredName = success.username
        // A limit as low as that can't be meant, and would keep the client from saying anything.
        lineBytes = success.lineBytes.flatMap { $0 >= ClientLimits.leastLineBytes ? $0 : nil } ?? limits.lineBytes
        promisedCopies = success.copies ?? 1
        pingPause = success.idleSeconds.flatMap { seconds in
            guard ClientLimits.idleSeconds.contains(seconds) else { return nil }
            return max(.seconds(seconds) / ClientLimits.pingsPerIdleTimeout, ClientLimits.shortestPingPause)
        }
        state = .loggedIn(address)
        refusals = 0
        // At a later login the server's vector says how far the server is, and not how far this client is.
        let reached = success.vector.map { Vector($0) }
        if vector == nil { vector = reached }
        let isFirst = !hasLoggedIn
        hasLoggedIn = true
        if isFirst {
            effects.append(.tell(.loggedIn(address, name: shownName)))
            if takesCommands { effects.append(.tell(.answer(Self.greeting))) }
        }
        if let cut = success.cut {
            effects.append(.tell(.told(by: address, info: "the connection was closed before: \(cut)")))
        }
        isHeldBack = false
        refuseTooLong(&effects)
        sentThrough = 0
        sendOutstanding(&effects)
        // The time for the own messages to come back begins anew.
        if !outbox.isEmpty { lastProgress = now }
        settling = Settling(
            target: isFirst ? nil : reached, quietAt: now + limits.quiet, until: now + limits.longestCatchUp)
        isReturning = !isFirst
        settleIfCaughtUp(&effects)
    }

    private mutating func loginFailed(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        guard case .loggingIn(let address, _) = state else { return }
        if tokenRefused(by: address) { return goElsewhere(info, now, &effects) }
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
        fail(.loginRefused(name: identity.username, info: info), &effects)
    }

    /// Handles `INVALID_MESSAGE`. Usually the client made a mistake, or the server wants to close the connection. The
    /// reason may be one message, which the client would otherwise repeat for ever.
    private mutating func complained(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        if !hasLoggedIn {
            switch state {
            case .registering(let address, _), .loggingIn(let address, _):
                return fail(.notUnderstood(address, info: info), &effects)
            case .pausing, .connecting, .loggedIn, .ended: return fail(.serverComplains(info: info), &effects)
            }
        }
        let underWay = isOnline ? outbox.messages.prefix { $0.sequence <= sentThrough } : []
        if underWay.isEmpty || Self.isAboutTheConnection(info) {
            complaints += 1
            if complaints >= limits.complaints { return fail(.serverComplains(info: info), &effects) }
            effects.append(.tell(.complaint(info: info)))
        } else if underWay.count == 1 {
            complainedAbout(underWay[underWay.startIndex], info, &effects)
        } else {
            effects.append(.tell(.complaint(info: info)))
            oneByOneThrough = sentThrough
        }
        goElsewhere(info, now, &effects)
    }

    private mutating func complainedAbout(_ message: Outbox.Message, _ info: String, _ effects: inout [Effect]) {
        let times = suspect?.sequence == message.sequence ? suspect!.times + 1 : 1
        suspect = (message.sequence, times)
        guard times >= limits.complaintsPerMessage else {
            oneByOneThrough = max(message.sequence, oneByOneThrough ?? 0)
            effects.append(.tell(.complaint(info: info)))
            return
        }
        suspect = nil
        outbox.remove(message.sequence)
        refuse(.refusedByServer(text: BroadcastText.text(of: message.activity), info: info), &effects)
        resumeInputIfRoom(&effects)
    }

    /// Whether the complaint is about the connection, and not about a message.
    private static func isAboutTheConnection(_ info: String) -> Bool {
        ["too slow", "try again", "is full"].contains { info.contains($0) }
    }

    // MARK: Receiving

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
        let isOwn = isOwnEcho(broadcast)
        if isOwn {
            lastProgress = now
            complaints = 0
            if oneByOneThrough != nil { sendOutstanding(&effects) }
            resumeInputIfRoom(&effects)
        }
        if let session = broadcast.session, let sequence = broadcast.sequence {
            let isFirst = doubles.isFirst(user: broadcast.sender, session: session, sequence: sequence)
            if !isFirst { return settleIfCaughtUp(&effects) }
        }
        people.heard(Person(broadcast), at: now)
        let receipt = isOwn ? Receipt(copies: broadcast.copies ?? promisedCopies, promised: promisedCopies) : nil
        effects.append(.show(broadcast, receipt))
        settleIfCaughtUp(&effects)
    }

    private mutating func isOwnEcho(_ broadcast: Broadcast) -> Bool {
        guard broadcast.sender == shownName, !outbox.isEmpty else { return false }
        if let session = broadcast.session, let sequence = broadcast.sequence {
            return session == shownSession ?? identity.session && outbox.cameBack(sequence)
        }
        // A server of the base protocol gives no id, so the message is recognised by its content.
        return broadcast.id == nil && outbox.cameBack(broadcast.activity)
    }

    // MARK: Catching up

    /// Reports that the client has caught up, as soon as everything that it missed has come.
    private mutating func settleIfCaughtUp(_ effects: inout [Effect]) {
        guard isReturning, let settling else { return }
        if let target = settling.target, let vector, !vector.covers(target) { return }
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
        guard isReturning, case .loggedIn(let address) = state else { return }
        isReturning = false
        effects.append(.tell(.reconnected(address, by: outage?.sentBy, caughtUp: caughtUp)))
        outage = nil
        caughtUp = 0
    }
}
