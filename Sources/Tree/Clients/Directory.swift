/// Decides which servers are known, how loaded each is, and where a client may be sent.
///
/// What is known of a node came by a link, from a neighbour that knew it: a neighbour that knows it no longer says so
/// on the same link. So a node is known here only as long as there is a way to it.
struct Directory {
    struct Listing {
        var announcement: Announcement
        /// The link that it came by: the way to that node.
        var link: ConnectionID
        var heard: Instant
        /// Clients sent there since it announced its load.
        var sentThere = 0

        var load: Int { announcement.load + sentThere }
        /// A node that has said that it leaves is remembered, so that nothing older is believed.
        var isThere: Bool { announcement.withdrawal == nil }
        var hasRoom: Bool { announcement.room.map { $0 > sentThere } ?? true }
    }

    /// Ascending by node.
    private(set) var listings: [Listing] = []
    /// Those of them that are there: the ones with room first, of these the least loaded first.
    private var ranks: [Rank] = []
    /// Where a node stands by what it announced.
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

    /// Servers of the base protocol. They know no names but those registered while they were there.
    private(set) var baseServers: [Listing] = []
    /// Clients that others have sent here.
    private var arrivals = Arrivals()
    /// How often this node has announced itself: the greatest count is the latest news of it.
    private var announcementCount: UInt64 = 0
    /// What the others were told of this node last, and when.
    private var told = (load: 0, isFull: false, at: Instant(nanoseconds: 0))

    // MARK: This node

    /// This node announces itself anew.
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

    /// When the neighbours are to be told of this node's state before it is time to; nil if it isn't much of a change.
    ///
    /// A node that has become full is told of at once, one that has room again once the room is worth it: somebody
    /// leaves a full node all the time.
    func newsAreDue(_ state: OwnState, capacity: Int, pause: Duration) -> Instant? {
        let isNews =
            told.isFull
            ? state.room.map { $0 > 0 && $0 >= capacity / 20 } ?? true
            : state.room == 0 || abs(state.load - told.load) >= max(4, told.load / 10)
        return isNews ? told.at + pause : nil
    }

    /// What this node says of itself.
    struct OwnState {
        var load: Int
        var room: Int?
        var isLeaving = false
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

    /// What is known of a node that is there.
    private func listing(of node: NodeID) -> Listing? {
        let (index, isThere) = index(of: node)
        return isThere && listings[index].isThere ? listings[index] : nil
    }

    /// What was known already is news when it comes by another link: the node, or whoever is on the way to it, has
    /// moved, and the way that was known may be found broken at any moment.
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

    private func index(ofRank sought: Rank) -> Int {
        var low = 0
        var high = ranks.count
        while low < high {
            let middle = (low + high) / 2
            if ranks[middle] < sought { low = middle + 1 } else { high = middle }
        }
        return low
    }

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

    /// Who has been silent for long isn't there any more.
    ///
    /// - Returns: what was forgotten.
    mutating func forget(olderThan oldest: Instant) -> [Listing] {
        let old = listings.filter { $0.heard < oldest && $0.isThere } + baseServers.filter { $0.heard < oldest }
        forget { $0.heard < oldest }
        baseServers.removeAll { $0.heard < oldest }
        return old
    }

    /// What came by a link that is gone is not known to be reachable any more.
    ///
    /// - Returns: what was forgotten.
    mutating func forget(_ link: ConnectionID) -> [Announcement] {
        let lost = listings.filter { $0.link == link && $0.isThere } + baseServers.filter { $0.link == link }
        forget { $0.link == link && $0.isThere }
        baseServers.removeAll { $0.link == link }
        return lost.map(\.announcement)
    }

    /// A neighbour has lost a server.
    ///
    /// - Returns: false if that server isn't known by this link, or something newer is known of it.
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

    /// Where a node announced itself since an instant, and which life of it.
    func contact(of node: NodeID, since instant: Instant) -> Contact? {
        guard let listing = listing(of: node), listing.heard >= instant else { return nil }
        let announcement = listing.announcement
        return Contact(node: node, incarnation: announcement.version?.incarnation, address: announcement.address)
    }

    func link(to node: NodeID) -> ConnectionID? { listing(of: node)?.link }

    /// The best ones that did not come by a link, of those who were heard of since an instant.
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

    /// How many are there that did not come by a link.
    func count(notBy link: ConnectionID) -> Int { ranks.reduce(0) { $0 + ($1.link == link ? 0 : 1) } }

    /// Whether a node is among the best of those that did not come by a link.
    func isAmongBest(_ node: NodeID, limit: Int, notBy link: ConnectionID) -> Bool {
        var better = 0
        for rank in ranks where rank.link != link {
            guard better < limit else { return false }
            if rank.node == node { return true }
            better += 1
        }
        return false
    }

    // MARK: Where clients go

    /// Where clients can go, the best first.
    ///
    /// - Parameter withRoom: leaves out those that take nobody now.
    func addresses(limit: Int, withRoom: Bool = false) -> [Address] {
        var found: [Address] = []
        for rank in ranks {
            guard found.count < limit, !(withRoom && rank.isFull) else { break }
            let listing = listings[index(of: rank.node).index]
            if !withRoom || listing.hasRoom { found.append(listing.announcement.address) }
        }
        return found
    }

    /// Where a client can be sent. Only clients without a name are at home at a server of the base protocol.
    ///
    /// - Parameter username: nil for somebody who is to stay at nodes.
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

    /// Clients that others have sent here and that have not logged in yet.
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
