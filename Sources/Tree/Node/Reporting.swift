// Answers to operators' questions about the network (docs/protocol.md#status).

extension Node {
    func answer(_ question: StatusQuestion, on connection: ConnectionID) {
        if let refusal = refusal(ofPlainNodeSecret: connection)
            ?? refusal(ofNodeSecret: question.secret, on: connection)
        {
            send(.authenticationFail(refusal), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        ask(newQuestionID(), .status([status]), for: .tool(connection))
    }

    func consider(status question: StatusQuestion, from link: Link) {
        guard let id = question.id else { return }
        guard queries.mayTake(id, limit: limits.openQuestions) else {
            return send(.statusAnswer(.init(id: id, nodes: [], isComplete: false)), to: link.connection)
        }
        ask(id, .status([status]), for: .link(link.connection))
    }

    func answerStatus(_ question: Question, _ nodes: [NodeStatus]) {
        var left = limits.statusBytes
        let fitting = Array(
            nodes.prefix { node in
                let contacts =
                    2 + node.path.count + node.deadpool.count + node.children.count + node.baseServers.count
                    + node.links.count
                left -= contacts * limits.statusContactBytes
                return left > 0
            })
        let isComplete = !question.isUnknown && fitting.count == nodes.count
        switch question.asker {
        case .link(let link):
            send(.statusAnswer(.init(id: question.id, nodes: fitting, isComplete: isComplete)), to: link)
        case .tool(let connection):
            send(.statusAnswer(.init(id: nil, nodes: fitting, isComplete: isComplete)), to: connection)
            emit(.close(connection, .afterFlush))
        case .balancing(let connection, let perSecond): balance(nodes, for: connection, perSecond: perSecond)
        case .client, .baseServer, .durability, .resuming, .bridging: break
        }
    }

    /// This node's answer to a status question.
    public var status: NodeStatus {
        let position = position(for: nil)
        return NodeStatus(
            contact: withoutSecret(ownContact), label: topology.label, isRoot: parentLink == nil,
            isPlain: parentLink.map(isPlain) ?? false, isDraining: draining.moves.isDraining,
            path: topology.path.map(withoutSecret),
            deadpool: topology.deadpool.list.map(withoutSecret),
            heir: position.heirs.first.map(withoutSecret), children: children.map { withoutSecret($0.contact) },
            baseServers: links.compactMap(baseServerStatus),
            clients: load, queue: replication.queue.count, log: log.count, stamp: ordering.clock.latest,
            turns: counters.turns, counts: counters.counts, work: counters.work, links: linkStatuses,
            trouble: joinTrouble, lag: lagStatus)
    }

    func withoutSecret(_ contact: Contact) -> Contact {
        var contact = contact
        contact.secret = nil
        return contact
    }
}
