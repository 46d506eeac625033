/// The clients of a node by their connections: there may be twenty thousand, so each takes few bytes and no object.
///
/// Clients stand one behind the other; where, says an index of small numbers (open addressing, Knuth 6.4, algorithm L and
/// its deletion R), which is never fuller than three quarters.
///
/// ```
///   index     [ . 2 . . 1 . 3 . ]     4 bytes each: the place of a client, counted from 1
///   clients   [ client client client ]
/// ```
struct ClientTable {
    private struct Entry {
        let connection: ConnectionID
        var client: Client
    }

    private var entries: [Entry] = []
    private var index: [UInt32] = Array(repeating: 0, count: 8)

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// The connections in their order, which no history of additions and removals changes.
    var connections: [ConnectionID] { entries.map(\.connection).sorted() }

    subscript(connection: ConnectionID) -> Client? {
        get {
            let place = index[slot(of: connection)]
            return place == 0 ? nil : entries[Int(place) - 1].client
        }
        set {
            let slot = slot(of: connection)
            switch (index[slot], newValue) {
            case (0, nil): break
            case (0, let client?): add(Entry(connection: connection, client: client), at: slot)
            case (_, nil): remove(at: slot)
            case (let place, let client?): entries[Int(place) - 1].client = client
            }
        }
    }

    subscript(connection: ConnectionID, default client: @autoclosure () -> Client) -> Client {
        get { self[connection] ?? client() }
        set { self[connection] = newValue }
    }

    func contains(_ connection: ConnectionID) -> Bool { index[slot(of: connection)] != 0 }

    // MARK: The index

    /// Where a connection stands in the index, or the free slot where it would.
    private func slot(of connection: ConnectionID) -> Int {
        var slot = home(of: connection)
        while index[slot] != 0, entries[Int(index[slot]) - 1].connection != connection {
            slot = (slot + 1) & (index.count - 1)
        }
        return slot
    }

    /// Fibonacci hashing (Knuth 6.4): ids that follow one another are spread evenly.
    private func home(of connection: ConnectionID) -> Int {
        let bits = index.count.trailingZeroBitCount
        return Int(truncatingIfNeeded: (connection.value &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits))
    }

    private mutating func add(_ entry: Entry, at slot: Int) {
        entries.append(entry)
        index[slot] = UInt32(entries.count)
        guard entries.count * 4 > index.count * 3 else { return }
        index = Array(repeating: 0, count: index.count * 2)
        for place in entries.indices { index[self.slot(of: entries[place].connection)] = UInt32(place + 1) }
    }

    private mutating func remove(at removed: Int) {
        let place = Int(index[removed]) - 1
        closeGap(at: removed)
        let last = entries.removeLast()
        guard place < entries.count else { return }
        index[slot(of: last.connection, at: entries.count)] = UInt32(place + 1)
        entries[place] = last
    }

    /// The slot that says that a connection stands at a place.
    private func slot(of connection: ConnectionID, at place: Int) -> Int {
        var slot = home(of: connection)
        while index[slot] != UInt32(place + 1) { slot = (slot + 1) & (index.count - 1) }
        return slot
    }

    /// Empties a slot, and moves those back that had to give way to it.
    private mutating func closeGap(at removed: Int) {
        var free = removed
        index[free] = 0
        var slot = free
        while true {
            slot = (slot + 1) & (index.count - 1)
            guard index[slot] != 0 else { return }
            let home = home(of: entries[Int(index[slot]) - 1].connection)
            // It stays if its home lies behind the free slot, going round.
            let stays = free <= slot ? free < home && home <= slot : free < home || home <= slot
            if stays { continue }
            index[free] = index[slot]
            index[slot] = 0
            free = slot
        }
    }
}
