import DequeModule

/// Connections that somebody opened to this node and that have neither logged in nor become a link, the oldest first.
///
/// They cost memory and descriptors and owe nobody anything, so there is a limit on them: in all, and of one address.
/// Past it the oldest one goes that isn't waiting for this node's own answer (docs/protocol.md#limits).
struct PendingConnections {
    struct Stranger {
        let address: PeerAddress
        let since: Instant
        /// Has said something valid; before, it has only so long to do so.
        var hasSpoken = false
    }

    private var strangers: [ConnectionID: Stranger] = [:]
    /// In the order in which they came; those that are gone or known by now are skipped.
    private var order: Deque<ConnectionID> = []
    private var byAddress: [PeerAddress: Deque<ConnectionID>] = [:]
    /// Those that limits apply to.
    private(set) var countedInAll = 0
    private var counts: [PeerAddress: Int] = [:]

    subscript(connection: ConnectionID) -> Stranger? { strangers[connection] }

    var count: Int { strangers.count }

    func counted(from address: PeerAddress) -> Int { counts[address] ?? 0 }

    mutating func add(_ connection: ConnectionID, from address: PeerAddress, at instant: Instant, isCounted: Bool) {
        strangers[connection] = Stranger(address: address, since: instant)
        guard isCounted else { return }
        order.append(connection)
        byAddress[address, default: []].append(connection)
        countedInAll += 1
        counts[address, default: 0] += 1
    }

    mutating func hasSpoken(_ connection: ConnectionID) {
        strangers[connection]?.hasSpoken = true
    }

    /// It is gone, or known by now.
    @discardableResult
    mutating func remove(_ connection: ConnectionID, isCounted: (PeerAddress) -> Bool) -> Stranger? {
        guard let stranger = strangers.removeValue(forKey: connection) else { return nil }
        guard isCounted(stranger.address) else { return stranger }
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

    /// The oldest one that may go: of one address, or of all.
    func oldest(from address: PeerAddress? = nil, where mayGo: (ConnectionID) -> Bool) -> ConnectionID? {
        let candidates = if let address { byAddress[address] ?? [] } else { order }
        return candidates.first { strangers[$0] != nil && mayGo($0) }
    }

    /// Some of those that have said nothing valid since before an instant, and when the next one will have.
    func silent(since instant: Instant, atMost limit: Int = .max) -> (late: [ConnectionID], next: Instant?) {
        var late: [ConnectionID] = []
        for connection in order {
            guard let stranger = strangers[connection], !stranger.hasSpoken else { continue }
            guard stranger.since <= instant, late.count < limit else { return (late, stranger.since) }
            late.append(connection)
        }
        return (late, nil)
    }
}

extension Node {
    /// Limits by address, and on those who haven't logged in, leave this machine alone unless an operator wants
    /// otherwise.
    func isLimited(_ address: PeerAddress) -> Bool { !address.isLoopback || limits.limitsLoopback }

    /// Where a connection comes from, as far as this node was told: else from this machine.
    func address(of connection: ConnectionID) -> PeerAddress {
        admission.pending[connection]?.address ?? sessions[connection]?.address ?? .loopback
    }

    /// Somebody has opened a connection to this node.
    func opened(_ connection: ConnectionID, from address: PeerAddress) {
        admission.pending.add(connection, from: address, at: now.instant, isCounted: isLimited(address))
        guard isLimited(address) else { return }
        if admission.pending.counted(from: address) > limits.strangersPerAddress {
            makeRoom(for: connection, from: address, info: "too many connections from your address have not logged in")
        } else if admission.pending.countedInAll > limits.strangers {
            makeRoom(for: connection, from: nil, info: "too many connections have not logged in")
        }
        timers.set(.strangers, noLaterThan: now.instant + limits.strangerPatience)
    }

    /// The oldest one goes that isn't waiting for an answer of this node's own; without any it is the newcomer.
    private func makeRoom(for connection: ConnectionID, from address: PeerAddress?, info: String) {
        let oldest = admission.pending.oldest(from: address) { other in
            !admission.gate.isHeld(other, for: .awaitsAnswer)
        }
        refuse(oldest ?? connection, info: info + ": try again later")
    }

    /// Those who have said nothing valid in time are told, and closed.
    func refuseSilentStrangers() {
        guard let oldest = before(limits.strangerPatience) else {
            return timers.set(.strangers, noLaterThan: now.instant + limits.strangerPatience)
        }
        let (late, next) = admission.pending.silent(since: oldest, atMost: limits.crowdPerTurn)
        for connection in late {
            refuse(connection, info: "no command came within \(limits.strangerPatience.wholeMilliseconds) ms")
        }
        guard let next else { return }
        // Those who are late already are told in the next turn.
        timers.set(.strangers, noLaterThan: max(next + limits.strangerPatience, now.instant + .milliseconds(1)))
    }

    /// It isn't a stranger any more: it is gone, or has shown who it is.
    func forgetStranger(_ connection: ConnectionID) {
        admission.pending.remove(connection, isCounted: isLimited)
    }
}
