/// Asks which of these entries some node of the tree holds. A node asks it when its clients have seen entries that it
/// lacks.
public struct HeldQuestion: Hashable, Sendable {
    public let id: QuestionID
    /// How far clients have seen each origin.
    public let wanted: VersionVector

    public init(id: QuestionID, wanted: VersionVector) {
        self.id = id
        self.wanted = wanted
    }
}

/// The answer of a branch to a `HeldQuestion`.
public struct HeldAnswer: Hashable, Sendable {
    public let id: QuestionID
    /// How far some node of the branch has stored each origin; nothing for an origin that none knows.
    public let held: VersionVector
    /// The nodes that have answered; empty if they are too many to be named.
    public let nodes: [NodeID]
    /// Other nodes that they know. Nodes that have answered may be among them.
    public let others: [NodeID]
    /// Whether a node of the branch has not answered, is being synchronised, or searches for its position.
    public let isUnknown: Bool

    public init(
        id: QuestionID, held: VersionVector, nodes: [NodeID], others: [NodeID] = [], isUnknown: Bool
    ) {
        self.id = id
        self.held = held
        self.nodes = nodes
        self.others = others
        self.isUnknown = isUnknown
    }
}

// A client that resumes may have seen entries that its new node lacks. Mostly these are on their way. But after a
// restart of the whole network no node has them any more, and waiting for them would only keep the client from
// speaking. So the node asks the tree (docs/protocol.md#resuming). The answer counts only if every node that any of
// them knows has answered: if the network is cut, the other part may hold what this one lacks.

extension Node {
    /// At the end of a turn: asks the tree if a client waits and this node has everything that its neighbours had.
    func askForSeen() {
        guard resuming.mayAskTree(at: now.instant), isAtRest,
            let wanted = resuming.wantedOfTree(limit: limits.sinceOrigins, looks: limits.heldLooks)
        else { return }
        let question = HeldQuestion(id: newQuestionID(), wanted: wanted)
        resuming.asked(question, nextAt: now.instant + limits.heldPause)
        ask(question.id, heldSubject(question), for: .resuming)
    }

    /// Whether this node has a position, searches for no other, and lacks nothing that its neighbours had.
    private var isAtRest: Bool {
        guard sessions.hasAdmitted, topology.search == nil, !draining.hasBegun else { return false }
        return nodeLinks.allSatisfy { $0.isSynchronised && $0.sending.gapCount == 0 }
    }

    private func heldSubject(_ question: HeldQuestion) -> Question.Subject {
        let held = question.wanted.components.compactMap { component in
            log.origins.knownNumber(of: component.origin).map {
                VersionVector.Component(origin: component.origin, sequence: log.storedSequence(of: $0))
            }
        }
        var answer = Question.HeldSum(held: VersionVector(held), nodes: [origin.node])
        // A contact without a node id can't be matched with an answer.
        for contact in topology.deadpool.everybody {
            if let node = contact.node ?? topology.deadpool.contact(at: contact.address)?.node {
                answer.others.insert(node)
            } else {
                answer.areNamed = false
            }
        }
        return .held(question, answer)
    }

    func consider(held question: HeldQuestion, from link: Link) {
        guard isAtRest, queries.mayTake(question.id, limit: limits.openQuestions) else {
            let answer = HeldAnswer(id: question.id, held: VersionVector(), nodes: [], isUnknown: true)
            return send(.held(answer), to: link.connection)
        }
        ask(question.id, heldSubject(question), for: .link(link.connection))
    }

    func heldAnswered(_ answer: HeldAnswer, on link: Link) {
        conclude(queries.answered(answer, by: link.connection, limit: limits.nodesNamed))
    }

    func concludeHeld(_ question: Question, _ sum: Question.HeldSum) {
        switch question.asker {
        case .link(let link):
            let answer = HeldAnswer(
                id: question.id, held: sum.held, nodes: sum.areNamed ? sum.nodes.sorted() : [],
                others: sum.areNamed ? sum.others.subtracting(sum.nodes).sorted() : [], isUnknown: question.isUnknown)
            send(.held(answer), to: link)
        case .resuming:
            guard let asked = resuming.answered(question.id) else { return }
            // If something is just changing, the question is asked again.
            if !question.isUnknown, isAtRest, sum.areNamed, sum.others.isSubset(of: sum.nodes),
                knowsNobody(but: sum.nodes)
            {
                learntWhatIsHeld(sum.held, of: asked.wanted)
            }
            // The next question follows for the clients that still wait.
            timers.set(.resume, noLaterThan: resuming.nextHeldQuestion)
        case .client, .baseServer, .tool, .durability, .bridging, .balancing: break
        }
    }

    /// Whether this node knows no other nodes, not even since it asked.
    private func knowsNobody(but nodes: Set<NodeID>) -> Bool {
        topology.deadpool.everybody.allSatisfy { contact in
            (contact.node ?? topology.deadpool.contact(at: contact.address)?.node).map(nodes.contains) ?? false
        }
    }

    /// Every node has answered. Clients that wait for entries that no node holds are read from again.
    private func learntWhatIsHeld(_ held: VersionVector, of wanted: VersionVector) {
        let ended = resuming.learntWhatIsHeld(held, of: wanted) { [marks = shownMarks] origin in
            log.origins.knownNumber(of: origin).map { marks[$0] } ?? 0
        }
        for (connection, ahead) in ended {
            tellLost(ahead, held, to: connection)
            readAgain(connection, after: .catchingUp)
        }
    }

    private func tellLost(_ ahead: [VersionVector.Component], _ held: VersionVector, to connection: ConnectionID) {
        guard sessions[connection]?.wantsNotices == true else { return }
        let count = ahead.reduce(UInt64(0)) { sum, component in
            let lost = component.sequence - min(component.sequence, held[component.origin])
            let (more, isTooMany) = sum.addingReportingOverflow(lost)
            return isTooMany ? .max : more
        }
        send(.notice(info: "\(count) messages that you have seen are kept by no server any more"), to: connection)
    }
}
