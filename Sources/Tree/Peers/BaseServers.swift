// Base servers (docs/protocol.md#leaves): they speak the base protocol or the original system's, attach below a node,
// and get base messages only. What they say enters the log as this node's own entries.

extension Node {
    // MARK: Joining

    /// A server that is no node has shown the right secret. It is taken if it comes from where it may come from.
    func considerBaseServer(_ kind: Authenticate.Kind, on connection: ConnectionID) {
        let isAllowed =
            switch configuration.baseServers {
            case .none: false
            case .loopback: address(of: connection).isLoopback
            case .any: true
            }
        guard !isAllowed else { return takeBaseServer(kind, on: connection) }
        if admission.baseServerNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.refusedBaseServer(connection))
        }
        let info =
            "this server takes "
            + (configuration.baseServers == .none
                ? "nodes alone" : "servers that are no nodes from its own machine alone")
            + ": ask its operator (--base-servers)"
        send(.authenticationFail(Refusal(reason: nil, info: info)), to: connection)
        emit(.close(connection, .afterFlush))
    }

    private func takeBaseServer(_ kind: Authenticate.Kind, on connection: ConnectionID) {
        var contact = Contact(address: Address(host: "", port: 0))
        var dialect = Dialect.base
        if case .original(let address, let secret) = kind {
            dialect = .original
            if let address, address.isPlausible { contact.address = address }
            contact.secret = secret
        }
        emit(.serve(connection, dialect))
        guard !draining.hasBegun else {
            send(.authenticationFail(Refusal(reason: .draining, info: "it is leaving")), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        let link = Link(
            connection: connection, serial: links.newSerial(), role: .child,
            kind: dialect == .original ? .original : .base, attempt: AttemptID(0), contact: contact, size: 0,
            at: now.instant, limits: limits)
        link.baseServer = BaseServer(dialect, random: &random)
        add(link)
        if dialect == .original { tellBackup(link) }
        link.sending.begin(at: ordering.total?.delivered.end ?? log.stored, until: log.stored)
        // A base server waits for as many answers to a registration as servers have announced themselves on this link.
        // So it is sent one announcement, this node's own, at once, and never another server's.
        introduce(link)
        topology.notePositionChange()
    }

    func located(_ connection: ConnectionID, at address: Address) {
        guard let link = links[connection], link.baseServer?.remote == nil else { return }
        link.baseServer?.remote = address
        if let baseServer = name(ofBaseServer: link) { report(.tookBaseServer(baseServer.dialect, baseServer.address)) }
    }

    func reportLoss(ofBaseServer link: Link, why: LossReason) {
        guard let baseServer = name(ofBaseServer: link) else { return }
        report(.baseServerLost(baseServer.dialect, baseServer.address, why: why))
    }

    /// The name of a base server in the log: the address that it gave, as servers of the original system do, or else
    /// the address that its connection comes from.
    private func name(ofBaseServer link: Link) -> BaseServerStatus? {
        guard let baseServer = link.baseServer, let remote = baseServer.remote else { return nil }
        return BaseServerStatus(
            dialect: baseServer.dialect, address: link.contact.address.port == 0 ? remote : link.contact.address)
    }

    /// Nil for a link to a node.
    func baseServerStatus(_ link: Link) -> BaseServerStatus? {
        guard var status = name(ofBaseServer: link) else { return nil }
        // If it has announced only one server, that is the base server itself.
        let announced = directory.baseServers.filter { $0.link == link.connection }
        if baseServerHasNoAddress(link), announced.count == 1 { status.address = announced[0].announcement.address }
        return status
    }

    private func baseServerHasNoAddress(_ link: Link) -> Bool { link.contact.address.port == 0 }

    /// Tells a server of the original system where to go when this node is lost, unless it already knows.
    func tellBackup(_ link: Link) {
        let acceptance = acceptance(for: link)
        guard link.tells(acceptance: acceptance) else { return }
        send(.authenticationSuccess(acceptance), to: link.connection)
    }

    // MARK: Messages

    func receivedFromBaseServer(_ message: Message, on link: Link) {
        switch message {
        case .broadcast(let text, _, _) where text.count > limits.activityBytes:
            send(
                .invalidMessage(info: "the activity is longer than \(limits.activityBytes) bytes"), to: link.connection)
            lose(link, why: .broken, manner: .afterFlush)
        case .broadcast(_, _, let id?) where hasTold(id, on: link): break
        case .broadcast(let text, let sender, _):
            accept(.activity(Activity(sender: sender, text: text, retry: nil)), from: .baseServer(link.connection))
        case .serverAnnounce(let announcement): learn(announcement, from: link)
        case .lockRequest(let question):
            withSecret(question.secret, from: link) { considerBaseServer(lock: question, $0, from: link) }
        case .lockAllowed(let answer):
            withSecret(answer.secret, from: link) { answeredByBaseServer(answer, $0, .allowed, on: link) }
        case .lockDenied(let answer):
            withSecret(answer.secret, from: link) { answeredByBaseServer(answer, $0, .denied, on: link) }
        case .loginRequest(let question):
            withSecret(question.secret, from: link) { considerBaseServer(login: question, $0, from: link) }
        // A node asks no base server about logins: accounts registered there were claimed here.
        case .loginAllowed, .loginDenied: break
        case .invalidMessage, .unavailable, .authenticationFail: lose(link, why: .closed)
        default:
            send(.invalidMessage(info: "the command is not expected from an authenticated server"), to: link.connection)
            lose(link, why: .broken, manner: .afterFlush)
        }
    }

    /// A message about a name has a secret, unless it has a field that only nodes know.
    private func withSecret(_ secret: Secret?, from link: Link, _ handle: (Secret) -> Void) {
        if let secret { return handle(secret) }
        send(.invalidMessage(info: "the field request has no meaning here"), to: link.connection)
        lose(link, why: .broken, manner: .afterFlush)
    }

    /// Whether a message was sent to this base server, or could have been: then the server only floods it back.
    private func hasTold(_ id: BroadcastID, on link: Link) -> Bool {
        switch id {
        case .entry(let origin, let sequence):
            log.origins.knownNumber(of: origin).map { log.storedSequence(of: $0) >= sequence } ?? false
        case .number(let number): link.kind == .original && link.baseServer?.numbers.hasGiven(number) == true
        }
    }

    /// Sends one of the lines that clients read.
    func show(_ line: ReadableLine, toBaseServer link: Link) {
        guard link.kind == .original, let number = link.baseServer?.numbers.next() else {
            return emit(.show(link.connection, line))
        }
        emit(.showNumbered(link.connection, line, number: number))
    }

    // MARK: Questions to a base server

    /// The branches to wait for, among those that are asked about a name.
    func awaitedBranches(_ branches: [Link], _ question: NameQuestion) -> [Link] {
        if let secret = question.secret {
            for link in branches where !link.isNode { noteEcho(.request, question.username, secret, on: link) }
        }
        return branches.filter { $0.baseServer?.isMute != true }
    }

    /// Stops waiting for a base server that has not answered in time.
    ///
    /// - Returns: false if the link is no base server's.
    func giveUpBaseServer(_ connection: ConnectionID) -> Bool {
        guard let link = links[connection], !link.isNode else { return false }
        if link.baseServer?.isMute == false, let baseServer = name(ofBaseServer: link) {
            report(.baseServerMute(baseServer.dialect, baseServer.address))
        }
        link.baseServer?.isMute = true
        return true
    }

    /// The secret with which base servers are told of a name that is registered at another node. They need one, and
    /// nobody can use this one. It follows from the name, so that a later denial is recognised without a memory.
    func madeUpSecret(of username: String) -> Secret {
        Secret(RandomNumbers.token(of: configuration.digest(Secret("lock \(sessions.seed) \(username)"))))
    }

    /// A base server's answer doesn't name the question: it belongs to the one about the same name and secret.
    private func answeredByBaseServer(_ answer: NameAnswer, _ secret: Secret, _ verdict: Answer, on link: Link) {
        if case .denied = verdict, isEcho(.denial, answer.username, secret, on: link) { return }
        link.baseServer?.isMute = false
        // A server floods a question before it answers it: what it asks after that is its own question.
        _ = isEcho(.request, answer.username, secret, on: link)
        if let id = queries.claim(of: answer.username, secret, notAskedBy: link.connection) {
            // A server that the node didn't wait for may still deny.
            queries.alsoAwait(link.connection, in: id)
            return nameAnswered(id, verdict, on: link.connection)
        }
        // Whoever sees a denial takes the name back, if the secret is the same.
        guard case .denied = verdict, let account = accounts.account(meantBy: answer.username) else { return }
        if configuration.digest(secret) == configuration.digest(madeUpSecret(of: answer.username)) {
            return accept(.account(removal(of: account)))
        }
        guard admission.hashQueue.waiting(of: .link(link.connection)) < limits.questionsPerBaseServer else { return }
        verify(
            secret, of: answer.username, against: account.hash, for: .removal(account), from: .link(link.connection))
    }

    // MARK: Registrations at a base server

    private func considerBaseServer(lock question: NameQuestion, _ secret: Secret, from link: Link) {
        if isEcho(.request, question.username, secret, on: link) { return }
        var numbered = question
        numbered.id = newQuestionID()
        numbered.stamp = ordering.nextStamp(at: now.instant)
        guard flaw(inName: question.username, secret: secret) == nil, !isTaken(question.username),
            accounts.changes.claim(of: key(of: question.username)) == nil, mayAsk(link)
        else {
            return denyBaseServer(question, on: link)
        }
        accounts.changes.claimed(
            key(of: question.username),
            Claim(id: numbered.id!, stamp: numbered.stamp, expires: now.instant + limits.claimMemory))
        link.baseServer?.openQuestions += 1
        ask(numbered.id!, .lock(numbered), for: .baseServer(link.connection))
    }

    /// Whether the node takes one more question of this base server. It asks once for each of its clients that waits.
    private func mayAsk(_ link: Link) -> Bool {
        guard let baseServer = link.baseServer else { return false }
        if baseServer.openQuestions < limits.questionsPerBaseServer, queries.count < limits.openQuestions {
            return true
        }
        if !baseServer.hasAskedTooMuch, let name = name(ofBaseServer: link) {
            link.baseServer?.hasAskedTooMuch = true
            report(.baseServerAsksTooMuch(name.dialect, name.address))
        }
        return false
    }

    func answerBaseServer(_ question: NameQuestion, _ isAllowed: Bool, on connection: ConnectionID) {
        guard isAllowed, let secret = question.secret else {
            return tellBaseServer(question, isAllowed: false, on: connection)
        }
        // The client can use the name as soon as the base server is told, so the registration has to stand in the log
        // before.
        hash(
            secret, of: question.username, for: .baseServerRegistration(connection, question),
            from: .link(connection))
    }

    /// Answers a base server's question about a registration.
    func tellBaseServer(_ question: NameQuestion, isAllowed: Bool, on connection: ConnectionID) {
        guard let link = links[connection] else { return }
        link.baseServer?.openQuestions -= 1
        guard isAllowed else { return denyBaseServer(question, on: link) }
        send(.lockAllowed(echo(of: question)), to: connection)
    }

    private func denyBaseServer(_ question: NameQuestion, on link: Link) {
        if let secret = question.secret { noteEcho(.denial, question.username, secret, on: link) }
        send(.lockDenied(echo(of: question)), to: link.connection)
    }

    /// The answer to a base server, which knows its question by the name and the secret.
    private func echo(of question: NameQuestion) -> NameAnswer {
        NameAnswer(username: question.username, secret: question.secret, id: nil)
    }

    // MARK: Logins at a base server

    /// A server of the original system asks for a client whether this is the secret of this name. It gets one answer
    /// for the whole tree.
    private func considerBaseServer(login question: NameQuestion, _ secret: Secret, from link: Link) {
        guard excess(inName: question.username, secret: secret) == nil else {
            return send(.loginDenied(echo(of: question)), to: link.connection)
        }
        let name = key(of: question.username)
        let mayTry = admission.attempts.reasonToWait(toLogInAs: name, from: nil, at: now.instant, limits) == nil
        if proved(question.username, secret) != nil {
            return send(.loginAllowed(echo(of: question)), to: link.connection)
        }
        guard mayTry, mayAsk(link) else { return send(.loginDenied(echo(of: question)), to: link.connection) }
        link.baseServer?.openQuestions += 1
        check(login: question, on: link)
    }

    /// An unknown name takes as long as a wrong secret.
    private func check(login question: NameQuestion, on link: Link) {
        let account = accounts.account(meantBy: question.username)
        verify(
            question.secret ?? Secret(""), of: question.username, against: account?.hash,
            for: .baseServerLogin(link.connection, question, account),
            from: .link(link.connection))
    }

    func baseServerVerified(
        _ question: NameQuestion, _ verdict: Bool?, _ account: Account?, on connection: ConnectionID
    ) {
        guard let link = links[connection] else { return }
        // Its owner or its secret may have changed meanwhile.
        if verdict != nil, accounts.account(meantBy: question.username) != account {
            return check(login: question, on: link)
        }
        if verdict == true, let account, let secret = question.secret {
            prove(account.name, configuration.digest(secret))
        }
        guard verdict == false, account == nil, !nodeLinks.isEmpty, queries.count < limits.openQuestions
        else {
            let isRight = verdict == true && !isBanned(question.username)
            let answer: Answer = verdict == nil ? .unknown : isRight ? .allowed : .denied
            return concludeBaseServerLogin(question, answer, on: connection)
        }
        var numbered = question
        numbered.id = newQuestionID()
        numbered.stamp = ordering.clock.latest
        ask(numbered.id!, .login(numbered), for: .baseServer(connection))
    }

    /// The tree has answered: if it knows the name, its account is known here from now on, and its hash decides.
    func baseServerLoginAnswered(_ question: NameQuestion, _ verdict: Answer, on connection: ConnectionID) {
        guard let link = links[connection] else { return }
        if case .allowed = verdict, accounts.account(meantBy: question.username) != nil {
            return check(login: question, on: link)
        }
        concludeBaseServerLogin(question, verdict == .unknown ? .unknown : .denied, on: connection)
    }

    private func concludeBaseServerLogin(_ question: NameQuestion, _ verdict: Answer, on connection: ConnectionID) {
        guard let link = links[connection] else { return }
        link.baseServer?.openQuestions -= 1
        switch verdict {
        case .allowed:
            admission.attempts.loginSucceeded(as: key(of: question.username), from: nil)
            return send(.loginAllowed(echo(of: question)), to: connection)
        case .denied:
            admission.attempts.loginFailed(as: key(of: question.username), from: nil, at: now.instant, limits)
        case .unknown: break
        }
        send(.loginDenied(echo(of: question)), to: connection)
    }

    // MARK: Echoes

    private func noteEcho(_ kind: Echoes.Told.Kind, _ username: String, _ secret: Secret, on link: Link) {
        link.baseServer?.echoes.note(
            .init(kind: kind, username: username, secret: configuration.digest(secret)), at: now.instant)
    }

    private func isEcho(_ kind: Echoes.Told.Kind, _ username: String, _ secret: Secret, on link: Link) -> Bool {
        link.baseServer?.echoes.take(
            .init(kind: kind, username: username, secret: configuration.digest(secret)), at: now.instant) ?? false
    }
}
