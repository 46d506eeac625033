import Tree

/// Since when a node knows of other hosts.
struct Acquaintance {
    /// When it heard of each address that it knows.
    private var since: [Address: UInt64] = [:]
    private var version: UInt64?

    /// To be called after each turn of the node.
    mutating func follow(_ node: Node, at now: UInt64) {
        guard version != node.contactsVersion else { return }
        version = node.contactsVersion
        let before = since
        since = [:]
        for contact in node.contacts { since[contact.address] = before[contact.address] ?? now }
    }

    /// The addresses that it has known since an instant.
    func known(since instant: UInt64) -> [Address] { since.filter { $0.value <= instant }.map(\.key) }
}

extension Checks {
    /// The hosts that the nodes of a host's tree have known for so long, and these nodes themselves. What they have
    /// heard later they can't have told in an answer that is as old.
    func known(inTreeOf host: Int, for duration: Duration) -> Set<Int> {
        let age = UInt64(duration.wholeNanoseconds)
        let instant = world.now > age ? world.now - age : 0
        let root = root(of: host)
        var known: Set<Int> = [host]
        var toAsk = [host]
        while let next = toAsk.popLast() {
            for address in acquaintances[next].known(since: instant) {
                guard let other = world.hosts.firstIndex(where: { $0.address == address }),
                    known.insert(other).inserted, world.hosts[other].isRunning, self.root(of: other) == root
                else { continue }
                toAsk.append(other)
            }
        }
        return known
    }
}
