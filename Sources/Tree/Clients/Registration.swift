// How a name is claimed in the whole tree (docs/protocol.md#registering): every branch is asked, and one denial is
// enough.

extension Node {
    func register(_ username: String, _ secret: Secret, on connection: ConnectionID) {
        // An anonymous client may register: the original system's client logs in as anonymous first.
        if let client = sessions[connection], client.isLoggedIn, client.user != Login.anonymous {
            return refuse(connection, info: "client has already logged in")
        }
        if let info = flaw(inName: username, secret: secret) { return refuse(connection, info: info) }
        if configuration.names.areOne(username, Login.anonymous) {
            let info = "\(username) is for clients without a name: register another one"
            return registrationImpossible(info, on: connection)
        }
        if configuration.vouchedNames == .all {
            return registrationImpossible("names are given out elsewhere: log in with a token of there", on: connection)
        }
        if let ban = ban(of: username, session: nil, on: connection) {
            return refuseBanned(.register(username: username, secret: secret), ban, on: connection)
        }
        if accounts.changes.saves.failure != nil {
            return registrationImpossible("this node can't store registrations now, try again later", on: connection)
        }
        if accounts.count >= limits.accounts { return refuseFurtherAccount(on: connection) }
        if let info = registrationPause(username, on: connection) {
            return registrationImpossible(info, on: connection)
        }
        sessions.greeted(connection)
        stopReading(connection, for: .awaitsAnswer)
        let question = NameQuestion(
            username: username, secret: secret, id: newQuestionID(),
            stamp: ordering.nextStamp(at: now.instant))
        guard claim(question) else { return registrationFailed(username, on: connection) }
        ask(question.id!, .lock(question), for: .client(connection, nil))
    }

    /// Why a name can't be registered with a secret; nil if it can.
    func flaw(inName name: String, secret: Secret? = nil) -> String? {
        // Before the characters are looked at, since that costs the more the longer the name is.
        if let info = excess(inName: name, secret: secret) ?? configuration.names.flaw(in: name) { return info }
        // Folding may make a name longer.
        let isTooLong = key(of: name).name.utf8.count > Accounts.textLimit
        return isTooLong ? "the username is longer than \(Accounts.textLimit) bytes when it is folded" : nil
    }

    /// Why a name or secret is too long, since it would be sent through the whole tree; nil if it isn't.
    func excess(inName name: String, secret: Secret? = nil) -> String? {
        if name.utf8.count > limits.nameBytes { return "the username is longer than \(limits.nameBytes) bytes" }
        if let secret, secret.text.utf8.count > limits.secretBytes {
            return "the secret is longer than \(limits.secretBytes) bytes"
        }
        return nil
    }

    /// Notes a claim unless the name is taken, or claimed by somebody earlier.
    ///
    /// - Parameter link: by which it came.
    private func claim(_ question: NameQuestion, from link: ConnectionID? = nil) -> Bool {
        let id = question.id!
        guard !isTaken(question.username) else { return false }
        let name = key(of: question.username)
        if let other = accounts.changes.claim(of: name), other.id != id {
            if other.isEarlier(than: question, id) { return false }
            // The earlier claim takes over. This node's question about the later one ends with a denial.
            giveUpClaim(other.id)
        }
        let expires = now.instant + limits.claimMemory
        accounts.changes.claimed(name, Claim(id: id, stamp: question.stamp, expires: expires, link: link))
        timers.set(.questions, noLaterThan: expires)
        return true
    }

    private func giveUpClaim(_ id: QuestionID) {
        guard case .lock(let question)? = queries[id]?.subject, let asker = queries.cancel(id)?.asker else { return }
        concludeLock(question, id, .denied, for: asker)
    }

    // MARK: Being asked

    private var claimLimit: Int { mutation == .claimsUnbounded ? .max : limits.claimsPerLink }

    func consider(lock asked: NameQuestion, from link: Link) {
        guard let id = asked.id else { return }
        var question = asked
        // For base servers, which need a secret: the user's stays where it was shown.
        question.secret = madeUpSecret(of: question.username)
        ordering.witnessIfCredible(question.stamp, skew: limits.clockSkew, at: now.instant)
        guard queries.mayTake(id, limit: limits.openQuestions),
            accounts.changes.mayClaim(by: link.connection, limit: claimLimit),
            flaw(inName: question.username) == nil, claim(question, from: link.connection)
        else {
            return send(.lockDenied(answer(to: question)), to: link.connection)
        }
        ask(id, .lock(question), for: .link(link.connection))
    }

    /// An answer to a node, which has no secret in it.
    func answer(to question: NameQuestion, account: Account? = nil, isUnknown: Bool = false) -> NameAnswer {
        NameAnswer(username: question.username, id: question.id, account: account, isUnknown: isUnknown)
    }

    // MARK: Concluding

    func concludeLock(_ question: NameQuestion, _ id: QuestionID, _ verdict: Answer, for asker: Question.Asker) {
        let isAllowed = if case .allowed = verdict { true } else { false }
        if !isAllowed { accounts.changes.claimEnded(of: key(of: question.username), id) }
        switch asker {
        case .link(let link):
            let answer = answer(to: question)
            send(isAllowed ? .lockAllowed(answer) : .lockDenied(answer), to: link)
        case .client(let connection, _):
            guard sessions[connection] != nil else {
                return accounts.changes.claimEnded(of: key(of: question.username), id)
            }
            guard isAllowed, let secret = question.secret else {
                return registrationFailed(question.username, on: connection)
            }
            hash(
                secret, of: question.username,
                for: .registration(
                    connection, username: question.username, stamp: question.stamp, configuration.digest(secret)),
                from: source(of: connection))
        case .baseServer(let connection):
            answerBaseServer(question, isAllowed, on: connection)
        case .tool, .durability, .resuming, .bridging, .balancing: break
        }
    }

    private func registrationFailed(_ username: String, on connection: ConnectionID) {
        send(.registerFailed(info: "\(username) is already registered with the system"), to: connection)
        forget(connection, manner: .afterFlush)
    }

    private func registrationImpossible(_ info: String, on connection: ConnectionID) {
        send(.registerFailed(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// Refuses a registration because the network has as many names as it may have. Names that other nodes register are
    /// still accepted, so that all nodes agree.
    private func refuseFurtherAccount(on connection: ConnectionID) {
        counters.refused(for: .accounts)
        if admission.accountsNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.accountsFull(count: accounts.count))
        }
        registrationImpossible("this network has as many names as it takes: ask its operator", on: connection)
    }

    /// The registration is safe in the log and on `durable` disks, or an earlier one has the name after all.
    func registered(_ username: String, _ holds: Bool, durable: Int, on connection: ConnectionID) {
        guard sessions[connection] != nil else { return }
        guard holds else { return registrationFailed(username, on: connection) }
        send(.registerSuccess(info: "register success for \(username)", durable: durable), to: connection)
        readAgain(connection, after: .awaitsAnswer)
        answeredStranger(connection)
    }

    // MARK: Slow work

    func hashed(_ ticket: Ticket, _ hash: String?) {
        switch admission.work.take(ticket) {
        case .registration(let connection, let username, let stamp, let digest)?:
            guard sessions[connection] != nil else { return }
            guard let hash else {
                counters.refused(for: .busy)
                return registrationImpossible("\(username) cannot be registered now, try again", on: connection)
            }
            // Somebody earlier may have come in between, from a part of the network that was apart.
            guard !isTaken(username) else { return registrationFailed(username, on: connection) }
            let account = account(username, hash, stamp)
            enter(.registered(account), for: .client(connection))
            prove(account.name, digest)
        case .baseServerRegistration(let connection, let question)?:
            guard let hash, !isTaken(question.username) else {
                return tellBaseServer(question, isAllowed: false, on: connection)
            }
            enter(.registered(account(question.username, hash, question.stamp)), for: .baseServer(connection, question))
        case .reset(let connection, let account)?: reset(account, hash, on: connection)
        case .change(let connection, let account, let digest)?:
            changeSecret(of: account, to: hash, digest, on: connection)
        default: break
        }
    }

    private func account(_ username: String, _ hash: String, _ stamp: Stamp) -> Account {
        let name = key(of: username)
        // Above a removal of the name, which may have come in between.
        let stamp = max(stamp, accounts.record(of: name.name)?.removal?.registered.stamp.next ?? .zero)
        return Account(
            name: name.name, spelling: name == NameKey(exactly: username) ? nil : username, hash: hash,
            registered: AccountVersion(stamp: stamp, origin: origin))
    }
}
