/// The clients that are logged in by a token of somebody else, and under which name: that may be registered later.
///
/// Where nobody logs in so, nothing is stored.
struct VouchedClients {
    private var names: [ConnectionID: NameKey] = [:]
    private var clients: [NameKey: [ConnectionID]] = [:]

    var isEmpty: Bool { names.isEmpty }

    mutating func add(_ connection: ConnectionID, as name: NameKey) {
        names[connection] = name
        clients[name, default: []].append(connection)
    }

    /// In the order in which they logged in.
    func connections(of name: NameKey) -> [ConnectionID] { clients[name] ?? [] }

    mutating func forget(_ connection: ConnectionID) {
        guard !names.isEmpty, let name = names.removeValue(forKey: connection) else { return }
        clients[name]!.removeAll { $0 == connection }
        if clients[name]!.isEmpty { clients[name] = nil }
    }
}
