/// Knows with whom links end badly again and again, and for how long such a peer is left alone.
///
/// A link that ends once is nothing: what was lost comes by the next one. Where that one ends in the same way there is
/// something that can't be helped by trying, such as a history that can't be true. Without a pause the two would open
/// and drop links as fast as messages travel, and do nothing else.
///
/// ```
///   faults   1  2  3    4      5 …                     within a streak
///   pause    -  -  0.5  1      2 …             10 s    where the link was closed, or something could not be read
///            -  -  60   120    240 …          600 s    where this node found that the peer's word can't be true
/// ```
/// A peer is a life of a node: one that starts anew begins with an empty log, and without a past here.
struct FailedLinks {
    /// How a link has ended that had hardly begun, or shouldn't have.
    enum Fault {
        /// The other side closed it soon, or something on it could not be read: it may be the network's fault.
        case cutShort
        /// What came on it can't be true, or nothing came that was owed.
        case peerAtFault
    }

    private struct Streak {
        let origin: Origin
        var address: Address
        var count = 0
        /// How many of them were the peer's fault.
        var provedCount = 0
        var last: Instant
        var until: Instant
    }

    /// The one whose last fault was the longest ago first.
    private var streaks: [Streak] = []

    var count: Int { streaks.count }

    /// A link has ended badly.
    ///
    /// - Parameter least: it is left alone for so long in any case.
    /// - Returns: how long the peer is left alone since too much of it was its own fault, and how often it was; nil if
    ///   that is not so, or not longer than before.
    mutating func failed(
        _ origin: Origin, at address: Address, _ fault: Fault, least: Duration = .zero, at now: Instant,
        limits: Limits, random: inout RandomNumbers
    ) -> (pause: Duration, faults: Int)? {
        streaks.removeAll { now - max($0.last, $0.until) >= limits.faultMemory }
        let index = streaks.firstIndex { $0.origin == origin }
        var streak =
            index.map { streaks.remove(at: $0) } ?? Streak(origin: origin, address: address, last: now, until: now)
        streak.address = address
        streak.count += 1
        streak.last = now
        if fault == .peerAtFault { streak.provedCount += 1 }
        let isProved = fault == .peerAtFault && streak.provedCount >= limits.freeFaults + 1
        let range = isProved ? limits.leftAlonePause : limits.faultPause
        let beyond = (isProved ? streak.provedCount : streak.count) - limits.freeFaults
        if beyond > 0 {
            let pause = min(range.upperBound, range.lowerBound * (1 << min(beyond - 1, 16)))
            streak.until = max(streak.until, now + min(random.around(pause), range.upperBound))
        }
        streak.until = max(streak.until, now + least)
        streaks.append(streak)
        streaks.removeFirst(max(0, streaks.count - limits.failedPeers))
        return isProved ? (streak.until - now, streak.provedCount) : nil
    }

    /// For how long a peer that asks is still left alone, and whether that is its own fault; nil if it isn't.
    func pause(of origin: Origin, at now: Instant, limits: Limits) -> (left: Duration, isProved: Bool)? {
        guard let streak = streaks.first(where: { $0.origin == origin && $0.until > now }) else { return nil }
        return (streak.until - now, streak.provedCount > limits.freeFaults)
    }

    /// Whether a contact isn't to be asked now, as far as it says who it is.
    func isLeftAlone(_ contact: Contact, at now: Instant) -> Bool {
        streaks.contains {
            $0.until > now && $0.address == contact.address
                && (contact.node == nil || contact.node == $0.origin.node)
                && (contact.incarnation == nil || contact.incarnation == $0.origin.incarnation)
        }
    }
}

// Links that end badly again and again (docs/protocol.md#links-that-break).

extension Node {
    /// What came on a link can't be true, or can't be relied on: the link is dropped, and the next one brings what was
    /// lost.
    func breakStream(_ link: Link, _ detail: String) {
        report(.streamBroken(link.contact, detail: detail))
        counters.streamBroke()
        dropFaulty(link, why: .broken)
    }

    /// - Parameter why: this node's own finding.
    func dropFaulty(_ link: Link, why: LossReason) {
        // A branch that was lost is waited for in total order. One that was stuck must not come back before that is
        // over: it would keep everybody waiting for longer than they wait for this node.
        let least = why == .stuck && ordering.total != nil ? limits.orderGrace * 2 : .zero
        noteFault(link.receiving.isDoubtful ? .cutShort : .peerAtFault, of: link, least: least)
        lose(link, why: why)
    }

    /// The other side has closed a link.
    func noteClosed(_ link: Link) {
        if now.instant - link.opened < Limits.shortLink { noteFault(.cutShort, of: link) }
    }

    private func noteFault(_ fault: FailedLinks.Fault, of link: Link, least: Duration = .zero) {
        guard let origin = link.origin else { return }
        let alone = topology.failedLinks.failed(
            origin, at: link.contact.address, fault, least: least, at: now.instant, limits: limits, random: &random)
        if let alone { report(.leftAlone(link.contact, for: alone.pause, faults: alone.faults)) }
    }

    func isLeftAlone(_ contact: Contact) -> Bool { topology.failedLinks.isLeftAlone(contact, at: now.instant) }

    /// Why a newcomer isn't taken: its links have ended badly too often.
    func reasonToLeaveAlone(_ newcomer: Origin) -> Refusal? {
        guard mutation != .faultsForgiven,
            let pause = topology.failedLinks.pause(of: newcomer, at: now.instant, limits: limits)
        else { return nil }
        let seconds = max(1, pause.left.wholeMilliseconds / 1000)
        return pause.isProved
            ? refusal(
                .history,
                "its links were dropped too often, for what can't be true or since nothing moved: restart it")
            : refusal(.busy, "its last links broke at once: try again in \(seconds) s")
    }
}
