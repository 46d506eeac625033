import Tree

/// How the running hosts reach each other, and since when no action has changed that.
struct Reach {
    /// When an action last changed which hosts reach each other, or which hosts run.
    var changedAt: UInt64 = 0
    /// When the hosts were last one tree since then.
    var treeAt: UInt64?
    /// Whether the hosts are no longer one tree since then.
    var wasBroken = false
    /// How often each host has attached under a parent since then.
    var attached: [Int]
    /// When hosts that would have to find each other had last not heard of each other.
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
    /// Whether it changes which hosts reach each other, or which hosts run.
    var changesReach: Bool {
        switch self {
        case .arrive, .depart, .move, .doze, .rouse, .say, .changeSecret, .remove, .reset, .diskFails, .diskWorks,
            .clockDown, .clockUp, .clockRestart, .jump:
            false
        default: true
        }
    }
}

// Partial cuts: while the running hosts are connected by pairs that reach each other both ways, they are one tree.

extension Checks {
    func changedReach() { reach.changed(at: world.now) }

    /// To be called once in a quarter of a second.
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
        // A host that doesn't know of the other tree can't be expected to have attached under it.
        if !isConnected(hosts, { mayFind($0, $1) }) { reach.hopelessAt = world.now }
        let since = max(reach.changedAt, reach.treeAt ?? 0, reach.hopelessAt ?? 0)
        guard world.now - since > treeBound else { return }
        fail("one tree whatever is cut", stand(hosts))
    }

    /// No host attaches under a third parent within a minute in which no action changes the network.
    func attachedAnew(_ host: Int) {
        reach.attached[host] += 1
        guard world.settled == nil, !world.hasCopies, world.now - reach.changedAt < 60 * second else { return }
        if reach.attached[host] > 2 + flapsAllowed {
            fail("at most two parents a minute", "h\(host) came under its \(reach.attached[host])th")
        }
    }

    /// If a message takes longer than a round of the search, a node may be refused by a node that is just taking it.
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
