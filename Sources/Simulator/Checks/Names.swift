import Tree

// P8: one name, one owner, on every node; an acknowledged change stays; and every question is answered.

/// A registration that its owner was told of.
struct Promise {
    let client: Int
    let registered: AccountVersion
    /// Hosts whose disks have had it ever since.
    var disks: Set<Int>
}

/// A new secret that its owner was told of.
struct PromisedChange {
    let registered: AccountVersion
    let changed: AccountVersion
    /// Hosts whose disks have had it, or a later one, ever since.
    var disks: Set<Int>

    func isMade(in account: Account?) -> Bool {
        account.map { $0.registered == registered && $0.changed >= changed } ?? false
    }
}

/// A removal that the administrator was told of.
struct PromisedRemoval {
    let registered: AccountVersion
    var disks: Set<Int>
}

/// The changes of names that were acknowledged, to owners and to administrators.
struct Promises {
    var registrations: [String: [Promise]] = [:]
    var removals: [String: [PromisedRemoval]] = [:]
    var changes: [String: [PromisedChange]] = [:]
    /// Registrations that an administrator wanted to remove, whether or not that was answered.
    var wantedAway: [String: [AccountVersion]] = [:]
}

extension Checks {
    // MARK: Acknowledging

    /// A registration is acknowledged when it is on so many disks.
    func checkRegistered(durable: Int, on end: End, _ host: SimulatedHost) {
        guard case .client(let index) = world.network.ends[end.other].holder, let node = host.node,
            let name = world.clients[index].wantedName, let account = node.account(named: name)
        else { return }
        let disks = Set(world.hosts.indices.filter { has(account.registered, name, world.hosts[$0]) })
        promises.registrations[name, default: []].append(
            Promise(client: index, registered: account.registered, disks: disks))
        let needed = world.setting.replicas + 1
        // A node that is taken down at this moment still has the record on its disk, so more disks than the answer says
        // are fine. And a disk that has lost the record may have been asked before.
        let asked = world.now - min(world.now, 12 * second)
        let lost = world.hosts.count { $0.disk.hasLost(name, account.registered, since: asked) }
        if durable > disks.count + lost {
            fail("P10 as many disks as is said", "\(name) is on \(disks.count) disks, and \(durable) were told")
        }
        guard durable < needed else { return }
        if host.hasDisk, !disks.contains(host.index) {
            fail("P8 acknowledged when on disk", "\(name) was acknowledged by h\(host.index), which had not saved it")
        }
        // With fewer disks it has to be on all disks that can be reached: at least on one behind each link.
        node.forEachLink { link in
            guard link.origin != nil, let other = world.network.ends[Int(link.connection.value) ^ 1].host,
                world.hosts[other].hasDisk, link.isSynchronised, !link.isCongested,
                !has(account.registered, name, world.hosts[other]), world.hosts[other].node != nil
            else { return }
            fail("P8 acknowledged when on disk", "\(name) was acknowledged with \(durable), and h\(other) lacks it")
        }
    }

    /// A new secret is acknowledged in the same way, and no older one takes its place afterwards.
    func checkChanged(durable: Int, on end: End, _ host: SimulatedHost) {
        guard case .client(let index) = world.network.ends[end.other].holder,
            let name = world.clients[index].wantedName, let account = host.node?.account(named: name)
        else { return }
        var promise = PromisedChange(registered: account.registered, changed: account.changed, disks: [])
        promise.disks = Set(
            world.hosts.indices.filter { promise.isMade(in: world.hosts[$0].disk[name]?.account) })
        promises.changes[name, default: []].append(promise)
        let asked = world.now - min(world.now, 12 * second)
        let lost = world.hosts.count { $0.disk.hasLost(name, account.registered, since: asked) }
        if durable > promise.disks.count + lost {
            fail(
                "P10 as many disks as is said",
                "the secret of \(name) is on \(promise.disks.count) disks, and \(durable) were told")
        }
        if durable < world.setting.replicas + 1, host.hasDisk, !promise.disks.contains(host.index) {
            fail("P8 acknowledged when on disk", "h\(host.index) had not saved the secret of \(name)")
        }
    }

    private func has(_ registered: AccountVersion, _ name: String, _ host: SimulatedHost) -> Bool {
        host.disk[name]?.account?.registered == registered
    }

    private func hasRemoved(_ registered: AccountVersion, _ name: String, _ host: SimulatedHost) -> Bool {
        host.disk[name]?.removal.map { $0.registered >= registered } ?? false
    }

    func willAdminister(_ request: AccountRequest, _ host: SimulatedHost) {
        guard case .remove(let name) = request.action, let account = host.node?.account(named: name) else { return }
        promises.wantedAway[name, default: []].append(account.registered)
    }

    /// The administrator who asked for a change of an account is told that it is done.
    func noteAdministered(on connection: ConnectionID, _ host: SimulatedHost, _ node: Node) {
        switch host.administrations[connection] {
        case .remove(let name)?:
            rare.count(.accountRemoved)
            guard let removed = node.removedRegistration(of: name) else {
                return fail("P10 what is said is done", "h\(host.index) says that it has removed \(name)")
            }
            let disks = Set(world.hosts.indices.filter { hasRemoved(removed, name, world.hosts[$0]) })
            promises.removals[name, default: []].append(PromisedRemoval(registered: removed, disks: disks))
        case .reset?: rare.count(.accountReset)
        default: break
        }
    }

    /// An earlier registration of the name has come to a host: the later one is lost there, and its owner is told, also
    /// if the earlier one is removed afterwards.
    func noteLost(_ name: String, on host: SimulatedHost, _ node: Node) {
        guard let winner = node.account(named: name)?.registered, let list = promises.registrations[name]
        else { return }
        for index in list.indices where list[index].registered > winner {
            promises.registrations[name]![index].disks.remove(host.index)
        }
    }

    /// The content of its disk is lost.
    func noteDisk(of host: SimulatedHost) {
        for (name, list) in promises.registrations {
            for index in list.indices where !has(list[index].registered, name, host) {
                promises.registrations[name]![index].disks.remove(host.index)
            }
        }
        for (name, list) in promises.removals {
            for index in list.indices where !hasRemoved(list[index].registered, name, host) {
                promises.removals[name]![index].disks.remove(host.index)
            }
        }
        for (name, list) in promises.changes {
            for index in list.indices where !list[index].isMade(in: host.disk[name]?.account) {
                promises.changes[name]![index].disks.remove(host.index)
            }
        }
    }

    // MARK: At rest

    /// Where the nodes' accounts differ; nil if they don't.
    func disagreement(_ hosts: [Int]) -> String? {
        guard let first = hosts.first, let expected = world.hosts[first].node?.accountsDigest else { return nil }
        for host in hosts {
            guard let node = world.hosts[host].node else { continue }
            if node.accountsDigest != expected { return "h\(host) and h\(first) know different accounts" }
            if node.sizes.unsaved > 0 { return "h\(host) has \(node.sizes.unsaved) accounts to save" }
        }
        return nil
    }

    func checkNames(_ hosts: [Int]) {
        for name in Set(world.clients.compactMap(\.wantedName)).sorted() {
            let owners = hosts.map { world.hosts[$0].node?.account(named: name) }
            for (host, owner) in zip(hosts, owners) where owner != owners[0] {
                return fail("P8 one name, one owner", "h\(host) and h\(hosts[0]) disagree about \(name)")
            }
            let told = world.clients.filter { $0.wantedName == name && $0.wasToldRegistered && !$0.hasLostName }
            if told.count > 1, told.allSatisfy(\.isLoggedIn) {
                fail("P8 one name, one owner", "\(told.map(\.index)) all believe that they own \(name)")
            }
            checkOwner(of: name, owners[0], hosts)
        }
    }

    private func checkOwner(of name: String, _ owner: Account?, _ hosts: [Int]) {
        let removals = promises.removals[name] ?? []
        let isBack = removals.contains { removal in
            owner.map { $0.registered <= removal.registered } ?? false && !removal.disks.isDisjoint(with: hosts)
        }
        if isBack, let owner {
            fail("P8 what was removed stays removed", "\(name) belongs to c\(owner.hash.dropFirst("hash of s".count))")
        }
        for change in promises.changes[name] ?? [] where !change.disks.isDisjoint(with: hosts) {
            guard let owner, owner.registered == change.registered, !change.isMade(in: owner) else { continue }
            fail("P8 what was acknowledged stays", "an older secret of \(name) is back")
        }
        for promise in promises.registrations[name] ?? [] where !promise.disks.isDisjoint(with: hosts) {
            let isRemoved = promises.wantedAway[name]?.contains { promise.registered <= $0 } ?? false
            guard !isRemoved else { continue }
            guard let owner else {
                fail("P8 what was acknowledged stays", "\(name) of c\(promise.client) is known to nobody any more")
                continue
            }
            if owner.registered > promise.registered {
                fail(
                    "P8 the earlier owner stands",
                    "\(name) of c\(promise.client) belongs to c\(owner.hash.dropFirst("hash of s".count))")
            }
        }
    }

    /// Questions and works that are still open; nil if there are none.
    func openQuestions(_ hosts: [Int]) -> String? {
        for host in hosts {
            guard let sizes = world.hosts[host].node?.sizes, sizes.questions > 0 || sizes.work > 0 else { continue }
            return "h\(host) has \(sizes.questions) questions and \(sizes.work) works open"
        }
        return nil
    }

    /// A client has waited for very long for the answer to its login or registration, and nothing is wrong any more.
    func waited(_ client: SimulatedClient, since: UInt64) {
        guard let treeAt = rest.treeAt, since > treeAt else { return }
        // A node that still fetches earlier entries lets no client in yet. That it comes to an end is checked
        // too.
        var isFetching = false
        client.host.flatMap { world.hosts[$0].node }?.forEachLink { link in
            if link.isParent, !link.hasReceivedAll { isFetching = true }
        }
        guard !isFetching else { return }
        fail("every login is answered", "c\(client.index) at h\(client.host ?? -1) has waited for 12 s")
    }
}
