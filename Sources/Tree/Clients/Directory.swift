/// Decides which servers are known, how loaded each is, and where a client may be redirected.
///
/// A node is known by the announcement of a neighbour. When that neighbour no longer knows the node, it says so on the
/// same link. So a node is known here only as long as there is a way to it.
struct Directory {
    struct Listing {
        var announcement: Announcement
        /// The link that the announcement came by: it leads to that node.
        var link: ConnectionID
        var heard: Instant
        /// Clients redirected there since it announced its load.
        var sentThere = 0

        var load: Int { announcement.load + sentThere }
        /// False for a node that has said that it leaves. It is remembered, so that no older announcement is believed.
        var isThere: Bool { announcement.withdrawal == nil }
        var hasRoom: Bool { announcement.room.map { $0 > sentThere } ?? true }
    }

    /// Ascending by node.
    private(set) var listings: [Listing] = []
    /// The listed nodes that are there: those with room first, and among them the least loaded first.
    private var ranks: [Rank] = []
    /// The rank of a node by its announcement.
    private struct Rank: Comparable {
        let isFull: Bool
        let load: Int
        let node: NodeID
        let link: ConnectionID

        init(_ listing: Listing) {
            isFull = listing.announcement.room == 0
            load = listing.announcement.load
            node = listing.announcement.node!
            link = listing.link
        }

        static func < (a: Rank, b: Rank) -> Bool {
            (a.isFull ? 1 : 0, a.load, a.node) < (b.isFull ? 1 : 0, b.load, b.node)
        }
    }

    /// Servers of the base protocol. They know only names that were registered while they were there.
    private(set) var baseServers: [Listing] = []
    /// Clients that other nodes have redirected here.
    private var arrivals = Arrivals()
    /// How often this node has announced itself: the announcement with the greatest count is the latest.
    private var announcementCount: UInt64 = 0
    /// The state of this node that the others were told last, and when.
    private var told = (load: 0, isFull: false, at: Instant(nanoseconds: 0))

    // MARK: This node

    /// A new announcement of this node.
    mutating func announce(_ origin: Origin, at address: Address, _ state: OwnState) -> Announcement {
        announcementCount += 1
        return Announcement(
            id: "", node: origin.node, address: address,
            load: state.isLeaving ? Announcement.loadOfNoRoom : state.load, room: state.isLeaving ? 0 : state.room,
            version: .init(incarnation: origin.incarnation, count: announcementCount),
            withdrawal: state.isLeaving ? .leaving : nil)
    }

    /// All neighbours were told of this node's state.
    mutating func everybodyWasTold(_ state: OwnState, at now: Instant) {
        told = (state.load, state.room == 0, now)
    }

    /// When to announce this node's state early; nil if it hasn't changed much.
    ///
    /// That a node has become full is announced at once. That it has room again is announced once there is enough room
    /// to matter, since clients leave a full node all the time.
    func newsAreDue(_ state: OwnState, capacity: Int, pause: Duration) -> Instant? {
        let isNews =
            told.isFull
            ? state.room.map { $0 > 0 && $0 >= capacity / 20 } ?? true
            : state.room == 0 || abs(state.load - told.load) >= max(4, told.load / 10)
        return isNews ? told.at + pause : nil
    }

    /// What this node announces of itself.
    struct OwnState {
        var load: Int
        var room: Int?
        var isLeaving = false
    }

    // MARK: Others

    private func index(of node: NodeID) -> (index: Int, isThere: Bool) {
        let index = listings.partitioningIndex { $0.announcement.node! >= node }
        return (index, index < listings.count && listings[index].announcement.node == node)
    }

    /// The listing of a node that is there.
    private func listing(of node: NodeID) -> Listing? {
        let (index, isThere) = index(of: node)
        return isThere && listings[index].isThere ? listings[index] : nil
    }

    /// Learns an announcement. A known one is news too when it comes by another link: then the node, or a node on the
    /// way to it, has moved, and the known way may be found broken at any moment.
    ///
    /// - Parameters:
    ///   - keepsWay: what is known already is no news, whichever link it comes by.
    ///   - limit: as many nodes are listed by one link. There are more only in a network where few of them matter here.
    /// - Returns: false if it is no news.
    mutating func learn(
        _ announcement: Announcement, by link: ConnectionID, keepsWay: Bool = false, limit: Int = .max, at now: Instant
    ) -> Bool {
        guard let node = announcement.node, let version = announcement.version else { return false }
        let (index, isKnown) = index(of: node)
        var listing = Listing(announcement: announcement, link: link, heard: now)
        guard isKnown else {
            guard listings.count < limit || listings.count(where: { $0.link == link }) < limit else { return false }
            listings.insert(listing, at: index)
            rank(listing)
            return true
        }
        let before = listings[index]
        if before.announcement.version == version {
            guard before.isThere, before.link != link, !keepsWay else { return false }
            listing.sentThere = before.sentThere
        } else if version < before.announcement.version! {
            return false
        }
        unrank(before)
        listings[index] = listing
        rank(listing)
        return true
    }

    private func index(ofRank sought: Rank) -> Int { ranks.partitioningIndex { $0 >= sought } }

    private mutating func rank(_ listing: Listing) {
        guard listing.isThere else { return }
        let rank = Rank(listing)
        ranks.insert(rank, at: index(ofRank: rank))
    }

    private mutating func unrank(_ listing: Listing) {
        if listing.isThere { ranks.remove(at: index(ofRank: Rank(listing))) }
    }

    private mutating func forget(where isGone: (Listing) -> Bool) {
        guard listings.contains(where: isGone) else { return }
        listings.removeAll(where: isGone)
        ranks.removeAll()
        for listing in listings { rank(listing) }
    }

    mutating func learnBaseServer(_ announcement: Announcement, by link: ConnectionID, limit: Int, at now: Instant) {
        baseServers.removeAll { $0.announcement.id == announcement.id }
        baseServers.append(Listing(announcement: announcement, link: link, heard: now))
        baseServers.removeFirst(max(0, baseServers.count - limit))
    }

    /// Forgets servers that have not announced themselves since an instant.
    ///
    /// - Returns: the forgotten servers.
    mutating func forget(olderThan oldest: Instant) -> [Listing] {
        let old = listings.filter { $0.heard < oldest && $0.isThere } + baseServers.filter { $0.heard < oldest }
        forget { $0.heard < oldest }
        baseServers.removeAll { $0.heard < oldest }
        return old
    }

    /// A link is lost: the servers that were known by it may not be reachable any more.
    ///
    /// - Returns: the forgotten servers.
    mutating func forget(_ link: ConnectionID) -> [Announcement] {
        let lost = listings.filter { $0.link == link && $0.isThere } + baseServers.filter { $0.link == link }
        forget { $0.link == link && $0.isThere }
        baseServers.removeAll { $0.link == link }
        return lost.map(\.announcement)
    }

    /// A neighbour has lost a server.
    ///
    /// - Returns: false if the server isn't known by this link, or something newer is known of it.
    mutating func lost(_ withdrawn: Announcement, by link: ConnectionID) -> Bool {
        guard let node = withdrawn.node, let version = withdrawn.version else {
            let index = baseServers.firstIndex { $0.announcement.id == withdrawn.id && $0.link == link }
            if let index { baseServers.remove(at: index) }
            return index != nil
        }
        guard let known = listing(of: node), known.link == link, known.announcement.version! <= version else {
            return false
        }
        unrank(known)
        listings.remove(at: index(of: node).index)
        return true
    }

    func hasHeard(of node: NodeID, since instant: Instant) -> Bool {
        listing(of: node).map { $0.heard >= instant } ?? false
    }

    /// The address and incarnation that a node has announced since an instant; nil if it hasn't.
    func contact(of node: NodeID, since instant: Instant) -> Contact? {
        guard let listing = listing(of: node), listing.heard >= instant else { return nil }
        let announcement = listing.announcement
        return Contact(node: node, incarnation: announcement.version?.incarnation, address: announcement.address)
    }

    func link(to node: NodeID) -> ConnectionID? { listing(of: node)?.link }

    /// The announcement of a node that is known by another link than this.
    func announcement(of node: NodeID, notBy link: ConnectionID) -> Announcement? {
        guard let listing = listing(of: node), listing.link != link else { return nil }
        return listing.announcement
    }

    /// The best nodes that are not known by this link, among those heard of since an instant.
    func best(
        limit: Int, notBy link: ConnectionID, since instant: Instant = Instant(nanoseconds: 0)
    ) -> [Announcement] {
        var found: [Announcement] = []
        for rank in ranks where rank.link != link {
            guard found.count < limit else { break }
            let listing = listings[index(of: rank.node).index]
            if listing.heard >= instant { found.append(listing.announcement) }
        }
        return found
    }

    /// How many nodes are known by other links than this.
    func count(notBy link: ConnectionID) -> Int { ranks.reduce(0) { $0 + ($1.link == link ? 0 : 1) } }

    /// Whether a node is among the best of those that are not known by this link.
    func isAmongBest(_ node: NodeID, limit: Int, notBy link: ConnectionID) -> Bool {
        var better = 0
        for rank in ranks where rank.link != link {
            guard better < limit else { return false }
            if rank.node == node { return true }
            better += 1
        }
        return false
    }

    // MARK: Servers for clients

    /// Addresses where clients can log in, the best first.
    ///
    /// - Parameter withRoom: whether to leave out full servers.
    func addresses(limit: Int, withRoom: Bool = false) -> [Address] {
        var found: [Address] = []
        for rank in ranks {
            guard found.count < limit, !(withRoom && rank.isFull) else { break }
            let listing = listings[index(of: rank.node).index]
            if !withRoom || listing.hasRoom { found.append(listing.announcement.address) }
        }
        return found
    }

    /// Servers to which a client can be redirected. Only anonymous clients can use a server of the base protocol.
    ///
    /// - Parameter username: nil for a client that has to stay at nodes.
    func eligible(atMost load: Int, for username: String?) -> [Listing] {
        let all = username == Login.anonymous ? listings + baseServers : listings
        return all.filter { $0.isThere && $0.hasRoom && $0.load <= load }
    }

    mutating func countSent(to target: Announcement) {
        if let node = target.node {
            countSent(to: node)
        } else if let index = baseServers.firstIndex(where: { $0.announcement.id == target.id }) {
            baseServers[index].sentThere += 1
        }
    }

    mutating func countSent(to node: NodeID) {
        let (index, isKnown) = index(of: node)
        if isKnown { listings[index].sentThere += 1 }
    }

    // MARK: Arrivals

    /// Clients that were redirected here and have not logged in yet.
    var onTheirWay: Int { arrivals.onTheirWay }
    var arrivalCount: Int { arrivals.count }

    mutating func expect(_ username: NameKey, comesBy: Instant, until: Instant, limit: Int, at now: Instant) {
        arrivals.expect(username, comesBy: comesBy, until: until, limit: limit, at: now)
    }

    mutating func forgetArrivals(at now: Instant) { arrivals.forgetOld(at: now) }

    /// True if somebody of this name was sent here a moment ago.
    mutating func loggedIn(_ username: NameKey, saysSo: Duration?, limit: Int, at now: Instant) -> Bool {
        arrivals.loggedIn(username, saysSo: saysSo, limit: limit, at: now)
    }
}
