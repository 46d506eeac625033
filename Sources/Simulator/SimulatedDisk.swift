import Tree

/// The disk of a simulated machine: the accounts that its node has saved, and a record of those that the disk lost.
struct SimulatedDisk {
    private var records: [String: AccountRecord] = [:]
    private(set) var bans: [BanRecord] = []
    /// The names that were on the disk when it was last lost, and when that was.
    private var lost: (names: Set<String>, at: UInt64) = ([], 0)
    /// Registrations on the disk that were replaced by an earlier one of the same name.
    private var supplanted: [(name: String, registered: AccountVersion, at: UInt64)] = []
    /// Whether writes fail at present.
    var fails = false

    subscript(name: String) -> AccountRecord? { records[name] }

    /// The records, sorted by name.
    var sorted: [AccountRecord] { records.keys.sorted().map { records[$0]! } }

    /// Writes all of a batch, or nothing.
    ///
    /// - Returns: false if nothing was written.
    mutating func write(_ batch: [AccountRecord], at now: UInt64) -> Bool {
        guard !fails else { return false }
        for record in batch {
            if let before = records[record.name]?.account?.registered, let after = record.account?.registered,
                after < before
            {
                supplanted.append((record.name, before, now))
            }
            records[record.name] = record.isEmpty ? nil : record
        }
        return true
    }

    /// Writes the bans in place of those before.
    ///
    /// - Returns: false if nothing was written.
    mutating func write(bans: [BanRecord]) -> Bool {
        guard !fails else { return false }
        self.bans = bans
        return true
    }

    /// Removes everything from the disk.
    mutating func lose(at now: UInt64) {
        bans = []
        if !records.isEmpty { lost = (Set(records.keys), now) }
        records = [:]
    }

    /// Takes the records of another disk.
    mutating func copy(_ other: SimulatedDisk) {
        records = other.records
        bans = other.bans
    }

    /// Whether the disk had this registration of a name and lost it: the disk was lost, or an earlier registration from
    /// another part of the network replaced it.
    func hasLost(_ name: String, _ registered: AccountVersion, since: UInt64) -> Bool {
        lost.at >= since && lost.names.contains(name)
            || supplanted.contains { ($0.name, $0.registered) == (name, registered) && $0.at >= since }
    }
}
