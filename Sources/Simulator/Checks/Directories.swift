import Tree

// Redirects of clients: once the tree is whole, no node lists a node that is gone, and every way leads on.

extension Checks {
    private func end(_ host: Int, _ connection: ConnectionID) -> End? {
        let index = world.hosts[host].connections.first { world.network.ends[$0].connection == connection }
        return index.map { world.network.ends[$0] }
    }

    /// The host on the other side of a link, if it holds the link, too.
    private func neighbour(of host: Int, by connection: ConnectionID) -> Int? {
        guard let end = end(host, connection) else { return nil }
        let other = world.network.ends[end.index ^ 1]
        guard case .host(let there, let life) = other.holder, world.hosts[there].life == life,
            let node = world.hosts[there].node
        else { return nil }
        var isHeld = false
        node.forEachLink { if $0.connection == other.connection { isHeld = true } }
        return isHeld ? there : nil
    }

    /// No host holds a link that the other side has given up.
    func areLinksWhole(_ hosts: [Int]) -> Bool {
        for host in hosts {
            var isWhole = true
            world.hosts[host].node?.forEachLink { link in
                if link.origin != nil, !leadsToLiar(link), neighbour(of: host, by: link.connection) == nil {
                    isWhole = false
                }
            }
            if !isWhole { return false }
        }
        return true
    }

    /// The time for a withdrawal to reach every node.
    var withdrawalBound: UInt64 { 3 * second + 60 * UInt64(world.setting.latency.upperBound) * microsecond }

    func checkDirectories(_ hosts: [Int]) {
        let living = Set(hosts.map { world.hosts[$0].nodeID })
        for host in hosts {
            guard let node = world.hosts[host].node else { continue }
            let listed = node.listedServers
            for server in listed {
                guard living.contains(server.node) else {
                    return fail("nobody is sent to a node that is gone", "h\(host) lists \(name(server.node))")
                }
                checkWay(from: host, to: server.node)
            }
            guard mustKnowAll(hosts, living) else { continue }
            for other in hosts where other != host {
                let id = world.hosts[other].nodeID
                if !listed.contains(where: { $0.node == id }) {
                    return fail("whoever is in the tree is known", "h\(host) doesn't list h\(other)")
                }
            }
        }
    }

    /// If links carry the announcements of all nodes, each node of the tree is listed. Nodes that announce themselves
    /// at different intervals don't agree on the nodes to introduce.
    private func mustKnowAll(_ hosts: [Int], _ living: Set<NodeID>) -> Bool {
        let setting = world.setting
        return hosts.count <= 16 && living.count == hosts.count && !setting.isMixed && !world.isSpoilt
            && !setting.quirks.contains(.narrow) && !setting.quirks.contains(.calm)
    }

    private func checkWay(from host: Int, to node: NodeID) {
        var at = host
        for _ in world.hosts.indices {
            if world.hosts[at].nodeID == node { return }
            // A node on the way may have forgotten an old announcement a moment before the others do.
            guard let next = world.hosts[at].node?.listedServers.first(where: { $0.node == node }) else { return }
            guard let there = neighbour(of: at, by: next.link) else { break }
            at = there
        }
        fail("ways lead to the nodes that are listed", "h\(host) knows no way to \(name(node)): it ends at h\(at)")
    }

    private func name(_ node: NodeID) -> String {
        world.hosts.first { $0.nodeID == node }.map { "h\($0.index)" } ?? "a former node"
    }
}
