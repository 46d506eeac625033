/// Knows what the other side of a link owes, and since when nothing of it has come.
///
/// A peer that sends signs of life and does nothing else would keep everybody waiting for ever. What counts is that
/// something moves, never how fast: a slow link with much to carry owes all the time, and pays all the time.
///
/// ```
///   owes     |-----------------------|      |----------------------------------
///   pays        |  |   |    |  |     |      |  |
///   nothing has come since                        ^
/// ```
struct Owed {
    enum Kind: Int, CaseIterable {
        /// Bytes wait for it, and it takes none.
        case bytes
        /// That it has stored what it was sent.
        case stored
        /// That everybody behind it has that.
        case carried
        /// That enough nodes have what it has stored, where more than two have to.
        case safe
        /// In total order: that nothing earlier comes any more.
        case promise

        /// Whether it may be waiting for somebody else itself.
        var mayBePassedOn: Bool { self != .bytes && self != .stored }
    }

    private struct Debt {
        /// How much has come of it, in whatever unit.
        var paid: UInt64
        var since: Instant
    }

    private var debts: [Debt?] = Array(repeating: nil, count: Kind.allCases.count)
    /// By the peer's word: how many links behind it somebody is whom it waits for. 0 if it waits for nobody.
    private(set) var distance: UInt32 = 0

    /// - Parameter paid: changes when something of it comes.
    mutating func look(_ kind: Kind, isOwed: Bool, paid: UInt64, at now: Instant) {
        guard isOwed else { return debts[kind.rawValue] = nil }
        guard debts[kind.rawValue]?.paid != paid else { return }
        debts[kind.rawValue] = Debt(paid: paid, since: now)
    }

    /// For how long nothing of it has come; nil if nothing of it is owed.
    func span(_ kind: Kind, at now: Instant) -> Duration? { debts[kind.rawValue].map { now - $0.since } }

    /// The peer says that it waits itself.
    mutating func heard(distance: UInt32) { self.distance = distance }
}

// Links on which nothing moves (docs/protocol.md#stuck-links).
//
// Whoever is next to a peer that does nothing drops the link to it. Further away the same is missed, and nobody there
// is to blame: each node says in its heartbeats how far away whoever it waits for is, and who is told so waits longer,
// so that the link next to the peer is dropped before any other.

extension Node {
    /// With each heartbeat.
    func judgeStuckLinks() {
        guard mutation != .stuckLinksKept else { return }
        for link in links where link.isNode { noteOwed(on: link) }
        // What others sent in time may still lie unread.
        guard failureDetection.verdictPostponed(at: now.instant) == nil else { return }
        for link in links where link.isNode {
            for kind in Owed.Kind.allCases {
                guard let span = link.owed.span(kind, at: now.instant), span >= patience(with: link, for: kind) else {
                    continue
                }
                dropStuck(link, kind)
                break
            }
        }
    }

    private func noteOwed(on link: Link) {
        let progress = link.progress
        link.owed.look(.stored, isOwed: progress.isOwedAcknowledgement, paid: progress.acknowledged, at: now.instant)
        let isOwedCarried = isWaitedFor(link) && link.transit.isOwed
        link.owed.look(.carried, isOwed: isOwedCarried, paid: link.transit.carriedThere, at: now.instant)
        link.owed.look(.safe, isOwed: isOwedSafe(link), paid: progress.safeCount, at: now.instant)
        var isOwedPromise = false
        if let first = ordering.total?.firstStampWaiting, let promised = link.watermarks.promised, link.isSynchronised {
            isOwedPromise = promised < first
        }
        // Promises follow entries, and come back for those that were stored over there.
        let paid = (link.watermarks.promised?.value ?? 0) &+ progress.receivedCount &+ progress.acknowledged
        link.owed.look(.promise, isOwed: isOwedPromise, paid: paid, at: now.instant)
    }

    /// Whether the first entry that isn't safe here waits for what only this neighbour can say: the copies behind it.
    private func isOwedSafe(_ link: Link) -> Bool {
        guard configuration.replicas > 1, log.safe < log.stored else { return false }
        let record = log.record(at: log.safe)
        let number = Int(record.number)
        let progress = link.progress
        return link.size > 1 && record.arrival != link.serial && progress.acknowledged > progress.safeCount
            && progress.stored[number] >= record.sequence && progress.safe[number] < record.sequence
    }

    private func patience(with link: Link, for kind: Owed.Kind) -> Duration {
        // A peer that is silent is lost by that. Promises wait for branches that were lost a moment ago.
        let least = max(limits.stuckAfter, limits.silence * 2) + (kind == .promise ? limits.orderGrace * 2 : .zero)
        return kind.mayBePassedOn ? least + limits.stuckPerLink * Int(min(link.owed.distance, limits.depth * 2)) : least
    }

    /// What a neighbour is told: how many links away whoever this node waits for is.
    func distanceOfStuck(for told: Link) -> UInt32 {
        // A branch that was dropped a moment ago is waited for like one that is stuck.
        var greatest: UInt32 = ordering.total?.isHolding == true ? 1 : 0
        for link in links where link.isNode && link !== told {
            let isStuck = Owed.Kind.allCases.contains { kind in
                link.owed.span(kind, at: now.instant).map { $0 >= limits.stuckNotice } ?? false
            }
            if isStuck { greatest = max(greatest, link.owed.distance + 1) }
        }
        return min(greatest, limits.depth * 2)
    }

    /// The runner has found that a neighbour has taken no byte of what waits for it.
    func linkStandsStill(_ link: Link) {
        guard link.isNode, failureDetection.verdictPostponed(at: now.instant) == nil else { return }
        dropStuck(link, .bytes)
    }

    private func dropStuck(_ link: Link, _ kind: Owed.Kind) {
        counters.linkWasStuck()
        report(.stuck(link.contact, kind.words))
        dropFaulty(link, why: .stuck)
    }
}

extension Owed.Kind {
    fileprivate var words: String {
        switch self {
        case .bytes: "it takes nothing of what waits for it"
        case .stored: "it acknowledges nothing of what it was sent"
        case .carried: "it doesn't say that those behind it get what it was sent"
        case .safe: "it doesn't say that enough nodes have what it was sent"
        case .promise: "it promises nothing that the total order waits for"
        }
    }
}
