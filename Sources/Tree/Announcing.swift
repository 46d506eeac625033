/// The nodes that announced themselves, with their loads.
struct Directory {
    struct Listing {
        var announcement: Announcement
        /// The link that it came by: the way to that node.
        var link: ConnectionID
        var heard: Instant
        /// Clients sent there since it announced its load.
        var sentThere = 0

        var load: Int { announcement.load + sentThere }
    }

    /// Ascending by node.
    private(set) var listings: [Listing] = []
    /// Servers of the base protocol. They know no names but those registered while they were there.
    private(set) var leaves: [Listing] = []
    /// Clients that others have sent here, by name, and until when they aren't sent on.
    private var arrivals: [(username: String, until: Instant)] = []

    private func index(of node: NodeID) -> (index: Int, isThere: Bool) {
        var low = 0
        var high = listings.count
        while low < high {
            let middle = (low + high) / 2
            if listings[middle].announcement.node! < node { low = middle + 1 } else { high = middle }
        }
        return (low, low < listings.count && listings[low].announcement.node == node)
    }

    /// False if it is no news.
    mutating func learn(_ announcement: Announcement, by link: ConnectionID, at now: Instant) -> Bool {
        guard let node = announcement.node, let version = announcement.version else { return false }
        let (index, isThere) = index(of: node)
        let listing = Listing(announcement: announcement, link: link, heard: now)
        guard isThere else {
            listings.insert(listing, at: index)
            return true
        }
        guard listings[index].announcement.version! < version else { return false }
        listings[index] = listing
        return true
    }

    mutating func learnLeaf(_ announcement: Announcement, by link: ConnectionID, at now: Instant) {
        leaves.removeAll { $0.announcement.id == announcement.id }
        leaves.append(Listing(announcement: announcement, link: link, heard: now))
        leaves.removeFirst(max(0, leaves.count - Self.leafLimit))
    }

    /// Servers remembered below leaves; more of them aren't worth a client's while.
    private static let leafLimit = 64

    mutating func forget(olderThan oldest: Instant) {
        listings.removeAll { $0.heard < oldest }
        leaves.removeAll { $0.heard < oldest }
    }

    /// What came by a link that is gone is not known to be reachable any more.
    mutating func forget(_ link: ConnectionID) {
        listings.removeAll { $0.link == link }
        leaves.removeAll { $0.link == link }
    }

    func hasHeard(of node: NodeID, since instant: Instant) -> Bool {
        let (index, isThere) = index(of: node)
        return isThere && listings[index].heard >= instant
    }

    func link(to node: NodeID) -> ConnectionID? {
        let (index, isThere) = index(of: node)
        return isThere ? listings[index].link : nil
    }

    /// The least loaded that did not come by a link, of those who were heard of since an instant.
    func leastLoaded(
        limit: Int, notBy link: ConnectionID, since instant: Instant = Instant(nanoseconds: 0)
    ) -> [Announcement] {
        let others = listings.filter { $0.link != link && $0.heard >= instant }.sorted {
            $0.announcement.load < $1.announcement.load
        }
        return others.prefix(limit).map(\.announcement)
    }

    /// Whether a node is among the least loaded of those that did not come by a link.
    func isAmongLeastLoaded(_ node: NodeID, limit: Int, notBy link: ConnectionID) -> Bool {
        listings.count <= limit || leastLoaded(limit: limit, notBy: link).contains { $0.node == node }
    }

    /// Where clients can go, the least loaded first.
    func addresses(limit: Int) -> [Address] {
        listings.sorted { $0.load < $1.load }.prefix(limit).map(\.announcement.address)
    }

    /// Where a client can be sent. Only clients without a name are at home at a server of the base protocol.
    func eligible(atMost load: Int, for username: String) -> [Listing] {
        let all = username == Login.anonymous ? listings + leaves : listings
        return all.filter { $0.load <= load }
    }

    mutating func countSent(to target: Announcement) {
        if let node = target.node {
            let (index, isThere) = index(of: node)
            if isThere { listings[index].sentThere += 1 }
        } else if let index = leaves.firstIndex(where: { $0.announcement.id == target.id }) {
            leaves[index].sentThere += 1
        }
    }

    // MARK: Arrivals

    mutating func expect(_ username: String, until: Instant) {
        arrivals.append((username, until))
    }

    /// True if somebody of this name was sent here a moment ago.
    mutating func takeArrival(_ username: String, at now: Instant) -> Bool {
        arrivals.removeAll { $0.until < now }
        guard let index = arrivals.firstIndex(where: { $0.username == username }) else { return false }
        arrivals.remove(at: index)
        return true
    }
}

// Who is there and how loaded, and who is sent where (docs/protocol.md#redirecting).

extension Node {
    // MARK: Announcing

    func announce() {
        timers[.announce] = now.instant + configuration.announceInterval
        let memory = max(configuration.announceInterval * 3, .seconds(15))
        let oldest =
            now.instant.nanoseconds > UInt64(memory.wholeNanoseconds)
            ? now.instant.nanoseconds - UInt64(memory.wholeNanoseconds) : 0
        directory.forget(olderThan: Instant(nanoseconds: oldest))
        announcementCount += 1
        for link in links { send(.serverAnnounce(ownAnnouncement), to: link.connection) }
    }

    private var ownAnnouncement: Announcement {
        Announcement(
            id: "", node: origin.node, address: configuration.address, load: load,
            version: .init(incarnation: origin.incarnation, count: announcementCount))
    }

    /// A new neighbour hears of this node and of the best known ones at once.
    func introduce(_ link: Link) {
        announcementCount += 1
        send(.serverAnnounce(ownAnnouncement), to: link.connection)
        guard link.isNode else { return }
        // Not of those who may be gone: whoever is told takes it for news.
        let recent = before(configuration.announceInterval * 3 / 2) ?? Instant(nanoseconds: 0)
        for other in directory.leastLoaded(
            limit: limits.announcementsPerLink, notBy: link.connection, since: recent)
        {
            send(.serverAnnounce(other), to: link.connection)
        }
    }

    func learn(_ announcement: Announcement, from link: Link) {
        guard announcement.address.isPlausible else { return }
        guard let node = announcement.node else { return learnLeaf(announcement, from: link) }
        guard node != origin.node, directory.learn(announcement, by: link.connection, at: now.instant) else { return }
        deadpool.heard(of: Contact(node: node, address: announcement.address), at: now.instant)
        // Each link carries on only the best, so that the traffic of a large network stays bounded.
        for other in links where other !== link && other.isNode {
            if directory.isAmongLeastLoaded(node, limit: limits.announcementsPerLink, notBy: other.connection) {
                send(.serverAnnounce(announcement), to: other.connection)
            }
        }
    }

    /// A server of the base protocol announces itself. Its announcement has no version: it is passed on as it comes, and
    /// in a tree it comes once.
    private func learnLeaf(_ announcement: Announcement, from link: Link) {
        directory.learnLeaf(announcement, by: link.connection, at: now.instant)
        for other in links where other !== link && other.isNode {
            send(.serverAnnounce(announcement), to: other.connection)
        }
    }

    // MARK: Redirecting

    /// Where a client that has just logged in is better off; nil to stay.
    func redirectTarget(for username: String) -> Announcement? {
        guard let gap = configuration.redirectGap.clients(atLoad: load), gap > 0 else { return nil }
        if directory.takeArrival(username, at: now.instant) { return nil }
        let eligible = directory.eligible(atMost: load - gap, for: username)
        guard let first = eligible.randomElement(using: &random),
            let second = eligible.randomElement(using: &random)
        else { return nil }
        // The better of two random ones: the best would be everybody's (Mitzenmacher, "The Power of Two Choices", 2001).
        let candidates = eligible.count <= 2 ? eligible : [first, second]
        return candidates.min { $0.load < $1.load }?.announcement
    }

    func redirect(_ connection: ConnectionID, username: String, to target: Announcement) {
        directory.countSent(to: target)
        if let node = target.node, let link = directory.link(to: node) {
            send(.redirected(username: username, to: node), to: link)
        }
        send(.redirect(target.address), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// Another node sent a client somewhere: the one it was sent to does not send it on.
    func wasRedirected(_ username: String, to node: NodeID, from link: Link) {
        if node == origin.node {
            directory.expect(username, until: now.instant + limits.redirectMemory)
        } else if let next = directory.link(to: node), next != link.connection {
            send(.redirected(username: username, to: node), to: next)
        }
    }
}
