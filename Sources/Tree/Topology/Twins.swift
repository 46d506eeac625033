/// Tracks whether other lives of newcomers live, as far as that was probed lately.
struct LifeChecks {
    enum Finding {
        /// It was probed, and hasn't answered yet.
        case asked
        case alive
        case gone
    }

    private struct Check {
        /// The life that is said to live, and its address.
        let contact: Contact
        var finding: Finding
        var at: Instant
    }

    private var checks: [Check] = []

    /// What is known of another life. `begins` is true if nothing is known, and it has to be probed now.
    mutating func check(_ other: Contact, at now: Instant, limits: Limits) -> (finding: Finding, begins: Bool) {
        checks.removeAll { now - $0.at > Limits.lifeFinding }
        let known = checks.first { $0.contact.origin == other.origin && $0.contact.address == other.address }
        if let known { return (known.finding, false) }
        guard checks.count < limits.relatives else { return (.asked, false) }
        checks.append(Check(contact: other, finding: .asked, at: now))
        return (.asked, true)
    }

    mutating func answered(at address: Address, isAlive: Bool, at now: Instant) {
        guard let index = checks.firstIndex(where: { $0.contact.address == address }) else { return }
        checks[index].finding = isAlive ? .alive : .gone
        checks[index].at = now
    }
}

// Twins: two processes with one node id, since a data directory was copied (docs/protocol.md#one-life).
//
// The process that is in the tree stays, and the newcomer is refused, whichever was started later. A twin differs from
// a restarted node by a sign of life of the other process: a standing link, or an answer to a probe at its address. A
// process that is refused, or later finds out that it is the second one, stands apart: it serves its clients, takes no
// children and merges with no tree. It never ends because of that, so copies that are restarted again and again don't
// fight. When the other process is gone, it takes its position.

extension Node {
    /// Whether a twin is in this node's position.
    var isApart: Bool { joining.isApart }

    // MARK: Being asked

    /// Why a newcomer is refused as a twin; nil if it is the only process with its node id, as far as this node knows.
    func reasonToRefuseAsTwin(_ newcomer: Newcomer) -> Refusal? {
        if newcomer.origin.node == origin.node {
            let isItself = newcomer.origin == origin && newcomer.contact.address == configuration.address
            return isItself
                ? Refusal(reason: .loop, info: "this is the node itself")
                : twinRefusal(of: newcomer, since: ownContact)
        }
        if let link = links.first(where: { isTwin($0, newcomer) }) {
            let isEarlier = link.origin.map { newcomer.origin < $0 } ?? false
            guard isEarlier || link.contact.address != newcomer.contact.address else {
                // No other process can listen there: the node was restarted, and its old link lingers.
                return Refusal(reason: .busy, info: "the link of the node's earlier life hasn't been found dead yet")
            }
            return twinRefusal(of: newcomer, since: link.contact)
        }
        guard let other = otherLife(of: newcomer) else { return nil }
        switch finding(about: other, for: newcomer) {
        case .gone: return nil
        case .alive: return twinRefusal(of: newcomer, since: other)
        case .asked:
            return Refusal(reason: .busy, info: "whether a process with the same identity lives at \(other.address)")
        }
    }

    private func isTwin(_ one: Origin, _ other: Origin) -> Bool { one.node == other.node && one != other }

    /// Whether a link leads to another life of the newcomer, or to one of the same moment at another address.
    private func isTwin(_ link: Link, _ newcomer: Newcomer) -> Bool {
        guard let origin = link.origin, origin.node == newcomer.origin.node else { return false }
        return origin != newcomer.origin || link.contact.address != newcomer.contact.address
    }

    private func twinRefusal(of newcomer: Newcomer, since living: Contact) -> Refusal {
        let isEarlier = living.incarnation.map { newcomer.origin.incarnation < $0 } ?? false
        return Refusal(
            reason: isEarlier ? .superseded : .duplicate, info: Self.twinInfo(living.address, newcomer.contact.address),
            others: [living])
    }

    private static func twinInfo(_ living: Address, _ late: Address) -> String {
        "a process with the same identity lives at \(living), this one is at \(late): "
            + "each needs a --data-dir of its own"
    }

    /// Another life of a newcomer that is said to be in this tree, at another address. At the newcomer's own address
    /// there can't be one: only one process listens on a port.
    private func otherLife(of newcomer: Newcomer) -> Contact? {
        let node = newcomer.origin.node
        let above = topology.path.first { $0.node == node }
        let announced = directory.contact(of: node, since: insideSince)
        return [above, announced].compactMap(\.self).first { other in
            other.address != newcomer.contact.address && other.origin.map { isTwin($0, newcomer.origin) } ?? false
        }
    }

    /// What is known of another life. If nothing is, or it is old, that life is probed.
    private func finding(about other: Contact, for newcomer: Newcomer) -> LifeChecks.Finding {
        let check = joining.lifeCheck(of: other, at: now.instant, limits: limits)
        if check.begins { probe(other, .life) }
        return check.finding
    }

    // MARK: Answers

    /// A probe for another life has ended; `answer` is nil if no node answered.
    func lifeAnswered(_ dial: ProbeDial, _ answer: Probe?) {
        // The newcomer itself may answer there, by another name of its machine.
        let isAlive =
            answer.map {
                $0.sender.node == dial.contact.node && $0.sender.address == dial.contact.address
            } ?? false
        joining.lifeChecked(at: dial.contact.address, isAlive: isAlive, at: now.instant)
        guard let twin = joining.unjoined?.twin, twin.address == dial.contact.address else { return }
        if answer.map({ $0.sender.node == origin.node && $0.sender.origin != origin }) != true { endApart() }
    }

    // MARK: Standing apart

    /// A node in this tree, or the root of another one, is said to have this node's id: it is probed.
    func heardOfTwin(_ contact: Contact) {
        guard let other = contact.origin, isTwin(other, origin), contact.address != configuration.address, !isApart,
            joining.mayProbeTwin(at: now.instant, limits: limits)
        else { return }
        probe(contact, .life)
    }

    /// A process with this node's id has probed this node or answered a probe, and is in a tree. The later one of the
    /// two stands apart.
    func metTwin(_ probe: Probe) {
        guard let other = probe.sender.origin, isTwin(other, origin), probe.claim != nil, !isApart else { return }
        if other < origin { return standApart(from: probe.sender) }
        let info = Self.twinInfo(configuration.address, probe.sender.address)
        noteRefusal(of: probe.sender, Refusal(reason: .duplicate, info: info))
    }

    /// Leaves the tree to the other process, and reports why.
    func standApart(from twin: Contact) {
        let why = Refusal(reason: .duplicate, info: Self.twinInfo(twin.address, configuration.address))
        endSearch()
        if joining.unjoined == nil {
            beginUnjoined(why, twin: twin)
        } else {
            joining.stoodApart(from: twin, because: why)
        }
        var wasRoot = false
        if case .root = topology.standing { wasRoot = true }
        topology.leftTree()
        for link in links where link.isNode { lose(link, why: .replaced) }
        if !wasRoot { promote() }
    }

    /// The other process is gone: this node may be in a tree again.
    private func endApart() {
        guard configuration.parent != nil else {
            endUnjoined()
            return scheduleProbe()
        }
        let why = Refusal(reason: .busy, info: "the process with the same identity is gone; it is asked again")
        joining.twinGone(why, at: now.instant, limits: limits)
        if let next = joining.unjoined?.nextTry { timers.set(.unjoined, noLaterThan: next) }
        scheduleProbe()
    }
}
