// Which servers are there, how loaded they are, and where clients are redirected (docs/protocol.md#redirecting).

extension Node {
    // MARK: Announcing

    private var ownState: Directory.OwnState {
        if draining.moves.isDraining { return Directory.OwnState(load: load, room: 0, isLeaving: draining.hasBegun) }
        let room = limits.clients == .max ? nil : max(0, limits.clients - sessions.count - directory.onTheirWay)
        return Directory.OwnState(load: load + directory.onTheirWay, room: room, isLeaving: draining.hasBegun)
    }

    func announce() {
        timers[.announce] = now.instant + configuration.announceInterval
        let memory = max(configuration.announceInterval * 3, limits.announcementMemory)
        // Other nodes may have heard of it later, or remember it for longer.
        for old in directory.forget(olderThan: before(memory) ?? Instant(nanoseconds: 0)) {
            withdraw([old.announcement], knownBy: old.link)
        }
        directory.forgetArrivals(at: now.instant)
        let announcement = directory.announce(origin, at: configuration.address, ownState)
        for link in links { send(.serverAnnounce(announcement), to: link.connection) }
        directory.everybodyWasTold(ownState, at: now.instant)
    }

    /// Announces this node early if many clients have come or gone, or if it has become full: no client shall be sent
    /// here because of old news.
    func announceNews() {
        let pause = configuration.announceInterval / Limits.newsPerAnnouncement
        guard !draining.hasBegun, !links.isEmpty,
            let due = directory.newsAreDue(ownState, capacity: limits.clients, pause: pause)
        else { return }
        if due <= now.instant { announce() } else { timers.set(.announce, noLaterThan: due) }
    }

    /// Tells a new neighbour of this node and of the best known ones at once.
    func introduce(_ link: Link) {
        let announcement = directory.announce(origin, at: configuration.address, ownState)
        send(.serverAnnounce(announcement), to: link.connection)
        guard link.isNode else { return }
        for other in bestRecent(on: link) { send(.serverAnnounce(other), to: link.connection) }
    }

    /// The nodes that a neighbour is told of. Nodes that may be gone are left out, since the neighbour would take them
    /// for news.
    private func bestRecent(on link: Link) -> [Announcement] {
        let recent = before(configuration.announceInterval * 3 / 2) ?? Instant(nanoseconds: 0)
        return directory.best(limit: limits.announcementsPerLink, notBy: link.connection, since: recent)
    }

    /// Some nodes are no longer among the best for a neighbour: they are gone, have more load, or the way to them leads
    /// over the neighbour itself. A neighbour that was told only of the best is told of those that have moved up.
    private func tellWhoMovedUp(_ count: Int, on link: Link) {
        guard directory.count(notBy: link.connection) + count > limits.announcementsPerLink else { return }
        for other in bestRecent(on: link).suffix(count) { send(.serverAnnounce(other), to: link.connection) }
    }

    func learn(_ announcement: Announcement, from link: Link) {
        if announcement.withdrawal == .lost { return lost(announcement, by: link) }
        guard announcement.address.isPlausible else { return }
        guard let node = announcement.node, link.isNode else { return learnBaseServer(announcement, from: link) }
        if node == origin.node {
            if announcement.withdrawal != nil { return }
            let incarnation = announcement.version?.incarnation
            return heardOfTwin(Contact(node: node, incarnation: incarnation, address: announcement.address))
        }
        // Only the best nodes are announced on each link, so that the traffic of a large network is bounded. A
        // neighbour that was told of a node among them is also told when it is no longer one of them.
        let all = nodeLinks
        let before = all.map { isAmongBest(node, on: $0) }
        let keepsWay = keepsWay(to: node, against: link)
        let toldThere = directory.announcement(of: node, notBy: link.connection)
        let limit = mutation == .announcedNodesUnbounded ? .max : limits.nodesListed
        let isNews = directory.learn(
            announcement, by: link.connection, keepsWay: keepsWay, limit: limit, at: now.instant)
        guard isNews else { return }
        if let toldThere { takeBack(toldThere, from: link) }
        if announcement.withdrawal == nil {
            topology.deadpool.heard(of: Contact(node: node, address: announcement.address), at: now.instant)
        }
        for (other, wasAmongBest) in zip(all, before) {
            let isAmongBest = isAmongBest(node, on: other)
            if other !== link, wasAmongBest || announcement.withdrawal != nil || isAmongBest {
                send(.serverAnnounce(announcement), to: other.connection)
            }
            if wasAmongBest, !isAmongBest { tellWhoMovedUp(1, on: other) }
        }
    }

    /// Whether the known way to a node is kept although a neighbour announces the same news of it. It is kept if it is
    /// the node's own link, or if both neighbours tell each other of the node when their link opens. Then only one of
    /// them may take the other for the way: if both did, both would take back what they have told, and forget the node.
    private func keepsWay(to node: NodeID, against link: Link) -> Bool {
        if let way = directory.link(to: node), links[way]?.origin?.node == node { return true }
        guard !link.isSynchronised, let other = link.origin?.node else { return false }
        return origin.node < other && isAmongBest(node, on: link)
    }

    /// The way to a node leads over this neighbour now, who was told before that it leads over this node. If the
    /// neighbour believed that, each would go on listing a lost node because the other does (split horizon with
    /// poisoned reverse, RFC 2453, section 3.4.3).
    private func takeBack(_ announcement: Announcement, from link: Link) {
        var announcement = announcement
        announcement.withdrawal = .lost
        send(.serverAnnounce(announcement), to: link.connection)
    }

    private func isAmongBest(_ node: NodeID, on link: Link) -> Bool {
        directory.isAmongBest(node, limit: limits.announcementsPerLink, notBy: link.connection)
    }

    // MARK: Withdrawing

    /// A link is lost: neighbours that heard from this node of the servers behind it are told.
    func withdraw(knownBy link: Link) {
        withdraw(directory.forget(link.connection), knownBy: link.connection)
    }

    private func lost(_ announcement: Announcement, by link: Link) {
        if directory.lost(announcement, by: link.connection) { withdraw([announcement], knownBy: link.connection) }
    }

    private func withdraw(_ gone: [Announcement], knownBy link: ConnectionID) {
        guard !gone.isEmpty else { return }
        for other in nodeLinks where other.connection != link {
            for var announcement in gone {
                announcement.withdrawal = .lost
                send(.serverAnnounce(announcement), to: other.connection)
            }
            tellWhoMovedUp(gone.count, on: other)
        }
    }

    /// A server of the base protocol announces itself. Its announcement has no version, so it is passed on as it comes;
    /// in a tree each node gets it once.
    private func learnBaseServer(_ announcement: Announcement, from link: Link) {
        // A server of the original system doesn't understand clients of the base protocol or of this network. And some
        // servers flood to all their links, so that this node's own announcement comes back.
        guard link.kind != .original, announcement.address != configuration.address,
            link.rates.mayAnnounce(at: now.instant)
        else { return }
        var announcement = announcement
        announcement.node = nil
        announcement.version = nil
        announcement.withdrawal = nil
        directory.learnBaseServer(announcement, by: link.connection, limit: limits.baseServersNamed, at: now.instant)
        for other in links where other !== link && other.isNode {
            send(.serverAnnounce(announcement), to: other.connection)
        }
    }

    // MARK: Redirecting

    /// Where a client that has just logged in is better off; nil to stay.
    func redirectTarget(for login: Login, as user: String) -> Announcement? {
        let wasSentHere = directory.loggedIn(
            key(of: user), saysSo: login.wasRedirected ? limits.redirectPatience : nil,
            limit: limits.redirectsExpected, at: now.instant)
        guard !wasSentHere, !login.wasRedirected else { return nil }
        let load = ownState.load
        guard let gap = configuration.redirectGap.clients(atLoad: load), gap > 0 else { return nil }
        return target(atMost: load - gap, for: user)
    }

    /// A server with room, and at most this load.
    ///
    /// - Parameter username: nil for a client that has to stay at nodes.
    func target(atMost load: Int, for username: String?) -> Announcement? {
        let eligible = directory.eligible(atMost: load, for: username)
        guard let first = eligible.randomElement(using: &random),
            let second = eligible.randomElement(using: &random)
        else { return nil }
        // The better of two random ones: otherwise all nodes would choose the same one (Mitzenmacher, "The Power of Two
        // Choices", 2001).
        let candidates = eligible.count <= 2 ? eligible : [first, second]
        return candidates.min { $0.load < $1.load }?.announcement
    }

    /// - Parameter token: what the client shows over there instead of its secret; nil for anonymous clients, and for
    ///   those that haven't logged in.
    func redirect(_ connection: ConnectionID, username: String, to target: Announcement, _ token: ClientToken?) {
        directory.countSent(to: target)
        if let node = target.node, let link = directory.link(to: node) {
            send(.redirected(username: username, to: node), to: link)
        }
        send(.redirect(target.address, resumeToken: token), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// Another node has redirected a client. The node that it was sent to doesn't redirect it again, and nodes on the
    /// message's way count it as sent there.
    func wasRedirected(_ username: String, to node: NodeID, from link: Link) {
        if node == origin.node {
            directory.expect(
                key(of: username), comesBy: now.instant + limits.redirectPatience,
                until: now.instant + limits.redirectMemory, limit: limits.redirectsExpected, at: now.instant)
        } else if let next = directory.link(to: node), next != link.connection {
            directory.countSent(to: node)
            send(.redirected(username: username, to: node), to: next)
        }
    }

    // MARK: Turning away

    /// Addresses of nodes with room for clients, as far as this node knows, the best first.
    public var serversWithRoom: [Address] { directory.addresses(limit: limits.serversNamed, withRoom: true) }

    /// Turns a client away, and tells it which nodes have room.
    func turnAway(_ connection: ConnectionID, info: String) {
        send(.unavailable(info: info, servers: serversWithRoom), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// This node leaves: a client is redirected to a node with room.
    func sendOn(_ connection: ConnectionID) {
        guard let target = target(atMost: .max, for: nil) else {
            counters.refused(for: .leaving)
            return turnAway(connection, info: "this server is leaving, and knows of none with room: try again later")
        }
        redirect(connection, to: target)
    }

    /// A client is better served at another node: there it shows a token instead of its secret.
    func redirect(_ connection: ConnectionID, to target: Announcement) {
        let username = sessions[connection].flatMap { $0.isLoggedIn ? $0.user : nil }
        let token = username.flatMap { user in
            sessions[connection]?.identity.flatMap {
                resumeToken(as: user, after: $0.proof, session: session(of: connection))
            }
        }
        redirect(connection, username: username ?? Login.anonymous, to: target, token)
    }
}
