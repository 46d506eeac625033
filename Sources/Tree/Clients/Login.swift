// Decides logins (docs/protocol.md#logging-in). The log brings every registration to every node, so nearly every login
// is decided where it arrives. For a name that isn't known here the node asks the tree.

extension Node {
    func logIn(_ login: Login, on connection: ConnectionID) {
        if draining.hasBegun { return sendOn(connection) }
        guard hasPlace(forAddressOf: connection) else { return refuseFurtherClient(connection) }
        if let since = login.since, since.components.count > limits.sinceOrigins {
            let info = "the field since names more than \(limits.sinceOrigins) origins: leave it out"
            return refuse(connection, info: info)
        }
        if isAnonymous(login.username) { return admit(login, as: Login.anonymous, by: .none, on: connection) }
        if let (account, proof) = resumed(by: login) {
            return admit(login, as: account.shownName, by: proof, on: connection)
        }
        if let token = login.token {
            guard login.tokenIsJWT else { return refuse(connection, info: "the field token holds no token") }
            return logIn(login, by: token, on: connection)
        }
        guard let secret = login.secret else {
            // Whoever signs certificates of users says who has which name, registered or not.
            if admission.encrypted.vouch(for: login.username, on: connection) {
                return logInVouched(login, on: connection)
            }
            if login.resumeToken != nil { return loginFailed(connection, info: Self.voidToken) }
            return refuse(connection, info: "the message did not contain the field secret")
        }
        if let info = excess(inName: login.username, secret: secret) { return refuse(connection, info: info) }
        // Who showed it before gets in at once, whoever else guesses at this name meanwhile.
        if let account = proved(login.username, secret) {
            return admit(login, as: account.shownName, by: .secret, on: connection)
        }
        if let info = loginPause(login.username, on: connection) { return loginFailed(connection, info: info) }
        stopReading(connection, for: .awaitsAnswer)
        check(.login(login), on: connection)
    }

    /// The answer to a token that isn't good here, or not any more. It says nothing of the name.
    static let voidToken = "the resume token is void: log in with the secret"

    private func logInVouched(_ login: Login, on connection: ConnectionID) {
        if let info = flaw(inName: login.username, secret: Secret("")) { return refuse(connection, info: info) }
        let user = accounts.account(meantBy: login.username)?.shownName ?? login.username
        admit(login, as: user, by: .vouched, on: connection)
    }

    /// An unknown name takes as long as a wrong secret.
    func check(_ use: CredentialUse, on connection: ConnectionID) {
        let account = accounts.account(meantBy: use.username)
        verify(
            use.secret, of: use.username, against: account?.hash, for: .login(connection, use, account),
            from: source(of: connection))
    }

    func verified(_ ticket: Ticket, _ verdict: Bool?) {
        let isRight = verdict == true
        switch admission.work.take(ticket) {
        case .login(let connection, let use, _)? where verdict == nil: uncheckable(use, on: connection)
        case .login(let connection, let use, let account)?:
            guard sessions[connection] != nil else { return }
            // Its owner or its secret may have changed meanwhile.
            if accounts.account(meantBy: use.username) != account { return check(use, on: connection) }
            if isRight, let account {
                prove(account.name, configuration.digest(use.secret))
                return grant(use, as: account.shownName, on: connection)
            }
            askElsewhere(use, isKnown: account != nil, on: connection)
        case .baseServerLogin(let baseServer, let question, let account)?:
            baseServerVerified(question, verdict, account, on: baseServer)
        case .removal(let account)?:
            if isRight { accept(.account(removal(of: account))) }
        default: break
        }
    }

    /// Asks the tree for the account of a name that isn't known here. If the secret of a known name was wrong, it asks
    /// for a name that nobody has. So both cases take as long and get the same answer, even while a branch is silent.
    /// The secret stays here.
    private func askElsewhere(_ use: CredentialUse, isKnown: Bool, on connection: ConnectionID) {
        guard !nodeLinks.isEmpty, queries.count < limits.openQuestions else {
            return wrongSecret(use, on: connection)
        }
        let id = newQuestionID()
        let name = isKnown ? nobody(id) : use.username
        let question = NameQuestion(username: name, id: id, stamp: ordering.clock.latest)
        ask(id, .login(question), for: .client(connection, use))
    }

    /// A name that nobody can guess, so that nobody has registered it.
    private func nobody(_ id: QuestionID) -> String {
        RandomNumbers.token(of: configuration.digest(Secret("nobody \(sessions.seed) \(id.count)")))
    }

    /// The secret was right.
    ///
    /// - Parameter user: the name as it was registered.
    private func grant(_ use: CredentialUse, as user: String, on connection: ConnectionID) {
        noteRightSecret(use.username, on: connection)
        switch use {
        case .login(let login):
            admit(login, as: user, by: .secret, on: connection)
            readAgain(connection, after: .awaitsAnswer)
        case .change(let change): hashNewSecret(change, on: connection)
        }
    }

    private func loginFailed(_ connection: ConnectionID, info: String = "attempt to login with wrong secret") {
        send(.loginFailed(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }

    private func wrongSecret(_ use: CredentialUse, on connection: ConnectionID) {
        noteFailedLogin(use.username, on: connection)
        switch use {
        case .login: loginFailed(connection)
        case .change: changeFailed(connection, info: "the present secret is wrong")
        }
    }

    /// Refuses a secret without checking it.
    func refuseSecret(_ use: CredentialUse, on connection: ConnectionID, info: String) {
        switch use {
        case .login: loginFailed(connection, info: info)
        case .change: changeFailed(connection, info: info)
        }
    }

    private func uncheckable(_ use: CredentialUse, on connection: ConnectionID) {
        counters.refused(for: .busy)
        switch use {
        case .login: loginFailed(connection, info: "the login cannot be checked now, try again")
        case .change: changeFailed(connection, info: "the present secret cannot be checked now, try again")
        }
    }

    // MARK: Being asked

    /// Another node wants to know the account of a name. Whoever knows it answers with it, and the asker checks the
    /// secret: so no secret has to travel, and no node hashes for another one.
    func consider(login question: NameQuestion, from link: Link) {
        guard let id = question.id else { return }
        guard excess(inName: question.username) == nil else {
            return answerLogin(question, .denied, to: link.connection)
        }
        if accounts.account(meantBy: question.username) != nil {
            return answerLogin(question, .allowed, to: link.connection)
        }
        guard queries.mayTake(id, limit: limits.openQuestions) else {
            return answerLogin(question, .unknown, to: link.connection)
        }
        ask(id, .login(question), for: .link(link.connection))
    }

    private func answerLogin(_ question: NameQuestion, _ verdict: Answer, to link: ConnectionID) {
        switch (verdict, accounts.account(meantBy: question.username)) {
        case (.allowed, let account?): send(.loginAllowed(answer(to: question, account: account)), to: link)
        case (.allowed, nil), (.denied, _): send(.loginDenied(answer(to: question)), to: link)
        case (.unknown, _): send(.loginDenied(answer(to: question, isUnknown: true)), to: link)
        }
    }

    // MARK: Concluding

    func concludeLogin(_ question: NameQuestion, _ verdict: Answer, for asker: Question.Asker) {
        switch asker {
        case .link(let link): answerLogin(question, verdict, to: link)
        case .client(let connection, let use):
            guard sessions[connection] != nil, let use else { return }
            switch verdict {
            // The account is known here from now on: its hash decides. What is said of a name that nobody has lets
            // nobody in.
            case .allowed where question.username == use.username && accounts.account(meantBy: use.username) != nil:
                check(use, on: connection)
            case .allowed, .denied: wrongSecret(use, on: connection)
            case .unknown:
                // It counts as a try for unknown names too: otherwise a pause would reveal that the name exists.
                noteFailedLogin(use.username, on: connection)
                uncheckable(use, on: connection)
            }
        case .baseServer(let baseServer): baseServerLoginAnswered(question, verdict, on: baseServer)
        case .tool, .durability, .resuming, .bridging, .balancing: break
        }
    }
}
