/// Decides which servers are known, how loaded each is, and where a client may be sent.
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
    /// The same nodes, the least loaded first: each announcement asks for the first of them.
    private var byLoad: [Rank] = []
    /// Where a node stands among the loads that were announced.
    private struct Rank: Comparable {
        let load: Int
        let node: NodeID
        let link: ConnectionID

        static func < (a: Rank, b: Rank) -> Bool { (a.load, a.node) < (b.load, b.node) }
    }

    /// Servers of the base protocol. They know no names but those registered while they were there.
    private(set) var baseServers: [Listing] = []
    /// Clients that others have sent here, by name, and until when they aren't sent on.
    private var arrivals: [(username: String, until: Instant)] = []
    /// How often this node has announced itself: the greatest count is the latest news of it.
    private var announcementCount: UInt64 = 0

    // MARK: This node

    /// This node announces itself anew.
    mutating func announce(_ origin: Origin, at address: Address, load: Int) -> Announcement {
        announcementCount += 1
        return Announcement(
            id: "", node: origin.node, address: address, load: load,
            version: .init(incarnation: origin.incarnation, count: announcementCount))
    }

    // MARK: Others

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
            insertRank(of: listing)
            return true
        }
        guard listings[index].announcement.version! < version else { return false }
        let before = listings[index]
        listings[index] = listing
        if before.announcement.load != announcement.load || before.link != link {
            byLoad.remove(at: self.index(ofRank: before))
            insertRank(of: listing)
        }
        return true
    }

    private func index(ofRank listing: Listing) -> Int {
        let sought = Rank(load: listing.announcement.load, node: listing.announcement.node!, link: listing.link)
        var low = 0
        var high = byLoad.count
        while low < high {
            let middle = (low + high) / 2
            if byLoad[middle] < sought { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insertRank(of listing: Listing) {
        byLoad.insert(
            Rank(load: listing.announcement.load, node: listing.announcement.node!, link: listing.link),
            at: index(ofRank: listing))
    }

    private mutating func forget(where isGone: (Listing) -> Bool) {
        guard listings.contains(where: isGone) else { return }
        listings.removeAll(where: isGone)
        byLoad.removeAll()
        for listing in listings { insertRank(of: listing) }
    }

    mutating func learnBaseServer(_ announcement: Announcement, by link: ConnectionID, limit: Int, at now: Instant) {
        baseServers.removeAll { $0.announcement.id == announcement.id }
        baseServers.append(Listing(announcement: announcement, link: link, heard: now))
        baseServers.removeFirst(max(0, baseServers.count - limit))
    }

    mutating func forget(olderThan oldest: Instant) {
        forget { $0.heard < oldest }
        baseServers.removeAll { $0.heard < oldest }
    }

    /// What came by a link that is gone is not known to be reachable any more.
    mutating func forget(_ link: ConnectionID) {
        forget { $0.link == link }
        baseServers.removeAll { $0.link == link }
    }

    func hasHeard(of node: NodeID, since instant: Instant) -> Bool {
        let (index, isThere) = index(of: node)
        return isThere && listings[index].heard >= instant
    }

    /// Where a node announced itself since an instant, and which life of it.
    func contact(of node: NodeID, since instant: Instant) -> Contact? {
        let (index, isThere) = index(of: node)
        guard isThere, listings[index].heard >= instant else { return nil }
        let announcement = listings[index].announcement
        return Contact(node: node, incarnation: announcement.version?.incarnation, address: announcement.address)
    }

    func link(to node: NodeID) -> ConnectionID? {
        let (index, isThere) = index(of: node)
        return isThere ? listings[index].link : nil
    }

    /// The least loaded that did not come by a link, of those who were heard of since an instant.
    func leastLoaded(
        limit: Int, notBy link: ConnectionID, since instant: Instant = Instant(nanoseconds: 0)
    ) -> [Announcement] {
        var found: [Announcement] = []
        for rank in byLoad where rank.link != link {
            guard found.count < limit else { break }
            let listing = listings[index(of: rank.node).index]
            if listing.heard >= instant { found.append(listing.announcement) }
        }
        return found
    }

    /// Whether a node is among the least loaded of those that did not come by a link.
    func isAmongLeastLoaded(_ node: NodeID, limit: Int, notBy link: ConnectionID) -> Bool {
        var better = 0
        for rank in byLoad where rank.link != link {
            guard better < limit else { return false }
            if rank.node == node { return true }
            better += 1
        }
        return false
    }

    /// Where clients can go, the least loaded first.
    func addresses(limit: Int) -> [Address] {
        listings.sorted { $0.load < $1.load }.prefix(limit).map(\.announcement.address)
    }

    /// Where a client can be sent. Only clients without a name are at home at a server of the base protocol.
    func eligible(atMost load: Int, for username: String) -> [Listing] {
        let all = username == Login.anonymous ? listings + baseServers : listings
        return all.filter { $0.load <= load }
    }

    mutating func countSent(to target: Announcement) {
        if let node = target.node {
            let (index, isThere) = index(of: node)
            if isThere { listings[index].sentThere += 1 }
        } else if let index = baseServers.firstIndex(where: { $0.announcement.id == target.id }) {
            baseServers[index].sentThere += 1
        }
    }

    // MARK: Arrivals

    /// Remembered also where nobody asks: so what is old goes here, too.
    mutating func expect(_ username: String, until: Instant, limit: Int, at now: Instant) {
        arrivals.removeAll { $0.until < now }
        arrivals.append((username, until))
        arrivals.removeFirst(max(0, arrivals.count - limit))
    }

    var arrivalCount: Int { arrivals.count }

    /// True if somebody of this name was sent here a moment ago.
    mutating func takeArrival(_ username: String, at now: Instant) -> Bool {
        arrivals.removeAll { $0.until < now }
        guard let index = arrivals.firstIndex(where: { $0.username == username }) else { return false }
        arrivals.remove(at: index)
        return true
    }
}
