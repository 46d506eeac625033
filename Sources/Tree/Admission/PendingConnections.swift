import DequeModule

/// Pending connections, the oldest first: peers opened them, and they have neither logged in nor become a link.
///
/// They cost memory and descriptors, so their number is limited, in all and for each address. Above the limit the
/// oldest one that doesn't wait for this node's answer is closed (docs/protocol.md#limits).
struct PendingConnections {
    struct Stranger {
        let address: PeerAddress
        /// Has said something valid.
        var hasSpoken = false
    }

    private var strangers: [ConnectionID: Stranger] = [:]
    /// In the order in which they came. Connections that are no longer pending are skipped.
    private var order: Deque<ConnectionID> = []
    private var byAddress: [PeerAddress: Deque<ConnectionID>] = [:]
    /// How many pending connections the limits apply to.
    private(set) var countedInAll = 0
    private var counts: [PeerAddress: Int] = [:]
    /// By when those that limits apply to have to say something: first of all, or after an answer.
    private var deadlines = Deadlines()

    subscript(connection: ConnectionID) -> Stranger? { strangers[connection] }

    var count: Int { strangers.count }
    /// Of how many something is due.
    var dueCount: Int { deadlines.count }

    func counted(from address: PeerAddress) -> Int { counts[address] ?? 0 }

    /// - Parameter deadline: by when it has to say something valid; nil if no limits apply to it.
    mutating func add(_ connection: ConnectionID, from address: PeerAddress, speaksBy deadline: Instant?) {
        strangers[connection] = Stranger(address: address)
        guard let deadline else { return }
        deadlines.set(connection, at: deadline)
        order.append(connection)
        byAddress[address, default: []].append(connection)
        countedInAll += 1
        counts[address, default: 0] += 1
    }

    mutating func hasSpoken(_ connection: ConnectionID) {
        strangers[connection]?.hasSpoken = true
        deadlines.clear(connection)
    }

    /// It was answered: it goes on by then.
    mutating func answered(_ connection: ConnectionID, goesOnBy deadline: Instant) {
        if strangers[connection] != nil { deadlines.set(connection, at: deadline) }
    }

    /// The connection is closed, or has become a client's or a link.
    @discardableResult
    mutating func remove(_ connection: ConnectionID, isCounted: (PeerAddress) -> Bool) -> Stranger? {
        guard let stranger = strangers.removeValue(forKey: connection) else { return nil }
        guard isCounted(stranger.address) else { return stranger }
        deadlines.clear(connection)
        countedInAll -= 1
        counts[stranger.address]! -= 1
        if counts[stranger.address] == 0 {
            counts[stranger.address] = nil
            byAddress[stranger.address] = nil
        }
        while let first = order.first, strangers[first] == nil { order.removeFirst() }
        if order.count > 2 * countedInAll + 64 {
            order.removeAll { strangers[$0] == nil }
        }
        if let ofAddress = byAddress[stranger.address], ofAddress.count > 2 * counted(from: stranger.address) + 16 {
            byAddress[stranger.address]!.removeAll { strangers[$0] == nil }
        }
        return stranger
    }

    /// The oldest connection that may be closed, of one address or of all.
    func oldest(from address: PeerAddress? = nil, where mayGo: (ConnectionID) -> Bool) -> ConnectionID? {
        let candidates = if let address { byAddress[address] ?? [] } else { order }
        return candidates.first { strangers[$0] != nil && mayGo($0) }
    }

    /// Some of those that have said nothing by their deadline, and when the next one is due.
    mutating func takeLate(at now: Instant, atMost limit: Int = .max) -> (late: [ConnectionID], next: Instant?) {
        var late: [ConnectionID] = []
        while late.count < limit, let connection = deadlines.takeDue(at: now) { late.append(connection) }
        return (late, deadlines.next())
    }
}

extension Node {
    /// Whether limits by address, and on those who haven't logged in, apply to whoever comes from there.
    func isLimited(_ address: PeerAddress) -> Bool { limits.apply(to: address) }

    /// The address that a connection comes from; this machine's if the node wasn't told.
    func address(of connection: ConnectionID) -> PeerAddress {
        admission.pending[connection]?.address ?? sessions[connection]?.address ?? .loopback
    }

    /// A peer has opened a connection to this node.
    func opened(_ connection: ConnectionID, from address: PeerAddress) {
        guard isLimited(address) else { return admission.pending.add(connection, from: address, speaksBy: nil) }
        let deadline = now.instant + limits.strangerPatience(with: address)
        admission.pending.add(connection, from: address, speaksBy: deadline)
        timers.set(.strangers, noLaterThan: deadline)
        if admission.pending.counted(from: address) > limits.strangers(of: address) {
            makeRoom(for: connection, from: address, info: "too many connections from your address have not logged in")
        } else if admission.pending.countedInAll > limits.strangers {
            makeRoom(for: connection, from: nil, info: "too many connections have not logged in")
        }
    }

    /// A question of somebody who hasn't logged in was answered: it goes on in time, or makes room for others.
    func answeredStranger(_ connection: ConnectionID) {
        guard let stranger = admission.pending[connection], isLimited(stranger.address) else { return }
        let deadline = now.instant + limits.answeredPatience
        admission.pending.answered(connection, goesOnBy: deadline)
        timers.set(.strangers, noLaterThan: deadline)
    }

    /// Closes the oldest pending connection that doesn't wait for this node's answer, or the newcomer if there is none.
    private func makeRoom(for connection: ConnectionID, from address: PeerAddress?, info: String) {
        let oldest = admission.pending.oldest(from: address) { other in
            !admission.gate.isHeld(other, for: .awaitsAnswer)
        }
        refuse(oldest ?? connection, info: info + ": try again later", for: .crowded)
    }

    /// Connections that have said nothing valid in time are told so and closed.
    func refuseSilentStrangers() {
        let (late, next) = admission.pending.takeLate(at: now.instant, atMost: limits.crowdPerTurn)
        // Those who are late already are told in the next turn.
        if let next { timers.set(.strangers, noLaterThan: max(next, now.instant + .milliseconds(1))) }
        for connection in late {
            guard let stranger = admission.pending[connection] else { continue }
            // It went on in time, and it is this node's turn: the answer sets its next deadline.
            if admission.gate.isHeld(connection, for: .awaitsAnswer) { continue }
            let (missing, patience) =
                stranger.hasSpoken
                ? ("neither a login nor another question", limits.answeredPatience)
                : ("no command", limits.strangerPatience(with: stranger.address))
            refuse(connection, info: "\(missing) came within \(patience.wholeMilliseconds) ms", for: .silent)
        }
    }

    /// The connection isn't pending any more: it is closed, or has become a client's or a link.
    func forgetStranger(_ connection: ConnectionID) {
        admission.pending.remove(connection, isCounted: isLimited)
    }
}
