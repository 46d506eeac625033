import Tree

/// How those that run reach each other, and since when nothing has been done to any of them.
struct Reach {
    /// When something was last done that changes who reaches whom, or who runs.
    var changedAt: UInt64 = 0
    /// Since then it was one tree, at that time.
    var treeAt: UInt64?
    /// Since then it was none.
    var wasBroken = false
    /// How often each host has come under a parent since then.
    var attached: [Int]
    /// Some of those that would have to find each other have never heard of each other.
    var hopelessAt: UInt64?

    init(hostCount: Int) { attached = Array(repeating: 0, count: hostCount) }

    mutating func changed(at now: UInt64) {
        changedAt = now
        treeAt = nil
        wasBroken = false
        hopelessAt = nil
        for host in attached.indices { attached[host] = 0 }
    }
}

extension Action {
    /// Whether it changes who reaches whom, or who runs.
    var changesReach: Bool {
        switch self {
        case .arrive, .depart, .move, .doze, .rouse, .say, .changeSecret, .remove, .reset, .diskFails, .diskWorks,
            .clockDown, .clockUp, .clockRestart, .jump:
            false
        default: true
        }
    }
}

// Partial cuts: while those that run are connected by pairs that reach each other both ways, they are one tree.

extension Checks {
    func changedReach() { reach.changed(at: world.now) }

    /// Once in a quarter of a second.
    func checkReach() {
        // Copies of one identity stand apart.
        guard world.settled == nil, !world.hasCopies else { return }
        let hosts = world.hosts.indices.filter { world.hosts[$0].isRunning }
        guard hosts.count > 1, hosts.allSatisfy({ !world.hosts[$0].isFrozen }) else {
            return reach.changed(at: world.now)
        }
        if isOneTree(hosts) {
            if reach.wasBroken, world.network.isCutSomewhere { rare.count(.treeAcrossACut) }
            reach.wasBroken = false
            reach.treeAt = world.now
            return
        }
        reach.wasBroken = true
        guard isConnected(hosts, { world.network.areInReach($0, $1) }) else { return reach.changed(at: world.now) }
        // Whoever doesn't know of the other tree can't be expected to have come under it.
        if !isConnected(hosts, { mayFind($0, $1) }) { reach.hopelessAt = world.now }
        let since = max(reach.changedAt, reach.treeAt ?? 0, reach.hopelessAt ?? 0)
        guard world.now - since > treeBound else { return }
        fail("one tree whatever is cut", stand(hosts))
    }

    /// Nobody comes under a third parent within a minute while nothing is done to anybody.
    func attachedAnew(_ host: Int) {
        reach.attached[host] += 1
        guard world.settled == nil, !world.hasCopies, world.now - reach.changedAt < 60 * second else { return }
        if reach.attached[host] > 2 + flapsAllowed {
            fail("at most two parents a minute", "h\(host) came under its \(reach.attached[host])th")
        }
    }

    /// Where a message takes longer than a round of the search, a node may be refused where it is just being taken.
    private var flapsAllowed: Int { world.setting.latency.upperBound > 5000 ? 2 : 1 }

    private func isConnected(_ hosts: [Int], _ isEdge: (Int, Int) -> Bool) -> Bool {
        var reached: Set<Int> = [hosts[0]]
        var open = [hosts[0]]
        while let host = open.popLast() {
            for other in hosts where !reached.contains(other) && isEdge(host, other) {
                reached.insert(other)
                open.append(other)
            }
        }
        return reached.count == hosts.count
    }

    /// Whether two hosts stand in one tree, or reach each other and one of their roots has heard of the other host.
    private func mayFind(_ a: Int, _ b: Int) -> Bool {
        let (rootOfA, rootOfB) = (root(of: a), root(of: b))
        if rootOfA == rootOfB { return true }
        guard world.network.areInReach(a, b) else { return false }
        return knows(rootOfA, b) || knows(rootOfB, a)
    }

    private func knows(_ host: Int, _ other: Int) -> Bool {
        world.hosts[host].node?.contacts.contains { $0.address == world.hosts[other].address } ?? false
    }
}
