/// The clients of a node by connection. There may be twenty thousand, so each takes few bytes and no object.
///
/// Clients stand in arrays, one after the other. An index of small numbers says where (open addressing, Knuth 6.4,
/// algorithm L and its deletion R). It is never more than three quarters full.
///
/// ```
///   index        [ . 2 . . 1 . 3 . ]     4 bytes each: the position of a client, counted from 1
///   ids          [ id id id ]            8 bytes
///   traits       [ traits traits … ]     5 bytes
///   records      [ record record … ]     8 bytes
///   identities   [ nil identity nil ]    8 bytes, once a client has one
///   addresses    [ value value … ]       8 bytes, once one isn't 0
/// ```
struct ClientTable {
    private var ids: [ConnectionID] = []
    private var traits: [Client.Traits] = []
    private var records: [Client.Record] = []
    /// Empty until a client has one.
    private var identities: [Client.Identity?] = []
    /// The values of the clients' addresses; empty until one differs from 0.
    private var addresses: [UInt64] = []
    private var index: [UInt32] = Array(repeating: 0, count: 8)

    var count: Int { ids.count }
    var isEmpty: Bool { ids.isEmpty }

    /// The connections in ascending order, which doesn't depend on the history of additions and removals.
    var connections: [ConnectionID] { ids.sorted() }

    subscript(connection: ConnectionID) -> Client? {
        get {
            let position = index[slot(of: connection)]
            return position == 0 ? nil : client(at: Int(position) - 1)
        }
        set {
            let slot = slot(of: connection)
            switch (index[slot], newValue) {
            case (0, nil): break
            case (0, let client?): add(connection, client, at: slot)
            case (_, nil): remove(at: slot)
            case (let position, let client?): set(client, at: Int(position) - 1)
            }
        }
    }

    subscript(connection: ConnectionID, default client: @autoclosure () -> Client) -> Client {
        get { self[connection] ?? client() }
        set { self[connection] = newValue }
    }

    func contains(_ connection: ConnectionID) -> Bool { index[slot(of: connection)] != 0 }

    /// A client has said one more message. It is asked for every message, so nothing is copied.
    mutating func saidMore(_ connection: ConnectionID) {
        let position = index[slot(of: connection)]
        if position > 0 { records[Int(position) - 1].said &+= 1 }
    }

    private func client(at position: Int) -> Client {
        Client(
            traits: traits[position], identity: identities.isEmpty ? nil : identities[position],
            record: records[position],
            address: PeerAddress(addresses.isEmpty ? 0 : addresses[position], isLoopback: traits[position].isLocal))
    }

    private mutating func set(_ client: Client, at position: Int) {
        traits[position] = client.traits
        records[position] = client.record
        if identities.isEmpty, client.identity != nil { identities = Array(repeating: nil, count: ids.count) }
        if !identities.isEmpty { identities[position] = client.identity }
        if addresses.isEmpty, client.address.value != 0 { addresses = Array(repeating: 0, count: ids.count) }
        if !addresses.isEmpty { addresses[position] = client.address.value }
    }

    // MARK: The index

    /// The slot of a connection in the index, or the free slot where it would be put.
    private func slot(of connection: ConnectionID) -> Int {
        var slot = home(of: connection)
        while index[slot] != 0, ids[Int(index[slot]) - 1] != connection {
            slot = (slot + 1) & (index.count - 1)
        }
        return slot
    }

    /// Fibonacci hashing (Knuth 6.4) spreads consecutive ids evenly.
    private func home(of connection: ConnectionID) -> Int {
        let bits = index.count.trailingZeroBitCount
        return Int(truncatingIfNeeded: (connection.value &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits))
    }

    private mutating func add(_ connection: ConnectionID, _ client: Client, at slot: Int) {
        ids.append(connection)
        traits.append(client.traits)
        records.append(client.record)
        if !identities.isEmpty { identities.append(nil) }
        if !addresses.isEmpty { addresses.append(0) }
        set(client, at: ids.count - 1)
        index[slot] = UInt32(ids.count)
        guard ids.count * 4 > index.count * 3 else { return }
        index = Array(repeating: 0, count: index.count * 2)
        for position in ids.indices { index[self.slot(of: ids[position])] = UInt32(position + 1) }
    }

    private mutating func remove(at removed: Int) {
        let position = Int(index[removed]) - 1
        closeGap(at: removed)
        let last = ids.removeLast()
        let lastTraits = traits.removeLast()
        let lastRecord = records.removeLast()
        let lastIdentity = identities.popLast() ?? nil
        let lastAddress = addresses.popLast() ?? 0
        guard position < ids.count else { return }
        index[slot(of: last, at: ids.count)] = UInt32(position + 1)
        ids[position] = last
        traits[position] = lastTraits
        records[position] = lastRecord
        if !identities.isEmpty { identities[position] = lastIdentity }
        if !addresses.isEmpty { addresses[position] = lastAddress }
    }

    /// The slot that holds the position of a connection.
    private func slot(of connection: ConnectionID, at position: Int) -> Int {
        var slot = home(of: connection)
        while index[slot] != UInt32(position + 1) { slot = (slot + 1) & (index.count - 1) }
        return slot
    }

    /// Empties a slot, and moves later ones back that were displaced by it.
    private mutating func closeGap(at removed: Int) {
        var free = removed
        index[free] = 0
        var slot = free
        while true {
            slot = (slot + 1) & (index.count - 1)
            guard index[slot] != 0 else { return }
            let home = home(of: ids[Int(index[slot]) - 1])
            // It stays if its home lies after the free slot, modulo the size of the index.
            let stays = free <= slot ? free < home && home <= slot : free < home || home <= slot
            if stays { continue }
            index[free] = index[slot]
            index[slot] = 0
            free = slot
        }
    }
}
