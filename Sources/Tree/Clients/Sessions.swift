/// A connection on which a client has spoken.
///
/// There may be twenty thousand: what a client without a name has nothing of stands apart (see `ClientTable`).
@dynamicMemberLookup
struct Client {
    enum State {
        /// Has said something valid, and is not logged in.
        case greeted
        /// Waits for the answer to its login or registration, and isn't read from until then.
        case waiting
        /// Reads the log.
        case loggedIn
        /// Reads the log, and waits for the answer to another login, or to a registration.
        case loggedInWaiting
    }

    /// What is kept of every client.
    struct Traits {
        var state = State.greeted
        var wantsGaps = false
        var wantsNotices = false
        var isCongested = false
        /// Its `Resume` stands in the node's table: it doesn't follow the log by itself yet.
        var isResuming = false
        /// What its address says of itself; the rest of that stands apart.
        var isLocal = true
    }

    var traits = Traits()
    /// Nil for an anonymous client that neither brought a session nor numbers what it says.
    var identity: Identity?
    /// Where it came from, once it is logged in: until then it stands among the strangers.
    var address = PeerAddress.loopback {
        didSet { traits.isLocal = address.isLoopback }
    }

    final class Identity {
        let user: String
        /// Of the secret shown at the login; nil for anonymous clients.
        let digest: SecretDigest?
        /// As others see it. Nil for the one that follows from the connection.
        let session: String?

        init(user: String, digest: SecretDigest?, session: String?) {
            self.user = user
            self.digest = digest
            self.session = session
        }
    }

    subscript<Value>(dynamicMember trait: WritableKeyPath<Traits, Value>) -> Value {
        get { traits[keyPath: trait] }
        set { traits[keyPath: trait] = newValue }
    }

    var user: String { identity?.user ?? (isLoggedIn ? Login.anonymous : "") }
    var digest: SecretDigest? { identity?.digest }

    var isLoggedIn: Bool {
        switch traits.state {
        case .loggedIn, .loggedInWaiting: true
        case .greeted, .waiting: false
        }
    }

    var isWaiting: Bool {
        switch traits.state {
        case .waiting, .loggedInWaiting: true
        case .greeted, .loggedIn: false
        }
    }

    /// Asked for something whose answer takes time.
    mutating func beginWaiting() { traits.state = isLoggedIn ? .loggedInWaiting : .waiting }

    /// The answer is there: it is again what it was before.
    mutating func endWaiting() { traits.state = isLoggedIn ? .loggedIn : .greeted }
}

// What clients say, and who they are (docs/protocol.md#clients).

extension Node {
    func receivedFromClient(_ message: Message, on connection: ConnectionID) {
        guard sessions.count < limits.clients || sessions.contains(connection) else {
            return refuseNewcomer(connection)
        }
        switch message {
        case .login(let login):
            guard !park(message, connection) else { return }
            sessions[connection, default: Client()].wantsGaps = login.features.contains(Login.gapFeature)
            sessions[connection]!.wantsNotices = login.features.contains(Login.noticeFeature)
            logIn(login, on: connection)
        case .register(let username, let secret):
            guard !park(message, connection) else { return }
            register(username, secret, on: connection)
        case .changeSecret(let change):
            guard !park(message, connection) else { return }
            changeSecret(change, on: connection)
        case .activity(let activity):
            say(activity, on: connection)
        case .logout, .invalidMessage, .authenticationFail:
            forget(connection, manner: .now)
        default:
            refuse(connection, info: message.reasonToRefuse(isClient: true))
        }
    }

    /// A node that has no position yet lets clients wait: what it fetches when it joins isn't for them.
    private func park(_ message: Message, _ connection: ConnectionID) -> Bool {
        guard !sessions.hasAdmitted else { return false }
        sessions.parked.append((connection, message))
        emit(.pause(connection))
        return true
    }

    /// The node has found its position, or has given up finding one.
    func admitParked() {
        sessions.hasAdmitted = true
        ordering.total?.open()
        let waiting = sessions.parked
        sessions.parked.removeAll()
        for (connection, message) in waiting {
            emit(.resume(connection))
            receivedFromClient(message, on: connection)
        }
    }

    /// There are as many clients as there may be. Other servers, and those who look after them, still get in.
    private func refuseNewcomer(_ connection: ConnectionID) {
        counters.counts.refused += 1
        if admission.lastFullNotice.map({ $0 + limits.refusalNotice <= now.instant }) ?? true {
            admission.lastFullNotice = now.instant
            report(.full(clients: sessions.count))
        }
        refuse(connection, info: "this server is full: try again later, or another one")
    }

    // MARK: Activities

    private func say(_ activity: ActivityMessage, on connection: ConnectionID) {
        guard let client = sessions[connection], client.isLoggedIn else {
            return deny(connection, info: "client not login")
        }
        // A client of the original system leaves its name out: it speaks as who it logged in as.
        if let username = activity.username {
            guard username == client.user else {
                return deny(connection, info: "username and secret do not match the logged in the user")
            }
            if username != Login.anonymous {
                guard let secret = activity.secret else {
                    return refuse(connection, info: "the message did not contain the field secret")
                }
                guard configuration.digest(secret) == client.digest else {
                    return deny(connection, info: "username and secret do not match the logged in the user")
                }
            }
        }
        let retry = activity.sequence.map { RetryKey(session: session(of: connection), sequence: $0) }
        pace(connection)
        if let retry, sessions.duplicates.isRetry(retry, by: client.user) { return }
        let text = log.format.process(activity.text, sender: client.user)
        accept(.activity(Activity(sender: client.user, text: text, retry: retry)))
        if isQueueFull || isHeldUp {
            emit(.pause(connection))
            backpressure.throttled.append(connection)
        }
    }

    /// Lets a client be read from, unless something else still holds it up.
    func readAgain(_ connection: ConnectionID) {
        guard let client = sessions[connection], !client.isCongested,
            !client.isResuming || resuming.resumes[connection]?.pausedUntil == nil,
            !backpressure.throttled.contains(connection),
            admission.paces[connection]?.isHeld != true
        else { return }
        if client.isWaiting { return }
        emit(.resume(connection))
    }

    private func deny(_ connection: ConnectionID, info: String) {
        send(.authenticationFail(Refusal(reason: nil, info: info)), to: connection)
        forget(connection, manner: .afterFlush)
    }

    // MARK: Coming

    /// The client has shown who it is.
    func admit(_ login: Login, on connection: ConnectionID) {
        guard var client = sessions[connection] else { return }
        let wasLoggedIn = client.isLoggedIn
        client.state = .loggedIn
        client.address = address(of: connection)
        let session = login.session.map(configuration.sessionName) ?? client.identity?.session
        if login.username == Login.anonymous, session == nil {
            client.identity = nil
        } else {
            let digest = login.username == Login.anonymous ? nil : login.secret.map(configuration.digest)
            client.identity = .init(user: login.username, digest: digest, session: session)
        }
        sessions[connection] = client
        if !wasLoggedIn {
            sessions.load += 1
            forgetStranger(connection)
        }
        send(
            .loginSuccess(
                LoginSuccess(
                    info: "logged in as user \(login.username)", vector: vectorForClients,
                    servers: directory.addresses(limit: limits.serversNamed),
                    session: login.session ?? token(of: connection),
                    shown: self.session(of: connection), copies: configuration.replicas + 1,
                    lineBytes: limits.clientLineBytes)),
            to: connection)
        if !wasLoggedIn, let target = redirectTarget(for: login.username) {
            return redirect(connection, username: login.username, to: target)
        }
        if wasLoggedIn { return }
        if let since = login.since {
            beginResume(since, last: login.last, on: connection)
        } else {
            emit(.follow(connection, from: readableEnd))
            // What comes next for it may already have a hole. In total order that is told when it comes.
            guard ordering.total == nil else { return }
            let vector = log.vector(at: log.safe)
            for gap in replication.gaps(behind: log.safe) where vector[gap.origin] < gap.through {
                if client.wantsGaps { send(.gap(gap, stamp: .zero), to: connection) }
            }
        }
    }

    /// What others see of a client's session. The one of a client that brought none follows from its connection, so
    /// that nothing has to be kept of it until it numbers what it says.
    private func session(of connection: ConnectionID) -> String {
        if let session = sessions[connection]?.identity?.session { return session }
        return configuration.sessionName(token(of: connection))
    }

    /// What such a client shows to go on under its session elsewhere: nobody can find it out from what others see.
    private func token(of connection: ConnectionID) -> String {
        let digest = configuration.digest(Secret("session \(sessions.seed) \(connection.value)"))
        return RandomNumbers.token(of: digest)
    }

    // MARK: Going

    /// The connection of a client is gone.
    func clientLeft(_ connection: ConnectionID) {
        guard let client = sessions[connection] else { return }
        sessions[connection] = nil
        if client.isLoggedIn { sessions.load -= 1 }
        if client.isResuming { endResume(connection) }
        backpressure.throttled.removeAll { $0 == connection }
        if admission.paces[connection] != nil { admission.paces[connection] = nil }
    }

    func clientFellBehind(_ connection: ConnectionID) {
        guard let client = sessions[connection] else { return }
        counters.counts.slowClients += 1
        report(.clientFellBehind(connection, user: client.user))
        refuse(connection, info: "too slow: more was waiting to be read than is kept for a client, log in again")
    }

    /// Who follows the log is told at once: the gap's own bounds say where it belongs. Who resumes is told in its turn.
    func tellClients(of gap: Log.Gap, at position: LogPosition) {
        for connection in sessions.connections where sessions[connection]!.isLoggedIn {
            if sessions[connection]!.isResuming {
                resuming.resumes[connection]!.gapsToTell.append((position, gap))
            } else if sessions[connection]!.wantsGaps {
                send(.gap(gap, stamp: .zero), to: connection)
            }
        }
    }

    /// The name is no longer whose it was, or the secret no longer the same: who is logged in is told why, and closed.
    func closeSessions(of user: String, info: String) {
        for connection in sessions.connections
        where sessions[connection]!.isLoggedIn && NameKey(sessions[connection]!.user) == NameKey(user) {
            deny(connection, info: info)
        }
    }
}
