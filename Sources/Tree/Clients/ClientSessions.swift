/// Decides who is a client of this node, who of them is logged in, and whether clients are served yet.
struct ClientSessions {
    private var clients = ClientTable()
    /// The session of a client that brought none follows from this seed and the connection.
    let seed: UInt64
    /// Logged-in clients.
    private(set) var load = 0
    /// Those with a name, by the name as it was registered.
    private var named: [NameKey: Set<ConnectionID>] = [:]
    /// Logged-in clients by their addresses.
    private var loads: [PeerAddress: Int] = [:]
    /// What clients said lately under numbers of their own. It is asked for every message, and so directly: a question
    /// to this part would copy the whole of it.
    private(set) var duplicates: DuplicateFilter
    /// Whether clients are served. A joining node lets them wait.
    private(set) var hasAdmitted: Bool
    /// First messages of clients that came before the node had found its position.
    private var parked = ParkedClients()

    /// Sessions that were cut and have not been told why.
    private var cutSessions = CutSessions()

    init(seed: UInt64, duplicates: DuplicateFilter, hasAdmitted: Bool) {
        self.seed = seed
        self.duplicates = duplicates
        self.hasAdmitted = hasAdmitted
    }

    var count: Int { clients.count }
    var isEmpty: Bool { clients.isEmpty }
    /// The connections in ascending order.
    var connections: [ConnectionID] { clients.connections }
    func contains(_ connection: ConnectionID) -> Bool { clients.contains(connection) }

    subscript(connection: ConnectionID) -> Client? { clients[connection] }

    /// Logged-in clients of one address.
    func load(from address: PeerAddress) -> Int { loads[address] ?? 0 }

    /// The clients that are logged in with a name as it was registered, in ascending order.
    func connections(of user: String) -> [ConnectionID] { named[NameKey(exactly: user)]?.sorted() ?? [] }

    /// - Parameter isThere: whether it is logged in with the name from now on.
    private mutating func note(_ connection: ConnectionID, of user: String, isThere: Bool) {
        guard user != Login.anonymous else { return }
        let key = NameKey(exactly: user)
        if isThere {
            named[key, default: []].insert(connection)
        } else if named[key]?.remove(connection) != nil, named[key]!.isEmpty {
            named[key] = nil
        }
    }

    // MARK: Coming and going

    /// A connection has shown that it is a client's.
    mutating func greeted(_ connection: ConnectionID) {
        if !clients.contains(connection) { clients[connection] = Client() }
    }

    /// A client wants to log in, and names the features that it understands.
    mutating func loginRequested(on connection: ConnectionID, understanding features: [String]) {
        var client = clients[connection] ?? Client()
        client.wantsGaps = features.contains(Login.gapFeature)
        client.wantsNotices = features.contains(Login.noticeFeature)
        clients[connection] = client
    }

    /// A client has logged in. If it was logged in before, it goes on reading where it is, under its new name.
    ///
    /// - Parameters:
    ///   - proof: how it has shown that it has the name.
    ///   - digest: the digest of its secret; nil if it has shown none that is right.
    ///   - session: the session's name as others see it, if the client brought a session; otherwise it keeps the one
    ///     that it has.
    mutating func loggedIn(
        _ connection: ConnectionID, as user: String, by proof: LoginProof, digest: SecretDigest?, session: String?,
        from address: PeerAddress, atMilliseconds milliseconds: UInt64
    ) {
        guard var client = clients[connection] else { return }
        if !client.isLoggedIn {
            client.record.since = UInt32(clamping: milliseconds / 1000)
            load += 1
            loads[address, default: 0] += 1
        } else {
            note(connection, of: client.user, isThere: false)
        }
        note(connection, of: user, isThere: true)
        client.isLoggedIn = true
        client.address = address
        let session = session ?? client.identity?.session
        let isNobody = user == Login.anonymous && session == nil
        client.identity = isNobody ? nil : Client.Identity(user: user, proof: proof, digest: digest, session: session)
        clients[connection] = client
    }

    /// A client has said a message.
    mutating func said(_ connection: ConnectionID) {
        clients.saidMore(connection)
    }

    /// A client resumes: it doesn't follow the log yet.
    mutating func beganCatchingUp(_ connection: ConnectionID) { clients[connection]?.isResuming = true }

    /// A client that resumed follows the log from now on.
    mutating func caughtUp(_ connection: ConnectionID) { clients[connection]?.isResuming = false }

    /// The connection of a client is gone.
    mutating func left(_ connection: ConnectionID) {
        guard let client = clients[connection] else { return }
        clients[connection] = nil
        guard client.isLoggedIn else { return }
        note(connection, of: client.user, isThere: false)
        load -= 1
        let others = load(from: client.address) - 1
        loads[client.address] = others == 0 ? nil : others
    }

    // MARK: Being cut

    /// The client of a session is closed because it reads too slowly.
    mutating func cut(_ session: String, because reason: String, limit: Int) {
        cutSessions.cut(session, because: reason, limit: limit)
    }

    /// Why a session was cut here last; nil if it wasn't. Told once.
    mutating func takeCut(_ session: String) -> String? { cutSessions.take(session) }

    // MARK: Before clients are served

    /// Keeps the first message of a client until clients are served.
    ///
    /// - Parameter limitBytes: of all such messages together.
    /// - Returns: those who have to go, since they hold most; they aren't kept any more.
    mutating func park(_ message: Message, of connection: ConnectionID, limitBytes: Int) -> [ConnectionID] {
        parked.add(message, of: connection)
        var gone: [ConnectionID] = []
        while parked.bytes > limitBytes, let largest = parked.largest() {
            parked.remove(largest)
            gone.append(largest)
        }
        return gone
    }

    /// A connection is gone before clients were served.
    mutating func unpark(_ connection: ConnectionID) { parked.remove(connection) }

    /// Clients that wait until clients are served.
    var parkedCount: Int { parked.count }

    /// From now on clients are served.
    mutating func admit() { hasAdmitted = true }

    /// Whether clients are served, and parked ones still wait.
    var hasParked: Bool { hasAdmitted && !parked.isEmpty }

    /// Takes some of the parked messages, the oldest first.
    mutating func takeParked(atMost limit: Int) -> [(connection: ConnectionID, message: Message)] {
        parked.take(atMost: limit)
    }

    // MARK: Retries

    /// How many sessions the duplicate filter remembers.
    var rememberedSessions: Int { duplicates.sessions }

    /// A numbered message of a client was stored.
    mutating func stored(_ key: RetryKey, by user: String, stamp: Stamp) {
        duplicates.record(key, by: user, stamp: stamp)
    }

    mutating func leaveOut(_ rule: Mutation?) {
        duplicates.forgetsEarly = rule == .dedupeByTime
    }
}
