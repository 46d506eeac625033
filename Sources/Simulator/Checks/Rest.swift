import Tree

/// The promises that have to come true once the faults are over, with their bounds.
struct Rest {
    /// When the faults ended.
    var began: UInt64?
    var treeAt: UInt64?
    var deliveredAt: UInt64?
    /// Since when no link is held by one side alone.
    var linksWholeAt: UInt64?
    var isFinished = false
    /// How many entries are stored and safe on all nodes, and when that number last grew.
    var progress: UInt64 = 0
    var progressAt: UInt64 = 0
    /// How many gaps nodes had to skip.
    var gaps = 0
    /// No node could know a node of the other part.
    var isHopeless = false
    /// When that was last the case.
    var hopelessAt: UInt64 = 0
}

extension Checks {
    /// One tree of up to thirty nodes stands within 15 s; of more, or over ways that take longer than 30 ms, it takes a
    /// little longer, since candidates are asked one after the other.
    var treeBound: UInt64 {
        let way = UInt64(max(0, world.setting.latency.upperBound - 30_000)) * microsecond
        let isCalm = world.setting.quirks.contains(.calm)
        return (15 + UInt64(max(0, world.hosts.count - 30)) / 10) * second * (isCalm ? 60 : 1) + 60 * way
    }
    /// Counted from the moment when a root knows of the other tree: a probe after up to 3 s, a question to the winner,
    /// and one to its child.
    private var mergeBound: UInt64 {
        5 * second + 10 * UInt64(world.setting.latency.upperBound) * microsecond
    }
    private var deliveryBound: UInt64 { treeBound + 40 * second }
    /// A node asks for 15 s for entries that a client has seen and that no node holds.
    private var questionBound: UInt64 { 20 * second }

    /// Whether all these hosts form one tree by links that both sides hold.
    func isOneTree(_ hosts: [Int]) -> Bool {
        var roots = 0
        var isAmong = Array(repeating: false, count: world.hosts.count)
        for host in hosts { isAmong[host] = true }
        for host in hosts {
            guard let node = world.hosts[host].node, !world.hosts[host].isFrozen else { return false }
            switch node.standing {
            case .root: roots += 1
            case .attached:
                guard let above = parent(of: host), isAmong[above] else { return false }
            case .joining, .orphan: return false
            }
        }
        return roots == 1
    }

    /// All that it has is safe, and all its links are synchronised.
    func isLevel(_ host: SimulatedHost) -> Bool {
        guard let node = host.node, node.log.safe == node.log.stored, node.waitingCount == 0 else { return false }
        var isSynchronised = true
        node.forEachLink { if !$0.isSynchronised, !leadsToLiar($0) { isSynchronised = false } }
        return isSynchronised
    }

    func checkRest() {
        guard let began = rest.began, let well = world.settled else {
            // A history without an end is over when nothing more is done.
            if Int(world.now / millisecond) > world.schedule.lengthMilliseconds + 5000 { rest.isFinished = true }
            return
        }
        let hosts = well.filter { world.hosts[$0].isRunning }
        if hosts.isEmpty {
            // The last of them was leaving in order.
            rest.isFinished = true
            return
        }
        let isTree = isOneTree(hosts)
        if isTree, rest.treeAt == nil { rest.treeAt = world.now }
        if !isTree { rest.treeAt = nil }
        let isOutOfReach = rest.treeAt == nil && isHopeless(hosts)
        if isOutOfReach { rest.hopelessAt = world.now }
        // A root may hear of the other tree late, from a node below that asks at its configured address every 30 s. The
        // root can't be expected to merge before it has had the time for that.
        let wasJustTold = rest.hopelessAt > began && world.now - rest.hopelessAt <= mergeBound
        if rest.treeAt == nil, world.now - began > treeBound, isOutOfReach || !wasJustTold {
            if isOutOfReach {
                rest.isHopeless = true
                rare.count(.nobodyKnewTheWay)
                rest.isFinished = true
                return
            }
            return fail("one tree within the bound", stand(hosts))
        }
        let isSaid = world.schedule.lengthMilliseconds < Int(world.now / millisecond)
        if isTree, isSaid, let missing = undelivered(hosts) {
            // Worlds with tiny buffers take long, so only standing still counts as a fault.
            let progress = world.hosts.reduce(0) {
                $0 + ($1.node.map { $0.log.stored.value + $0.log.safe.value + $0.readableEnd } ?? 0)
            }
            if progress != rest.progress { (rest.progress, rest.progressAt) = (progress, world.now) }
            if world.now - began > deliveryBound, world.now - rest.progressAt > 20 * second {
                fail("everything is delivered", missing)
            }
            rest.deliveredAt = nil
            return
        }
        if isTree, isSaid, let disagreement = disagreement(hosts) {
            if world.now - began > deliveryBound {
                fail("P8 one name, one owner", disagreement)
            }
            rest.deliveredAt = nil
            return
        }
        if isTree, isSaid, let disagreement = disagreementOnBans(hosts) {
            if world.now - began > deliveryBound { fail("a ban holds everywhere", disagreement) }
            rest.deliveredAt = nil
            return
        }
        guard isTree, isSaid else { return }
        if rest.deliveredAt == nil { rest.deliveredAt = world.now }
        guard areLinksWhole(hosts) else {
            rest.linksWholeAt = nil
            return
        }
        rest.linksWholeAt = rest.linksWholeAt ?? world.now
        guard world.now - rest.linksWholeAt! >= withdrawalBound else { return }
        let rested = world.now - rest.deliveredAt!
        guard rested >= second else { return }
        if let open = openQuestions(hosts) {
            // A node that asks whether a name is on enough disks goes on for 8 s, even when its client is gone.
            if rested > questionBound { fail("every question is answered", open) }
            return
        }
        checkEnd(hosts)
        rest.isFinished = true
    }

    /// An entry that some node lacks; nil if every node has all.
    private func undelivered(_ hosts: [Int]) -> String? {
        guard let first = hosts.first else { return nil }
        for host in hosts {
            if mirrors[host].have != mirrors[first].have { return "h\(host) and h\(first) hold different entries" }
            if !isLevel(world.hosts[host]) {
                return standOfLog(world.hosts[host].node!, host)
            }
        }
        for client in world.clients where client.isPresent && !client.isBanned {
            guard client.isLoggedIn, let host = client.host else { return "c\(client.index) is not logged in" }
            if let open = client.open.first(where: { !isCovered(client.index, $0, client.view) }) {
                return "c\(client.index) at h\(host) waits for what it said: \(open)"
            }
            guard let end = client.end, world.network.ends[end.other].flight.isEmpty else {
                return "c\(client.index) is being sent something"
            }
            for origin in world.registry.entries.indices {
                let (from, to) = (client.view.read[origin], mirrors[host].have[origin])
                guard from < to else { continue }
                for sequence in from + 1...to where isMissing(origin, sequence, client) {
                    return "c\(client.index) at h\(host) lacks \(sequence) of o\(origin)\(copiesOf(origin, sequence))"
                }
            }
        }
        return nil
    }

    private func standOfLog(_ node: Node, _ host: Int) -> String {
        var stand = "h\(host) is safe up to \(node.log.safe.value) of \(node.log.stored.value)"
        if node.waitingCount > 0 { stand += ", \(node.waitingCount) wait to be shown" }
        node.forEachLink { link in
            guard !link.isSynchronised else { return }
            let other = world.network.ends[Int(link.connection.value) ^ 1].host ?? -1
            stand += ", with h\(other) \(link.hasSentAll ? "all sent" : link.isCongested ? "congested" : "sending")"
            stand += link.hasReceivedAll ? "" : " and not all received"
        }
        return stand
    }

    /// Which message an entry is, and under which other ids it exists.
    private func copiesOf(_ origin: Int, _ sequence: UInt64) -> String {
        guard case .activity(let activity)? = world.registry.record(origin, sequence)?.entry.body,
            let saying = Saying(activity.text)
        else { return "" }
        let ids = copies(saying.client, saying.number).map { "\($0.sequence) of o\($0.origin)" }
        return ": \(saying.number) of c\(saying.client), which is " + ids.joined(separator: ", ")
    }

    private func isMissing(_ origin: Int, _ sequence: UInt64, _ client: SimulatedClient) -> Bool {
        guard let record = world.registry.record(origin, sequence), case .activity(let activity) = record.entry.body,
            let saying = Saying(activity.text)
        else { return false }
        return !isCovered(saying.client, saying.number, client.view)
    }

    /// Everything is at rest: the promises for the end have come true.
    private func checkEnd(_ hosts: [Int]) {
        guard let first = hosts.first else { return }
        // One that acknowledges what it hasn't stored counts as a node that holds it, and is trusted not to lie there.
        if !world.liars.contains(where: { $0.lie == .promises }) { checkAgreement(mirrors[first].have) }
        checkNames(hosts)
        checkBans(hosts)
        checkDirectories(hosts)
    }

    /// Whether no node in one of the trees has ever heard of a live node in another one: no design could join them.
    private func isHopeless(_ hosts: [Int]) -> Bool {
        guard !hosts.contains(where: { $0 < world.setting.seeds }) else { return false }
        // A root looks only for nodes that it knows itself.
        var group = Array(world.hosts.indices)
        func leader(_ host: Int) -> Int {
            var at = host
            while group[at] != at { at = group[at] }
            return at
        }
        for host in hosts {
            if let above = parent(of: host) { group[leader(host)] = leader(above) }
        }
        for host in hosts where world.hosts[host].node?.standing == .root {
            for contact in world.hosts[host].remembered {
                guard let other = world.host(at: contact.address), hosts.contains(other) else { continue }
                group[leader(host)] = leader(other)
            }
        }
        return Set(hosts.map(leader)).count > 1
    }

    /// How the nodes stand, for the reader of a failure.
    func stand(_ hosts: [Int]) -> String {
        hosts.map { host in
            guard let node = world.hosts[host].node else { return "h\(host) down" }
            let above = parent(of: host).map { " under h\($0)" } ?? ""
            let label = node.currentLabel
            return "h\(host) \(node.standing)\(above) (\(label.term), \(label.root.value % 1000), \(label.depth))"
        }.joined(separator: "; ")
    }
}
