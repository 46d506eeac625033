// What the simulator may look at: the state that the rules of the tree speak of. Reading changes nothing.

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
    /// Nil for servers that are no nodes.
    package let origin: Origin?
    package let hasSentAll: Bool
    package let hasReceivedAll: Bool
    package let isCongested: Bool

    package var isSynchronised: Bool { hasSentAll && hasReceivedAll }
}

/// Sizes of what the limits bound.
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
    /// What one link remembers of what it carried, at most.
    package let linkItems: Int
    package let gaps: Int
    package let departed: Int
    package let retrySessions: Int
    package let origins: Int
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

    /// Waits for an answer under the leaf's exemption: it must not have children, nor take any (rule L2).
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

    /// This life of a node stands above this node, as far as this node knows.
    package func isBelow(_ origin: Origin) -> Bool { topology.path.contains { $0.origin == origin } }

    package var parentConnection: ConnectionID? { parentLink?.connection }

    package func account(named name: String) -> Account? { accounts[name] }

    /// Equal on nodes that know the same of all names.
    package var accountsDigest: UInt64 { accounts.summary(of: .all).sum }

    /// The last registration of a name that was taken back.
    package func removedRegistration(of name: String) -> AccountVersion? {
        accounts.record(of: name)?.removal?.registered
    }

    package func isLoggedIn(_ connection: ConnectionID) -> Bool { sessions[connection]?.isLoggedIn == true }

    /// What a client has seen that no node holds any more, as all have answered; nil if that isn't known.
    package func heldByNobody(seenBy connection: ConnectionID) -> [VersionVector.Component]? {
        guard let resume = resuming[connection], resume.isHeldByNobody else { return nil }
        return resume.ahead.filter { component in
            log.origins.knownNumber(of: component.origin).map { shownMarks[$0] < component.sequence } ?? true
        }
    }

    /// Origins of which it has or has had entries.
    package var originCount: Int { log.origins.origins.count }

    /// Everybody that it has heard of.
    package var contacts: [Contact] { topology.deadpool.everybody }

    /// Nodes where a client can be sent, as far as this node knows, each with the link that is the way there.
    package var listedServers: [(node: NodeID, link: ConnectionID)] {
        directory.listings.filter(\.isThere).compactMap { listing in
            listing.announcement.node.map { ($0, listing.link) }
        }
    }

    /// Whether a client that resumes still waits for what this node lacks.
    package func lacksWhatWasSeen(by connection: ConnectionID) -> Bool {
        resuming[connection]?.ahead.isEmpty == false
    }

    /// Whether a client isn't read from since what it says can't be passed on so fast.
    package func isThrottled(_ connection: ConnectionID) -> Bool {
        admission.gate.isHeld(connection, for: .backpressure)
    }

    /// Entries that are stored and not shown to clients yet.
    package var waitingCount: Int { ordering.total?.waitingCount ?? Int(log.stored.value - log.safe.value) }

    /// The greatest stamp that it has seen or given.
    package var latestStamp: Stamp { ordering.clock.latest }

    /// Since when a message of a client waits for the clock server.
    package var waitsForStampSince: Instant? { ordering.unstamped.since }

    /// In total order: some link promises nothing yet, or one that was lost is waited for.
    package var isWaitingForLinks: Bool {
        guard let total = ordering.total else { return false }
        return total.isHolding || links.contains { $0.isNode && $0.watermarks.promised == nil }
    }

    /// Origins that this node would name to a neighbour that has the same.
    package var namedOrigins: Int { vectors(isWhole: false).stored.components.count }

    package var sizes: Sizes {
        Sizes(
            queueBytes: queuedBytes, links: links.count, questions: queries.count,
            claims: accountChanges.claimCount,
            dials: topology.search?.connectionCount ?? 0,
            probes: topology.probing.count,
            knownNodes: topology.deadpool.knownCount, unsafeSent: links.reduce(0) { max($0, $1.progress.sentCount) },
            clients: sessions.count, work: admission.work.count, unsaved: accountChanges.saves.count,
            linkItems: links.reduce(0) { max($0, $1.progress.itemCount + $1.sending.gapCount + $1.transit.markCount) },
            gaps: replication.gapCount, departed: retention.departedCount,
            retrySessions: sessions.rememberedSessions,
            origins: log.origins.origins.count)
    }
}
