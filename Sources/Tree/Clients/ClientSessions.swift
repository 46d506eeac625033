/// The clients of a node and their sessions.
struct ClientSessions {
    var clients = ClientTable()
    /// The session of a client that brought none follows from this and the connection.
    let seed: UInt64
    /// Logged-in clients.
    var load = 0
    /// What clients said lately under numbers of their own.
    var duplicates: DuplicateFilter
    /// Set once clients are served; before, a node that joins lets them wait.
    var hasAdmitted: Bool
    /// First messages of clients that came before the node had found its position.
    var parked: [(connection: ConnectionID, message: Message)] = []

    init(seed: UInt64, duplicates: DuplicateFilter, hasAdmitted: Bool) {
        self.seed = seed
        self.duplicates = duplicates
        self.hasAdmitted = hasAdmitted
    }

    var count: Int { clients.count }
    var isEmpty: Bool { clients.isEmpty }
    var connections: [ConnectionID] { clients.connections }
    func contains(_ connection: ConnectionID) -> Bool { clients.contains(connection) }

    subscript(connection: ConnectionID) -> Client? {
        get { clients[connection] }
        set { clients[connection] = newValue }
    }

    subscript(connection: ConnectionID, default client: @autoclosure () -> Client) -> Client {
        get { clients[connection] ?? client() }
        set { clients[connection] = newValue }
    }
}
