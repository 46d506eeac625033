import Tree

extension ConnectionID {
    /// The shell's names of connections: a slot of its table, which is used again, below a count of its uses, which is not.
    init(slot: Int, use: UInt32) {
        self.init(UInt64(use) << 32 | UInt64(slot))
    }

    var slot: Int { Int(value & 0xFFFF_FFFF) }
    var use: UInt32 { UInt32(value >> 32) }
}

/// The connections that stand, found by id without hashing: 16 bytes each.
struct ConnectionTable {
    private struct Slot {
        var connection: Connection?
        /// How many connections had this slot before.
        var use: UInt32 = 0
    }

    private var slots: [Slot] = []
    /// Slots that are free, the last one given first.
    private var free: [UInt32] = []

    var count: Int { slots.count - free.count }

    subscript(id: ConnectionID) -> Connection? {
        let slot = id.slot
        return slot < slots.count && slots[slot].use == id.use ? slots[slot].connection : nil
    }

    subscript(slot tag: UInt32) -> Connection? { slots[Int(tag)].connection }

    /// The connections in the order of their slots.
    var all: [Connection] { slots.compactMap(\.connection) }

    /// - Parameter make: makes the connection under its id.
    mutating func add(_ make: (ConnectionID) -> Connection) -> Connection {
        let slot = free.popLast().map(Int.init) ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        let connection = make(ConnectionID(slot: slot, use: slots[slot].use))
        slots[slot].connection = connection
        return connection
    }

    mutating func remove(_ id: ConnectionID) {
        guard self[id] != nil else { return }
        slots[id.slot].connection = nil
        slots[id.slot].use &+= 1
        free.append(UInt32(id.slot))
    }
}
