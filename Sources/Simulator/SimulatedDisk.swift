import Tree

/// The disk of a simulated machine: the accounts that its node has saved, and what the disk has lost of them.
struct SimulatedDisk {
    private var records: [String: AccountRecord] = [:]
    /// What was on it when it was last lost, and when that was.
    private var lost: (names: Set<String>, at: UInt64) = ([], 0)
    /// Registrations on the disk that an earlier one of the same name has replaced.
    private var supplanted: [(name: String, registered: AccountVersion, at: UInt64)] = []
    /// Whether it takes nothing at present.
    var fails = false

    subscript(name: String) -> AccountRecord? { records[name] }

    /// In the order of names.
    var sorted: [AccountRecord] { records.keys.sorted().map { records[$0]! } }

    /// Writes all of a batch, or nothing.
    ///
    /// - Returns: false for nothing.
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

    /// Everything on it is gone.
    mutating func lose(at now: UInt64) {
        if !records.isEmpty { lost = (Set(records.keys), now) }
        records = [:]
    }

    /// Takes what another disk has.
    mutating func copy(_ other: SimulatedDisk) { records = other.records }

    /// Whether it had that registration of a name and has it no more: the disk was lost, or an earlier registration,
    /// which came from another part, took its place.
    func hasLost(_ name: String, _ registered: AccountVersion, since: UInt64) -> Bool {
        lost.at >= since && lost.names.contains(name)
            || supplanted.contains { ($0.name, $0.registered) == (name, registered) && $0.at >= since }
    }
}
