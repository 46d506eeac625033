/// Which of these entries does somebody in the tree hold? Asked by a node whose clients have seen what it lacks.
public struct HeldQuestion: Hashable, Sendable {
    public let id: QuestionID
    /// How far clients have seen origins.
    public let wanted: VersionVector

    public init(id: QuestionID, wanted: VersionVector) {
        self.id = id
        self.wanted = wanted
    }
}

/// What a branch holds of it.
public struct HeldAnswer: Hashable, Sendable {
    public let id: QuestionID
    /// How far somebody in there has stored the origins asked for; none for an origin that nobody knows.
    public let held: VersionVector
    /// Who has answered; none if they are too many to be named.
    public let nodes: [NodeID]
    /// Whom they know besides; those who have answered may stand among them.
    public let others: [NodeID]
    /// Somebody in there has not answered, or is still being synchronised or looking for its position.
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

// A client that comes back may have seen what its new node lacks. Mostly it is on its way; but where a whole network
// was restarted nobody has it any more, and waiting for it would only keep the client mute. So the tree is asked
// (docs/protocol.md#resuming). Only an answer of every node that any of them knows will do: in a network that is cut
// the other half has what this one lacks.

extension Node {
    /// At the end of a turn: asks, if somebody waits and this node itself has everything that its neighbours had.
    func askForSeen() {
        guard resuming.mayAskTree(at: now.instant), isAtRest,
            let wanted = resuming.wantedOfTree(limit: limits.sinceOrigins, looks: limits.heldLooks)
        else { return }
        let question = HeldQuestion(id: newQuestionID(), wanted: wanted)
        resuming.asked(question, nextAt: now.instant + limits.heldPause)
        ask(question.id, heldSubject(question), for: .resuming)
    }

    /// It has a position, looks for no other, and lacks nothing that its neighbours had.
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
        // One that is known by its address alone is nobody who could answer.
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
            // What is being changed at this moment is asked for once more.
            if !question.isUnknown, isAtRest, sum.areNamed, sum.others.isSubset(of: sum.nodes),
                knowsNobody(but: sum.nodes)
            {
                learntWhatIsHeld(sum.held, of: asked.wanted)
            }
            // The others are asked for anew.
            timers.set(.resume, noLaterThan: resuming.nextHeldQuestion)
        case .client, .baseServer, .tool, .durability, .bridging: break
        }
    }

    /// Whether this node has heard of nobody else, also since it asked.
    private func knowsNobody(but nodes: Set<NodeID>) -> Bool {
        topology.deadpool.everybody.allSatisfy { contact in
            (contact.node ?? topology.deadpool.contact(at: contact.address)?.node).map(nodes.contains) ?? false
        }
    }

    /// Every node has answered. Whoever waits for what nobody holds goes on.
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
