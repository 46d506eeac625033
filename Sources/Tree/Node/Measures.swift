// What monitoring asks a node for. Reading it changes nothing.

/// A node as monitoring sees it at one moment: everything here was counted anyway.
package struct Measures {
    /// Messages and other entries that were accepted here since the start.
    package let accepted: UInt64
    /// Positions in the log: how many entries the node had stored, ever, at the marks of that name.
    package let stored: UInt64
    package let safe: UInt64
    /// The position after the last entry that clients are shown: in total order another log's than `stored`.
    package let shown: UInt64
    package let logEntries: Int
    package let logBytes: Int
    /// The age of the oldest entry that is kept; nil if none is.
    package let oldest: Duration?
    package let queueEntries: Int
    package let queueBytes: Int
    /// Entries that are stored and not shown yet.
    package let waiting: Int

    /// Logged-in clients.
    package let clients: Int
    /// Connections that haven't shown who they are.
    package let pending: Int
    /// Clients that wait until the node has its position.
    package let parked: Int
    package let resuming: Int
    /// How long clients have been held back for slow links or for copies; nil if they aren't.
    package let heldBack: Duration?
    package let hashesWaiting: Int
    package let hashesUnderWay: Int
    package let questions: Int
    package let accounts: Int
    package let accountsUnsaved: Int
    /// Bans that stand.
    package let bans: Int

    /// Nodes that can be reached, this one among them.
    package let nodes: Int
    package let knownNodes: Int
    package let links: [LinkStatus]
    package let childrenLeftBehind: Int
    package let origins: Int
    package let clockAnswers: Bool
}

extension Node {
    package var measures: Measures {
        Measures(
            accepted: acceptedCount, stored: log.stored.value, safe: log.safe.value,
            shown: shownEnd.value, logEntries: log.count, logBytes: log.bytes,
            oldest: log.count > 0 ? now.instant - log.record(at: log.floor).storedAt : nil,
            queueEntries: replication.queue.count, queueBytes: queuedBytes, waiting: waitingCount,
            clients: load, pending: admission.pending.count, parked: sessions.parkedCount, resuming: resuming.count,
            heldBack: backpressure.waiting.state.map { now.instant - $0.since },
            hashesWaiting: admission.hashQueue.count, hashesUnderWay: admission.hashQueue.underWay,
            questions: queries.count, accounts: accounts.count, accountsUnsaved: accounts.changes.saves.count,
            bans: bans.standing(at: networkMilliseconds),
            nodes: componentSize, knownNodes: topology.deadpool.knownCount, links: linkStatuses,
            childrenLeftBehind: childrenLeftBehind.count, origins: log.origins.origins.count,
            clockAnswers: ordering.clockAnswers)
    }

    /// Messages and other entries that were accepted here since the start.
    package var acceptedCount: UInt64 { log.origins.knownNumber(of: origin).map { log.marks[$0] } ?? 0 }

    /// The links, as operators and monitoring are told of them.
    var linkStatuses: [LinkStatus] {
        links.map { link in
            let role: LinkStatus.Role = link.isNode ? (link.role == .parent ? .parent : .child) : .baseServer
            let state: LinkStatus.State =
                link.sending.isCongested ? .congested : !link.isNode || link.isSynchronised ? .open : .synchronising
            let cursor = min(link.sending.cursor.value, log.stored.value)
            return LinkStatus(
                peer: withoutSecret(link.contact), role: role, state: state,
                behind: link.isNode ? log.stored.value - cursor : 0)
        }
    }

    /// How many newcomers there was no room for, by what there was no room for.
    package func refusals(for cause: RefusalCause) -> UInt64 { counters.refusals(for: cause) }

    /// The position after the last entry that clients are shown.
    package var shownPosition: UInt64 { shownEnd.value }

    /// What the node and its runner have counted.
    package var counts: Counts { counters.counts }
}

/// Whether clients should be sent to a node.
package enum Readiness: Hashable, Sendable {
    case ready
    /// It still looks for its position, or for stamps.
    case joining
    /// It serves clients, and isn't in the tree that it was to join.
    case unjoined(JoinTrouble)
    /// It has lost its parent, and looks for another one.
    case orphaned
    case leaving
    /// An operator drains it of its clients.
    case drained
    /// There are as many clients as there may be.
    case full
}

extension Node {
    package var readiness: Readiness {
        if draining.hasBegun { return .leaving }
        if draining.moves.isDraining { return .drained }
        if let joinTrouble { return .unjoined(joinTrouble) }
        if !sessions.hasAdmitted { return .joining }
        if standing == .orphan { return .orphaned }
        return sessions.count < limits.clients ? .ready : .full
    }
}
