extension Message {
    /// Changes the contacts in a message between nodes. Those of a status have no secrets, and stay as they are.
    mutating func changeContacts(_ change: (Contact) -> Contact) {
        switch self {
        case .authenticate(var request):
            guard case .node(var newcomer) = request.kind else { return }
            newcomer.contact = change(newcomer.contact)
            newcomer.claim?.changeContact(change)
            request.kind = .node(newcomer)
            self = .authenticate(request)
        case .authenticationSuccess(var acceptance):
            guard acceptance.member != nil else { return }
            acceptance.member?.position.changeContacts(change)
            self = .authenticationSuccess(acceptance)
        case .authenticationFail(var refusal):
            refusal.others = refusal.others.map(change)
            self = .authenticationFail(refusal)
        case .probe(let probe): self = .probe(probe.changingContacts(change))
        case .probed(let probe): self = .probed(probe.changingContacts(change))
        case .met(var claim):
            claim.changeContact(change)
            self = .met(claim)
        case .tree(var position):
            position.changeContacts(change)
            self = .tree(position)
        case .reignTaken(var position?):
            position.changeContacts(change)
            self = .reignTaken(position)
        case .leaving(let others): self = .leaving(others: others.map(change))
        case .reachRequest(let question):
            self = .reachRequest(
                ReachQuestion(id: question.id, root: question.root, missing: question.missing.map(change)))
        case .reached(let answer):
            guard let bridge = answer.bridge else { return }
            var claim = bridge.claim
            claim.changeContact(change)
            self = .reached(
                ReachAnswer(
                    id: answer.id, bridge: Bridge(path: bridge.path, target: change(bridge.target), claim: claim)))
        case .passReign(let passing):
            self = .passReign(
                ReignPassing(
                    term: passing.term, attempt: passing.attempt, priority: passing.priority, reign: passing.reign,
                    path: passing.path, target: change(passing.target)))
        default: break
        }
    }
}

extension RootClaim {
    fileprivate mutating func changeContact(_ change: (Contact) -> Contact) { root = change(root) }
}

extension TreePosition {
    fileprivate mutating func changeContacts(_ change: (Contact) -> Contact) {
        path = path.map(change)
        heirs = heirs.map(change)
        siblings = siblings.map(change)
        uncles = uncles.map(change)
        claim.changeContact(change)
    }
}

extension Probe {
    fileprivate func changingContacts(_ change: (Contact) -> Contact) -> Probe {
        var probe = self
        probe.sender = change(sender)
        probe.claim?.changeContact(change)
        return probe
    }
}
