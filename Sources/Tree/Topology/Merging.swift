// How two trees become one (docs/protocol.md#merging).
//
// A probe is only a question: it takes no lock and changes nothing. The root that loses attaches below the one that
// wins, as any newcomer would: one link is added and none is taken down.

extension Node {
    /// A node probes this one.
    func answer(_ probe: Probe, on connection: ConnectionID) {
        if let refusal = refusal(ofUnprotectedLink: connection) {
            noteRefusal(of: probe.sender, refusal)
            send(.authenticationFail(refusal), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        if let refusal = refusal(ofNodeSecret: probe.secret, on: connection) {
            noteRefusal(of: probe.sender, refusal)
            send(.authenticationFail(refusal), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        if isApart, probe.sender.node == origin.node {
            // To the twin that is in this node's position, this process must not look like a node of the tree.
            send(.authenticationFail(refusal(.duplicate, "it stands apart")), to: connection)
            return emit(.close(connection, .afterFlush))
        }
        topology.deadpool.heard(of: probe.sender, at: now.instant)
        topology.deadpool.foreign.forget(probe.sender.address)
        send(
            .probed(
                Probe(
                    secret: nil, sender: ownContact, label: topology.label, claim: knownClaim,
                    clock: clockReading)),
            to: connection)
        emit(.close(connection, .afterFlush))
        metTwin(probe)
        if mustStayApart(from: probe) { return }
        if let claim = probe.claim, claim.root.node == probe.sender.node {
            rootAppeared(probe.sender, label: probe.label)
        }
        if let claim = probe.claim { met(claim, from: probe.sender) }
    }

    /// Whether another tree must stay apart, since its order or time differs. That is reported once.
    func mustStayApart(from probe: Probe) -> Bool {
        guard let refusal = reasonToStayApart(from: probe.clock) else {
            topology.probing.metMatching(probe.sender.address)
            return false
        }
        if topology.probing.metMismatched(probe.sender.address, limits: limits) {
            report(.mismatch(probe.sender, refusal))
        }
        return true
    }

    /// The claim of this tree's root; nil while this node searches for a root itself.
    var knownClaim: RootClaim? {
        switch topology.standing {
        case .joining, .orphan: nil
        case .root, .attached: isApart ? nil : treeClaim
        }
    }

    func noteContact(with claim: RootClaim) {
        topology.deadpool.heard(of: claim.root, at: now.instant)
    }

    /// A root was named. A root compares its own claim with it; other nodes pass it up.
    ///
    /// - Parameter member: the node that the claim came from, which was shown this node's claim in the same exchange;
    ///   nil if the claim came from below.
    func met(_ claim: RootClaim, from member: Contact? = nil) {
        let bySelf = member.map { $0.node == claim.root.node } ?? false
        if claim.root.node == origin.node { heardOfTwin(claim.root) }
        guard claim.root.node != nil, claim.root.node != origin.node, !isApart else { return }
        switch topology.standing {
        case .attached(let parent):
            if claim.root.node != topology.label.root { send(.met(claim), to: parent.connection) }
        case .root:
            noteContact(with: claim)
            if let member, topology.search?.met(member, ofTreeOf: claim.root, limits: limits) == true {
                return advanceSearch()
            }
            guard topology.search == nil, !draining.hasBegun, !isPassingReign else { return }
            if ownClaim < claim {
                guard !isLeftAlone(claim.root) else { return }
                if topology.bridging.meets(claim.root) { report(.mergingUnder(claim.root)) }
                beginMerging(under: claim.root, by: bySelf ? nil : member)
            } else if let member, mayGo(underTreeOf: claim.root), !isLeftAlone(member) {
                beginMerging(under: member, by: member)
            } else if !bySelf, topology.probing.heard(ofRoot: claim.root, limits: limits) {
                // The other root loses. It learns of this one by a probe.
                timers.set(.probe, noLaterThan: now.instant + .milliseconds(1))
            }
        case .joining, .orphan: break
        }
    }
}
