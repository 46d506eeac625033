// Servers that are no nodes (docs/protocol.md#leaves): they speak the base protocol, or the original system's, join as
// leaves, and get base messages only. What they say enters the log as this node's own.

extension Node {
    func takeLeaf(_ kind: Authenticate.Kind, on connection: ConnectionID) {
        guard !isDraining else {
            send(.authenticationFail(Refusal(reason: .draining, info: "this node is leaving")), to: connection)
            return order(.close(connection, .afterFlush))
        }
        let link: Link
        switch kind {
        case .original(let address, let secret):
            let contact = Contact(address: address ?? Address(host: "", port: 0), secret: secret)
            link = leaf(connection, .original, contact)
            tellBackup(link)
        default:
            link = leaf(connection, .base, Contact(address: Address(host: "", port: 0)))
        }
        link.cursor = total?.delivered.end ?? log.stored
        link.synchroniseUntil = log.stored
        // It counts the answers to its registrations against the servers that it has heard of on this link, so it hears
        // of this node, at once, and of no other one ever.
        introduce(link)
        positionChanged = true
        report(.tookLeaf(connection))
    }

    /// Tells a server of the original system where to go when this one is lost, if it has not been told so already.
    func tellBackup(_ link: Link) {
        let acceptance = acceptance(for: link)
        guard acceptance != link.toldAcceptance else { return }
        link.toldAcceptance = acceptance
        send(.authenticationSuccess(acceptance), to: link.connection)
    }

    private func leaf(_ connection: ConnectionID, _ kind: Link.Kind, _ contact: Contact) -> Link {
        add(
            Link(
                connection: connection, serial: lastLinkSerial + 1, role: .child, kind: kind, attempt: AttemptID(0),
                contact: contact, size: 0, at: now.instant))
    }

    func receivedFromLeaf(_ message: Message, on link: Link) {
        switch message {
        case .broadcast(let text, _) where text.count > limits.activityBytes:
            send(
                .invalidMessage(info: "the activity is longer than \(limits.activityBytes) bytes"), to: link.connection)
            lose(link, why: .broken, manner: .afterFlush)
        case .broadcast(let text, let sender):
            accept(.activity(Activity(sender: sender, text: text, retry: nil)), from: .leaf(link.connection))
        case .serverAnnounce(let announcement): learn(announcement, from: link)
        case .lockRequest(let question): considerLeaf(lock: question, from: link)
        case .lockAllowed(let answer): answeredByLeaf(answer, .allowed, on: link)
        case .lockDenied(let answer): answeredByLeaf(answer, .denied, on: link)
        // The original system's servers ask and answer so; a leaf's accounts are its own.
        case .loginRequest(let question): send(.loginDenied(answer(to: question)), to: link.connection)
        case .loginAllowed, .loginDenied: break
        case .invalidMessage, .authenticationFail: lose(link, why: .closed)
        default:
            send(.invalidMessage(info: "the command is not expected from an authenticated server"), to: link.connection)
            lose(link, why: .broken, manner: .afterFlush)
        }
    }

    // MARK: Registrations

    private func considerLeaf(lock question: NameQuestion, from link: Link) {
        var numbered = question
        numbered.id = newQuestionID()
        numbered.stamp = clock.next(at: now.instant)
        guard accounts[question.username] == nil, claims[NameKey(question.username)] == nil,
            question.username.lowercased() != Login.anonymous,
            flaw(inName: question.username, secret: question.secret) == nil
        else {
            return send(.lockDenied(answer(to: question)), to: link.connection)
        }
        claims[NameKey(question.username)] = Claim(
            id: numbered.id!, stamp: numbered.stamp, expires: now.instant + limits.lockQuestion * 3)
        ask(numbered.id!, .lock(numbered), for: .leaf(link.connection))
    }

    func answerLeaf(_ question: NameQuestion, _ isAllowed: Bool, on connection: ConnectionID) {
        guard isAllowed else { return tellLeaf(question, isAllowed: false, on: connection) }
        // The name can be used once the leaf is told, so the registration stands in the log before.
        hash(question.secret, for: .leafRegistration(connection, question), from: .link(connection))
    }

    func tellLeaf(_ question: NameQuestion, isAllowed: Bool, on connection: ConnectionID) {
        guard linksByConnection[connection] != nil else { return }
        var plain = question
        plain.id = nil
        send(isAllowed ? .lockAllowed(answer(to: plain)) : .lockDenied(answer(to: plain)), to: connection)
    }

    /// A leaf names no question: its answer belongs to the one about the same name and secret.
    private func answeredByLeaf(_ answer: NameAnswer, _ verdict: Answer, on link: Link) {
        for id in questions.keys.sorted() {
            guard case .lock(let question) = questions[id]!.subject, question.username == answer.username,
                question.secret == answer.secret, questions[id]!.waiting.contains(link.connection)
            else { continue }
            return answered(id, verdict, account: nil, on: link.connection)
        }
        // Whoever sees a denial takes the name back, if the secret is the same.
        guard case .denied = verdict, let account = accounts[answer.username] else { return }
        verify(answer.secret, against: account.hash, for: .removal(account), from: .link(link.connection))
    }
}
