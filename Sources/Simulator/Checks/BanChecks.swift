import Tree

// A ban that is set anywhere holds everywhere, and one that was lifted holds nowhere.

/// A ban, or the end of one, that an administrator was told of.
struct PromisedBan {
    let record: BanRecord
    /// Hosts whose disks have had it, or a later one, ever since.
    var disks: Set<Int>
}

extension Checks {
    /// An administrator is told that a ban was made or lifted.
    func noteBan(on connection: ConnectionID, _ host: SimulatedHost, _ node: Node) {
        let target: BanTarget
        switch host.administrations[connection] {
        case .sessions(.ban(let banned, _, _))?, .sessions(.unban(let banned))?: target = banned
        default: return
        }
        // Another one may have come in between, or it has ended already.
        guard let record = node.banRecord(of: target), record.until == nil else { return }
        let disks = Set(world.hosts.indices.filter { hasBan(record, world.hosts[$0]) })
        promisedBans.append(PromisedBan(record: record, disks: disks))
    }

    private func hasBan(_ record: BanRecord, _ host: SimulatedHost) -> Bool {
        host.disk.bans.contains { $0.target == record.target && $0.version >= record.version }
    }

    /// The content of its disk is lost.
    func noteDiskOfBans(of host: SimulatedHost) {
        for index in promisedBans.indices where !hasBan(promisedBans[index].record, host) {
            promisedBans[index].disks.remove(host.index)
        }
    }

    // MARK: At rest

    /// Where the nodes' bans differ; nil if they don't.
    func disagreementOnBans(_ hosts: [Int]) -> String? {
        guard let first = hosts.first, let expected = world.hosts[first].node?.bansDigest else { return nil }
        let other = hosts.first { world.hosts[$0].node.map { $0.bansDigest != expected } ?? false }
        return other.map { "h\($0) and h\(first) know different bans" }
    }

    func checkBans(_ hosts: [Int]) {
        for promise in promisedBans where !promise.disks.isDisjoint(with: hosts) {
            for host in hosts {
                let known = world.hosts[host].node?.banRecord(of: promise.record.target)
                if known.map({ $0.version < promise.record.version }) ?? true {
                    fail("a ban holds everywhere", "h\(host) doesn't know what was said of \(promise.record.target)")
                }
            }
        }
        for client in world.clients where client.isLoggedIn {
            guard let name = client.wantedName, !client.hasLostName, let host = client.host,
                let ban = world.hosts[host].node?.banRecord(of: .name(name)), !ban.isLifted, ban.until == nil
            else { continue }
            fail("a ban holds everywhere", "c\(client.index) is logged in as \(name) at h\(host)")
        }
    }
}
