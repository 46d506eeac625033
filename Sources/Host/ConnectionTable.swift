import Tree

extension ConnectionID {
    /// The shell's ids of connections. The low bits are a slot of its table, which is used again, the high bits a count
    /// of the slot's uses, so that ids aren't.
    init(slot: Int, use: UInt32) {
        self.init(UInt64(use) << 32 | UInt64(slot))
    }

    var slot: Int { Int(value & 0xFFFF_FFFF) }
    var use: UInt32 { UInt32(value >> 32) }
}

/// The open connections, found by id without hashing: 12 bytes each.
struct ConnectionTable {
    private var slots: [Connection?] = []
    /// How many connections had each slot before.
    private var uses: [UInt32] = []
    /// The free slots. The one freed last is used first.
    private var free: [UInt32] = []

    var count: Int { slots.count - free.count }

    subscript(id: ConnectionID) -> Connection? {
        let slot = id.slot
        return slot < slots.count && uses[slot] == id.use ? slots[slot] : nil
    }

    subscript(slot tag: UInt32) -> Connection? { slots[Int(tag)] }

    /// The connections in the order of their slots.
    var all: [Connection] { slots.compactMap { $0 } }

    /// - Parameter make: makes the connection under its id.
    mutating func add(_ make: (ConnectionID) -> Connection) -> Connection {
        let slot = free.popLast().map(Int.init) ?? slots.count
        if slot == slots.count {
            slots.append(nil)
            uses.append(0)
        }
        let connection = make(ConnectionID(slot: slot, use: uses[slot]))
        slots[slot] = connection
        return connection
    }

    mutating func remove(_ id: ConnectionID) {
        guard self[id] != nil else { return }
        slots[id.slot] = nil
        uses[id.slot] &+= 1
        free.append(UInt32(id.slot))
    }
}
