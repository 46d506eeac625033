// A view for the simulator: the state that the tree's rules are about. Reading it changes nothing.

/// How a node stands to the rest of the tree: `Topology.Standing` without the parent's link.
package enum Standing: UInt8, Sendable {
    case joining
    case root
    case attached
    case orphan
}

/// A link as the rules see it.
package struct LinkView {
    package let connection: ConnectionID
    package let isParent: Bool
    /// Nil for base servers.
    package let origin: Origin?
    package let hasSentAll: Bool
    package let hasReceivedAll: Bool
    package let isCongested: Bool

    package var isSynchronised: Bool { hasSentAll && hasReceivedAll }
}

/// How large those things are that the limits bound.
package struct Sizes {
    package let queueBytes: Int
    package let links: Int
    package let questions: Int
    package let claims: Int
    package let dials: Int
    package let probes: Int
    package let knownNodes: Int
    package let unsafeSent: Int
    package let clients: Int
    package let work: Int
    package let unsaved: Int
    /// The most that any one link remembers of the entries that it carried.
    package let linkItems: Int
    package let gaps: Int
    package let departed: Int
    package let retrySessions: Int
    package let origins: Int
    /// The most origins of which nothing has come that are remembered for any one link.
    package let unknownOrigins: Int
    /// The most names that are claimed by way of any one link.
    package let claimsOfLink: Int
    /// The most nodes that are listed by the announcements of any one link.
    package let listedOfLink: Int
}

extension Node {
    package var standing: Standing {
        switch topology.standing {
        case .joining: .joining
        case .root: .root
        case .attached: .attached
        case .orphan: .orphan
        }
    }

    package var currentLabel: Label { topology.label }

    /// Whether this node waits for an answer as a childless node: it must not have or take children then (rule L2).
    package var isLockedAsChildless: Bool { topology.search?.asking?.isLocked == true }

    package var isLeaving: Bool { draining.hasBegun }

    package func forEachLink(_ body: (LinkView) -> Void) {
        for link in links {
            body(
                LinkView(
                    connection: link.connection, isParent: link.role == .parent, origin: link.origin,
                    hasSentAll: link.sending.hasSentAll, hasReceivedAll: link.receiving.hasReceivedAll,
                    isCongested: link.sending.isCongested))
        }
    }

    /// Whether this life of a node stands above this node, as far as this node knows.
    package func isBelow(_ origin: Origin) -> Bool { topology.path.contains { $0.origin == origin } }

    package var parentConnection: ConnectionID? { parentLink?.connection }

    /// Entries that this node and a neighbour have under one id, and that differ.
    package var conflictCount: UInt64 { counters.counts.conflictingEntries }

    package func account(named name: String) -> Account? { accounts[name] }

    /// Equal on nodes whose records of all names are the same.
    package var accountsDigest: UInt64 { accounts.summary(of: .all).sum }

    /// The registration of a name that was removed last.
    package func removedRegistration(of name: String) -> AccountVersion? {
        accounts.record(of: name)?.removal?.registered
    }

    package func isLoggedIn(_ connection: ConnectionID) -> Bool { sessions[connection]?.isLoggedIn == true }

    /// The entries that a client has seen and no node holds any more, after all nodes have answered; nil if that isn't
    /// known.
    package func heldByNobody(seenBy connection: ConnectionID) -> [VersionVector.Component]? {
        guard let resume = resuming[connection], resume.isHeldByNobody else { return nil }
        return resume.ahead.filter { component in
            log.origins.knownNumber(of: component.origin).map { shownMarks[$0] < component.sequence } ?? true
        }
    }

    /// How many origins this node has ever heard of.
    package var originCount: Int { log.origins.origins.count }

    /// All nodes that this node has heard of and not forgotten.
    package var contacts: [Contact] { topology.deadpool.everybody }

    /// Changes whenever `contacts` do.
    package var contactsVersion: UInt64 { topology.deadpool.version }

    /// Nodes to which a client can be sent, as far as this node knows, each with the link that leads there.
    package var listedServers: [(node: NodeID, link: ConnectionID)] {
        directory.listings.filter(\.isThere).compactMap { listing in
            listing.announcement.node.map { ($0, listing.link) }
        }
    }

    /// Whether a resuming client still waits for entries that this node lacks.
    package func lacksWhatWasSeen(by connection: ConnectionID) -> Bool {
        resuming[connection]?.ahead.isEmpty == false
    }

    /// Whether backpressure stops this node from reading from a client.
    package func isThrottled(_ connection: ConnectionID) -> Bool {
        admission.gate.isHeld(connection, for: .backpressure)
    }

    /// Entries that are stored and not shown to clients yet.
    package var waitingCount: Int { ordering.total?.waitingCount ?? Int(log.stored.value - log.safe.value) }

    /// The greatest stamp that this node has seen or given.
    package var latestStamp: Stamp { ordering.clock.latest }

    /// Since when a client's message has waited for the clock server; nil if none waits.
    package var waitsForStampSince: Instant? { ordering.unstamped.since }

    /// In total order: whether delivery waits for a link that has promised nothing yet, or for a lost one.
    package var isWaitingForLinks: Bool {
        guard let total = ordering.total else { return false }
        return total.isHolding || links.contains { $0.isNode && $0.watermarks.promised == nil }
    }

    /// How many origins this node would name to a neighbour that has stored the same.
    package var namedOrigins: Int { vectors(isWhole: false).stored.components.count }

    package var sizes: Sizes {
        Sizes(
            queueBytes: queuedBytes, links: links.count, questions: queries.count,
            claims: accounts.changes.claimCount,
            dials: topology.search?.connectionCount ?? 0,
            probes: topology.probing.count,
            knownNodes: topology.deadpool.knownCount, unsafeSent: links.reduce(0) { max($0, $1.progress.sentCount) },
            clients: sessions.count, work: admission.work.count, unsaved: accounts.changes.saves.count,
            linkItems: links.reduce(0) { max($0, $1.progress.itemCount + $1.sending.gapCount + $1.transit.markCount) },
            gaps: replication.gapCount, departed: retention.departedCount,
            retrySessions: sessions.rememberedSessions,
            origins: log.origins.origins.count,
            unknownOrigins: links.reduce(0) { max($0, $1.unknown.count) },
            claimsOfLink: links.reduce(0) { max($0, accounts.changes.claimCount(by: $1.connection)) },
            listedOfLink: links.reduce(0) { most, link in
                max(most, directory.listings.count { $0.link == link.connection })
            })
    }
}
