import Tree

// P9: everything that is bounded stays within its bounds.

extension Checks {
    func checkBounds() {
        let limits = Limits()
        let setting = world.setting
        for host in world.hosts {
            guard let node = host.node, !host.isFrozen else { continue }
            let sizes = node.sizes
            let own = host.own
            // One message from every client may still be taken when the queue is full.
            let slack = 64 * (1 + sizes.clients) * (512 + setting.padding)
            check(sizes.queueBytes <= own.queueBytes + slack, "queue of \(sizes.queueBytes) bytes", host)
            check(sizes.questions <= limits.openQuestions, "\(sizes.questions) questions", host)
            check(sizes.dials <= limits.parallelDials + 1, "\(sizes.dials) dials", host)
            check(sizes.probes <= limits.openProbes, "\(sizes.probes) probes", host)
            check(sizes.knownNodes <= 2 * limits.knownNodes, "\(sizes.knownNodes) known nodes", host)
            // Beside the parent and the children: a root that reaches no other node of the tree, and a former root
            // while its reign passes on.
            check(sizes.links <= own.children + 2 + limits.childrenInNeed, "\(sizes.links) links", host)
            check(sizes.departed <= limits.departedBranches, "\(sizes.departed) lost branches", host)
            if world.hasLiars { checkClaims(of: node, host) }
            check(sizes.retrySessions <= limits.retrySessions, "\(sizes.retrySessions) sessions", host)
            let entries = Int(node.log.stored.value - node.log.floor.value)
            // Entries on a slow link are remembered for longer than they stay in a log that keeps next to nothing.
            check(sizes.linkItems <= 2 * entries + 3000, "\(sizes.linkItems) items of one link", host)
            check(sizes.gaps <= sizes.origins + entries + 100, "\(sizes.gaps) gaps that wait", host)
            peakLogBytes = max(peakLogBytes, node.log.bytes)
            if node.log.safe == node.log.stored {
                let allowed = own.retentionBytes + 2 * 256 * 1024 + 2 * setting.largestQueueBytes
                check(node.log.bytes <= allowed + 2_000_000, "a log of \(node.log.bytes) bytes", host)
            }
        }
    }

    /// What nodes that lie would fill.
    private func checkClaims(of node: Node, _ host: SimulatedHost) {
        let sizes = node.sizes
        let limits = node.configuration.limits
        check(sizes.unknownOrigins <= limits.unknownOrigins, "\(sizes.unknownOrigins) unknown origins", host)
        check(sizes.claimsOfLink <= limits.claimsPerLink, "\(sizes.claimsOfLink) claims by one link", host)
        // Some may have moved there from other links, since they are reached that way now.
        let mostListed = 2 * limits.nodesListed + world.hosts.count
        check(sizes.listedOfLink <= mostListed, "\(sizes.listedOfLink) nodes listed by one link", host)
        check(node.currentLabel.term <= limits.highestTerm, "term of \(node.currentLabel.term)", host)
        check(node.account(named: SimulatedLiar.name) == nil, "account without room for later versions", host)
    }

    private func check(_ isKept: Bool, _ what: String, _ host: SimulatedHost) {
        if !isKept { fail("P9 bounds", "h\(host.index) has a \(what)") }
    }
}
