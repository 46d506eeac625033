import Tree

/// P1: an entry that was shown as held by k + 1 nodes is not lost while at most k fail before the tree has healed.
struct Agreement {
    /// Nodes that failed since the tree was last whole.
    var failures = 0
    /// More nodes failed at once than the promise allows for.
    var isExceeded = false
    /// All ids of each message, by client and then by number.
    var copies: [[[Copy]]] = []

    struct Copy {
        let origin: Int
        let sequence: UInt64
    }
}

extension Checks {
    func noteCopy(of saying: Saying, _ origin: Int, _ sequence: UInt64) {
        while agreement.copies.count <= saying.client { agreement.copies.append([]) }
        while agreement.copies[saying.client].count <= saying.number { agreement.copies[saying.client].append([]) }
        agreement.copies[saying.client][saying.number].append(.init(origin: origin, sequence: sequence))
        if agreement.copies[saying.client][saying.number].count == 2 { rare.count(.retryExistsUnderTwoIds) }
    }

    func copies(_ client: Int, _ number: Int) -> [Agreement.Copy] {
        guard client < agreement.copies.count, number < agreement.copies[client].count else { return [] }
        return agreement.copies[client][number]
    }

    /// A node is about to fail, and its entries with it.
    func noteFailure(of host: Int) {
        guard world.hosts[host].isRunning else { return }
        agreement.failures += 1
        if agreement.failures > world.setting.replicas { exceed(without: host) }
    }

    /// From now on, until the tree is whole, nothing is promised for entries that some node lacks.
    private func exceed(without failing: Int? = nil) {
        agreement.isExceeded = true
        let live = world.hosts.filter { $0.isRunning && $0.index != failing }.map(\.index)
        for origin in world.registry.entries.indices {
            var sequence = UInt64(world.registry.entries[origin].count)
            while sequence > 0 {
                if !live.isEmpty, live.allSatisfy({ mirrors[$0].have[origin] >= sequence }) { break }
                world.registry.change(origin, sequence) { $0.isExcused = true }
                sequence -= 1
            }
        }
    }

    /// Finds out whether the tree is whole again. If it is, earlier failures don't count any longer.
    func updateAgreement() {
        let live = world.hosts.filter(\.isRunning)
        noteWhole(live)
        guard agreement.failures > 0 else { return }
        if agreement.isExceeded { exceed() }
        // If there are fewer nodes than copies, no entry can become safe again.
        guard live.count > world.setting.replicas, isOneTree(live.map(\.index)), live.allSatisfy({ isLevel($0) }) else {
            return
        }
        for host in live.dropFirst() where mirrors[host.index].have != mirrors[live[0].index].have { return }
        agreement.failures = 0
        agreement.isExceeded = false
    }

    private func noteWhole(_ live: [SimulatedHost]) {
        guard world.setting.retentionSeconds < 600, isOneTree(live.map(\.index)), live.allSatisfy({ isLevel($0) })
        else {
            return
        }
        for host in live.dropFirst() where mirrors[host.index].have != mirrors[live[0].index].have { return }
        whole = (lives, nil)
    }

    /// The life of every host that runs.
    var lives: [Int] { world.hosts.map { $0.isRunning ? $0.life : -1 } }

    /// At rest: every entry that was shown as held by enough nodes is still there.
    func checkAgreement(_ vector: View.Table) {
        let needed = world.setting.replicas + 1
        for origin in world.registry.entries.indices {
            let records = world.registry.entries[origin]
            guard vector[origin] < records.count else { continue }
            for sequence in Int(vector[origin]) + 1...max(records.count, Int(vector[origin]) + 1) {
                guard let record = world.registry.record(origin, UInt64(sequence)), record.shownCopies >= needed,
                    !record.isExcused
                else { continue }
                fail(
                    "P1 agreement",
                    "\(sequence) of o\(origin) was shown as held by \(record.shownCopies), and is lost")
            }
        }
    }
}

extension View.Table: Equatable {
    static func == (a: View.Table, b: View.Table) -> Bool {
        (0..<max(a.sequences.count, b.sequences.count)).allSatisfy { a[$0] == b[$0] }
    }
}
