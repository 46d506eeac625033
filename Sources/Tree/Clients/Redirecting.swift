// Who is there and how loaded, and who is sent where (docs/protocol.md#redirecting).

extension Node {
    // MARK: Announcing

    func announce() {
        timers[.announce] = now.instant + configuration.announceInterval
        let memory = max(configuration.announceInterval * 3, limits.announcementMemory)
        directory.forget(olderThan: before(memory) ?? Instant(nanoseconds: 0))
        let announcement = directory.announce(origin, at: configuration.address, load: load)
        for link in links { send(.serverAnnounce(announcement), to: link.connection) }
    }

    /// A new neighbour hears of this node and of the best known ones at once.
    func introduce(_ link: Link) {
        let announcement = directory.announce(origin, at: configuration.address, load: load)
        send(.serverAnnounce(announcement), to: link.connection)
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
        guard let node = announcement.node, link.isNode else { return learnBaseServer(announcement, from: link) }
        if node == origin.node {
            let incarnation = announcement.version?.incarnation
            return heardOfTwin(Contact(node: node, incarnation: incarnation, address: announcement.address))
        }
        guard directory.learn(announcement, by: link.connection, at: now.instant) else { return }
        topology.deadpool.heard(of: Contact(node: node, address: announcement.address), at: now.instant)
        // Each link carries on only the best, so that the traffic of a large network stays bounded.
        for other in links where other !== link && other.isNode {
            if directory.isAmongLeastLoaded(node, limit: limits.announcementsPerLink, notBy: other.connection) {
                send(.serverAnnounce(announcement), to: other.connection)
            }
        }
    }

    /// A server of the base protocol announces itself. Its announcement has no version: it is passed on as it comes,
    /// and in a tree it comes once.
    private func learnBaseServer(_ announcement: Announcement, from link: Link) {
        // Clients of the base protocol, and this network's own, are not understood at a server of the original system.
        // And some servers flood to everybody, so that this node's own announcement comes back.
        guard link.kind != .original, announcement.address != configuration.address else { return }
        var announcement = announcement
        announcement.node = nil
        announcement.version = nil
        directory.learnBaseServer(announcement, by: link.connection, limit: limits.baseServersNamed, at: now.instant)
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
        // The better of two random ones: the best would be everybody's (Mitzenmacher, "The Power of Two Choices",
        // 2001).
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
            // Whoever sends nobody on need not know who came from where.
            guard configuration.redirectGap != .never else { return }
            directory.expect(
                username, until: now.instant + limits.redirectMemory, limit: limits.redirectsExpected,
                at: now.instant)
        } else if let next = directory.link(to: node), next != link.connection {
            send(.redirected(username: username, to: node), to: next)
        }
    }
}
