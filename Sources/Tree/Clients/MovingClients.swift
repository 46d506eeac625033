// Clients that are moved to other nodes, by `REDIRECT` with a resume token as when a node leaves: while an operator
// drains a node before an upgrade, and to even loads out after one (docs/protocol.md#moving-clients). The node stays in
// its tree.

extension Node {
    /// Whether an operator drains the node: it takes no new client.
    package var isDrained: Bool { draining.moves.isDraining }

    // MARK: Operators

    func administer(_ action: MovingAction, on connection: ConnectionID) {
        switch action {
        case .drain(let perSecond):
            if !draining.moves.isDraining { report(.drainBegun(clients: load, perSecond: perSecond)) }
            draining.moves.drain(perSecond: perSecond, at: now.instant)
            // Other nodes must not redirect clients here any more.
            announce()
            moveClients()
            tellTool(.moving(MovingAnswer(isDraining: true, clients: load)), on: connection)
        case .stopDraining:
            if draining.moves.stop() {
                report(.drainStopped)
                announce()
            }
            tellTool(.moving(MovingAnswer(isDraining: false, clients: load)), on: connection)
        case .look:
            tellTool(.moving(MovingAnswer(isDraining: draining.moves.isDraining, clients: load)), on: connection)
        case .balance(let perSecond):
            ask(newQuestionID(), .status([status]), for: .balancing(connection, perSecond: perSecond))
        }
    }

    /// All nodes have told their loads: each is asked to give away what it has too many.
    func balance(_ nodes: [NodeStatus], for tool: ConnectionID, perSecond: Int) {
        let open = nodes.filter { !$0.isDraining }
        // A broken node may tell any number.
        let clients = nodes.reduce(0) { $0 + min($1.clients, Limits.believedClients) }
        guard open.count > 1 else {
            return tellTool(.failed(info: "there is no other node that takes clients"), on: tool)
        }
        ask(.balance(target: (clients + open.count - 1) / open.count, perSecond: perSecond), for: tool)
    }

    /// An operator wants each node to have this load.
    ///
    /// - Returns: how many clients this node gives away.
    func beginBalancing(target: Int, perSecond: Int) -> Int {
        let excess = load - target
        // A few more than others is no uneven load: nobody is moved for that.
        guard !draining.moves.isDraining, excess > max(1, target / 20) else { return 0 }
        let perSecond = min(max(1, perSecond), Limits.movesPerSecond)
        let patience = limits.moveOnceIn + limits.balancingPatience + .seconds(excess / perSecond)
        draining.moves.balance(
            ClientMoves.Balancing(left: excess, target: target, deadline: now.instant + patience),
            perSecond: perSecond, at: now.instant)
        report(.balancing(clients: excess, perSecond: perSecond))
        timers.set(.moves, noLaterThan: now.instant)
        return excess
    }

    // MARK: Moving

    /// Moves the clients that are due.
    func moveClients() {
        guard draining.moves.isBusy else { return }
        timers.set(.moves, noLaterThan: now.instant + Limits.movesPause)
        guard !draining.hasBegun else { return }
        if draining.moves.isDraining, load == 0, draining.moves.isEmptied() { report(.drainedOfClients) }
        var due = draining.moves.due(at: now.instant, atMost: limits.crowdPerTurn)
        guard due > 0 else { return }
        let balancing = draining.moves.balancing
        var moved = 0
        for connection in sessions.connections where due > 0 {
            guard let client = sessions[connection], client.isLoggedIn, mayMove(client, for: balancing) else {
                continue
            }
            let most = balancing.map { $0.target - 1 } ?? .max
            // The others are best served where they are.
            guard let target = target(atMost: most, for: nil) else { break }
            counters.clientWasMoved()
            redirect(connection, to: target)
            due -= 1
            moved += 1
        }
        draining.moves.moved(moved)
        if draining.moves.isDraining, moved == 0, load > 0,
            admission.moveNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice)
        {
            report(.nowhereToMove(clients: load))
        }
    }

    private func mayMove(_ client: Client, for balancing: ClientMoves.Balancing?) -> Bool {
        guard balancing != nil else { return true }
        // Who resumes would have to begin again. Who has come lately may have been moved: nobody is moved twice.
        let since = UInt64(client.record.since) * 1000 + UInt64(limits.moveOnceIn.wholeMilliseconds)
        return !client.isResuming && since < now.wallMilliseconds
    }
}

/// What an operator wants of the clients of nodes.
public enum MovingAction: Hashable, Sendable {
    /// The asked node takes no new clients, and sends so many a second to other nodes.
    case drain(perSecond: Int)
    /// It takes clients again.
    case stopDraining
    /// How far it has got.
    case look
    /// Every node that has more than its share sends so many a second to others.
    case balance(perSecond: Int)
}

/// The answer to all of these but the last.
public struct MovingAnswer: Hashable, Sendable {
    public var isDraining: Bool
    /// Clients that are logged in at the node.
    public var clients: Int

    public init(isDraining: Bool, clients: Int) {
        self.isDraining = isDraining
        self.clients = clients
    }
}
