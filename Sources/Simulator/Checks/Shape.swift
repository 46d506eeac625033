import Tree

/// A node's label and links at the end of its last turn.
struct Shape {
    var label: Label?
    /// The end of the link to the parent, if it has one.
    var parentEnd: Int?
    /// Ends of links to children.
    var childEnds: [Int] = []
}

// The shape of the tree after every turn: L1 to L5.

extension Checks {
    func checkShape(_ host: SimulatedHost, _ node: Node) {
        var shape = Shape()
        var parents = 0
        shape.label = node.currentLabel
        node.forEachLink { link in
            let end = Int(link.connection.value)
            if link.isParent {
                parents += 1
                shape.parentEnd = end
            } else if link.origin != nil {
                shape.childEnds.append(end)
            }
        }
        if parents > 1 { fail("one parent", "h\(host.index) has \(parents)") }
        if shape.parentEnd.map({ UInt64($0) }) != node.parentConnection?.value {
            fail("one parent", "h\(host.index) has a link to a parent that it doesn't stand under")
        }
        if node.isLockedAsChildless, !shape.childEnds.isEmpty {
            fail("L2 a locked leaf takes no child", "h\(host.index) has \(shape.childEnds.count)")
        }
        let before = shapes[host.index]
        if let label = before.label, !before.childEnds.isEmpty, !shape.childEnds.isEmpty, node.currentLabel < label {
            fail("L4 labels only rise", "h\(host.index) went from \(label) to \(node.currentLabel)")
        }
        let isNews =
            before.label != shape.label || before.parentEnd != shape.parentEnd
            || before.childEnds != shape.childEnds
        if isNews { checkForgotten(before, shape, host) }
        for end in accepted where world.network.ends[end].state == .open && !shape.childEnds.contains(end) {
            fail("L3 a child counts from its acceptance", "h\(host.index) has forgotten whom it has just taken")
        }
        accepted.removeAll(keepingCapacity: true)
        shapes[host.index] = shape
        guard isNews else { return }
        if let end = shape.parentEnd { checkEdge(end, below: host.index) }
        for end in shape.childEnds { checkEdgeToChild(end, above: host.index) }
        if before.parentEnd != shape.parentEnd || before.childEnds != shape.childEnds { checkCycle(from: host.index) }
    }

    private func checkForgotten(_ before: Shape, _ shape: Shape, _ host: SimulatedHost) {
        for end in before.childEnds + [before.parentEnd].compactMap({ $0 })
        where end != shape.parentEnd && !shape.childEnds.contains(end) && world.network.ends[end].state == .open {
            fail("L6 a link ends with its connection", "h\(host.index) forgot one that stands")
        }
    }

    /// The host above, if both ends hold the link that starts at an end.
    func parent(of host: Int) -> Int? {
        guard let end = shapes[host].parentEnd, world.hosts[host].isRunning else { return nil }
        let other = world.network.ends[end ^ 1]
        guard case .host(let above, let life) = other.holder, world.hosts[above].life == life,
            world.hosts[above].isRunning, shapes[above].childEnds.contains(other.index)
        else { return nil }
        return above
    }

    /// The topmost host above, over links that both ends hold; the host itself if there is none.
    func root(of host: Int) -> Int {
        var at = host
        var steps = 0
        while let above = parent(of: at), steps <= world.hosts.count {
            at = above
            steps += 1
        }
        return at
    }

    private func checkEdge(_ end: Int, below host: Int) {
        guard let above = parent(of: host), let label = shapes[host].label, let higher = shapes[above].label else {
            return
        }
        if higher <= label {
            fail("L1 the greater label is above", "h\(above) \(higher) is above h\(host) \(label)")
        }
    }

    private func checkEdgeToChild(_ end: Int, above host: Int) {
        let other = world.network.ends[end ^ 1]
        guard case .host(let below, _) = other.holder, shapes[below].parentEnd == other.index else { return }
        checkEdge(other.index, below: below)
    }

    /// The way up from a host comes to an end.
    private func checkCycle(from host: Int) {
        var at = host
        var steps = 0
        while let above = parent(of: at) {
            at = above
            steps += 1
            if at == host || steps > world.hosts.count {
                return fail("no cycle", "h\(host) is above itself, \(steps) steps away")
            }
        }
    }

    /// A node that is refused because it stands above really stands above, in this life.
    func checkLoop(_ end: End, _ host: SimulatedHost) {
        guard let asker = end.asker, let node = host.node, asker.node != node.origin.node else { return }
        if !node.isBelow(asker) {
            fail("L8 by id and incarnation", "h\(host.index) refuses a later life of who was above")
        }
    }

    func checkFoundAbove(_ host: SimulatedHost, _ node: Node) {
        if !lastPath.contains(where: { $0.origin == node.origin }) {
            fail("L8 by id and incarnation", "h\(host.index) takes an earlier life for itself")
        }
    }

    /// No node is declared silent while its signs of life lie unread.
    func checkSuspicion(of contact: Contact, by host: SimulatedHost) {
        for index in host.connections {
            let end = world.network.ends[index]
            guard let other = world.network.ends[end.other].host, world.hosts[other].address == contact.address,
                end.state == .open
            else { continue }
            if !end.unread.isEmpty, end.isRead, world.now - end.unreadSince > 100 * millisecond {
                fail(
                    "nobody is declared silent unread", "h\(host.index) gave up h\(other) and had not read its messages"
                )
            }
        }
    }
}
