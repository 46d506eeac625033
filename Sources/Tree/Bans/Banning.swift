import DequeModule

// Whom a ban keeps out, and what the banned are told (docs/protocol.md#bans). Bans concern clients: other nodes and
// operators' tools know the network's secret, so that nobody locks the network or its operator out.

extension Node {
    /// The ban that keeps a connection out before it has said who it is.
    func ban(ofAddressOf connection: ConnectionID) -> BanRecord? {
        guard !bans.isEmpty else { return nil }
        return bans.ban(address: address(of: connection), at: networkMilliseconds)
    }

    /// The ban that keeps a client out whose name and session are known.
    func ban(of user: String, session: String?, on connection: ConnectionID) -> BanRecord? {
        guard !bans.isEmpty else { return nil }
        return bans.ban(
            name: key(of: user), address: address(of: connection), session: session, at: networkMilliseconds)
    }

    /// Whether a name is banned, wherever somebody comes from.
    func isBanned(_ username: String) -> Bool {
        guard !bans.isEmpty, let record = bans[.name(key(of: username).name)] else { return false }
        return record.stands(at: networkMilliseconds)
    }

    /// Refuses what a banned client has said, in the way in which it is told of other refusals.
    func refuseBanned(_ message: Message, _ ban: BanRecord, on connection: ConnectionID) {
        counters.refused(for: .banned)
        if admission.banNotice.newcomerRefused(at: now.instant, pause: limits.refusalNotice) {
            report(.bannedRefused(connection, ban))
        }
        let info = BanWords.words(of: ban)
        switch message {
        case .login: send(.loginFailed(info: info), to: connection)
        case .register: send(.registerFailed(info: info), to: connection)
        case .changeSecret: send(.changeFailed(info: info), to: connection)
        default: send(.authenticationFail(Refusal(reason: nil, info: info)), to: connection)
        }
        forget(connection, manner: .afterFlush)
    }

    // MARK: Ending sessions

    /// Whether a logged-in client is meant.
    func isMeant(_ client: Client, on connection: ConnectionID, by target: BanTarget) -> Bool {
        switch target {
        case .name(let name): NameKey(exactly: name) == key(of: client.user)
        case .address(let range): range.contains(client.address)
        case .session(let session): session.utf8.elementsEqual(self.session(of: connection).utf8)
        }
    }

    /// The logged-in clients that are meant, in ascending order.
    func connections(meantBy target: BanTarget) -> [ConnectionID] {
        sessions.connections.filter { connection in
            guard let client = sessions[connection], client.isLoggedIn else { return false }
            return isMeant(client, on: connection, by: target)
        }
    }

    /// Ends the sessions of a target, at the end of this turn.
    ///
    /// - Returns: how many there are.
    func endSessions(meantBy target: BanTarget, info: String) -> Int {
        let meant = connections(meantBy: target)
        bans.ends.add(meant.map { ($0, info) })
        return meant.count
    }

    /// Ends sessions of whoever has been banned in this turn. All clients are looked at once, however many bans a
    /// neighbour has told.
    func enforceBans() {
        guard bans.takeNeedOfEnforcing() else { return }
        let looksAtSessions = bans.hasSessions
        for connection in sessions.connections {
            guard let client = sessions[connection], client.isLoggedIn else { continue }
            let session = looksAtSessions ? session(of: connection) : nil
            if let ban = ban(of: client.user, session: session, on: connection) {
                bans.ends.add([(connection, BanWords.words(of: ban))])
            }
        }
    }

    /// Ends some of the sessions that are to end. There may be twenty thousand, and a turn serves nobody else.
    func endMoreSessions() {
        enforceBans()
        guard !bans.ends.isEmpty else { return }
        for (connection, info) in bans.ends.take(atMost: limits.crowdPerTurn) where sessions[connection] != nil {
            counters.sessionEnded()
            deny(connection, info: info)
        }
        if !bans.ends.isEmpty { timers[.continuation] = now.instant }
    }
}

/// Sessions that an operator has ended, whose clients are told in one of the next turns.
struct SessionEnds {
    private var ends: Deque<(connection: ConnectionID, info: String)> = []

    var isEmpty: Bool { ends.isEmpty }

    mutating func add(_ added: [(connection: ConnectionID, info: String)]) { ends += added }

    mutating func take(atMost limit: Int) -> [(connection: ConnectionID, info: String)] {
        let taken = Array(ends.prefix(limit))
        ends.removeFirst(taken.count)
        return taken
    }
}
