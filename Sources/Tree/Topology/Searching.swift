// How a node without a parent finds one (docs/protocol.md#healing).
//
// A round is one pass over the candidates: several are dialled, the first that stands is asked, the others wait. A
// search that finds nobody ends in promotion, so that every search ends.

extension Node {
    // MARK: Beginning

    func joiningSearch() -> Search? {
        configuration.parent.map { parent in
            Search(
                purpose: .joining(until: now.instant + limits.joinPatience), candidates: [Contact(address: parent)],
                at: now.instant)
        }
    }

    /// The parent is lost. Its heirs wait the shorter the older they are, everybody else leaves it to them.
    ///
    /// - Parameter silent: the parent, if it fell silent. The first round leaves it out, and where it was the root all
    ///   do: waiting for its answer would only delay the heirs.
    func beginHealing(without silent: Address?) {
        let lostRoot = topology.path.count == 1
        topology.standing = .orphan
        let rounds = lostRoot ? rankAmongHeirs ?? limits.roundsOfOthers : limits.roundsOfOthers
        topology.path = []
        begin(
            .healing(rounds: rounds, silentRoot: lostRoot ? silent : nil),
            candidates: healingCandidates(without: silent))
    }

    /// This node's place among the heirs, counted from 0: its own, or that of an elder one that has come under it
    /// before the loss was noticed here. That one doesn't rule any more, and the others would wait for it in vain.
    private var rankAmongHeirs: Int? {
        let heirs = topology.deadpool.position?.heirs ?? []
        guard heirs.contains(where: { $0.node == origin.node }) else { return nil }
        return heirs.firstIndex { heir in
            heir.node == origin.node || children.contains { $0.origin?.node == heir.node }
        }
    }

    /// Whether this branch has lost the root, and another node comes before the branch's top among the heirs. In here
    /// that one would not rule, and the top would wait for it in vain.
    func isWaitingFor(elder: NodeID) -> Bool {
        let top = topology.path.last?.node ?? origin.node
        guard top != topology.label.root, let heirs = topology.deadpool.position?.heirs,
            let rank = top == origin.node ? rankAmongHeirs : heirs.firstIndex(where: { $0.node == top })
        else { return false }
        return heirs.prefix(rank).contains { $0.node == elder }
    }

    /// - Parameter member: who told of the winner, if that is a member of its tree: it is asked if the winner can't be
    ///   reached from here.
    func beginMerging(under winner: Contact, by member: Contact? = nil) {
        begin(.merging(under: winner), candidates: [winner] + [member].compactMap(\.self))
    }

    private func begin(_ purpose: Search.Purpose, candidates: [Contact]) {
        endSearch()
        topology.search = Search(purpose: purpose, candidates: candidates, at: now.instant)
        advanceSearch()
    }

    func endSearch() {
        guard let ended = topology.search else { return }
        topology.search = nil
        for dial in ended.dials { emit(.abandon(dial.attempt)) }
        if let asking = ended.asking { emit(.close(asking.connection, .now)) }
        timers[.search] = nil
        timers[.attempt] = nil
    }

    private func healingCandidates(without silent: Address?) -> [Contact] {
        let below = links.filter { $0.role == .child }.map(\.contact.address)
        let refused = topology.search?.refusedAsLow ?? []
        // A question may be under way between two rounds.
        let underWay =
            (topology.search?.dials.map(\.contact.address) ?? [])
            + [topology.search?.asking?.contact.address].compactMap(\.self)
        // Whoever did not answer in this search isn't waited for again: the rounds are to be short.
        let began = topology.search?.began ?? now.instant
        let candidates = topology.deadpool.candidates(at: now.instant) { contact in
            below.contains(contact.address) || refused.contains(contact.address) || contact.address == silent
                || underWay.contains(contact.address) || topology.deadpool.hasFailed(contact, since: began)
        }
        return Array(candidates.prefix(limits.candidatesPerRound))
    }

    private func joiningCandidates(since began: Instant) -> [Contact] {
        let parent =
            configuration.parent.flatMap { parent in
                topology.deadpool.foreign.pause(of: parent, at: now.instant) == nil ? [Contact(address: parent)] : nil
            } ?? []
        guard now.instant - began >= limits.joinByMemoryAfter else { return parent }
        let others = topology.deadpool.candidates(at: now.instant) { $0.address == configuration.parent }
        return parent + others.prefix(limits.candidatesPerRound)
    }

    /// While something else is where the parent should be there is less to do; who is remembered is tried all the same.
    private var pauseOfForeignParent: Duration {
        let pause = configuration.parent.flatMap { topology.deadpool.foreign.pause(of: $0, at: now.instant) }
        return min(pause ?? .zero, limits.refusedPause)
    }

    // MARK: Going on

    /// Dials, asks, or ends the round: whatever comes next. Called whenever something about the search has changed.
    func advanceSearch() {
        guard topology.search != nil else { return }
        askNext()
        if let nextRound = topology.search!.nextRound {
            guard nextRound <= now.instant else {
                timers[.search] = nextRound
                return
            }
            beginRound()
        }
        while let contact = topology.search?.candidates.first,
            topology.search!.dials.isEmpty && topology.search!.asking == nil
                || topology.search!.nextDial <= now.instant, makeRoomForDial()
        {
            topology.search!.candidates.removeFirst()
            topology.search!.nextDial = now.instant + limits.dialStagger
            let attempt = links.newAttempt()
            let deadline = now.instant + limits.connectTimeout
            let awaitedUntil = topology.search!.isHealing ? now.instant + limits.heirRound : nil
            topology.search!.dials.append(
                .init(attempt: attempt, contact: contact, deadline: deadline, awaitedUntil: awaitedUntil))
            timers.set(.attempt, noLaterThan: deadline)
            emit(.connect(attempt, contact.address))
        }
        if let end = topology.search!.endOfRound {
            if end <= now.instant { return endRound() }
            timers[.search] = end
        }
        if !topology.search!.candidates.isEmpty {
            let room =
                topology.search!.dials.count < limits.parallelDials
                ? topology.search!.nextDial : topology.search!.nextHanging
            if let room { timers[.search] = max(topology.search!.nextDial, room, now.instant + .milliseconds(1)) }
        }
    }

    /// True if one more may be dialled: if need be the dial that hangs for longest gives way to it.
    private func makeRoomForDial() -> Bool {
        guard topology.search!.dials.count >= limits.parallelDials else { return true }
        guard let index = topology.search!.dials.firstIndex(where: { $0.hangs(at: now.instant) }) else { return false }
        let dial = topology.search!.dials.remove(at: index)
        emit(.abandon(dial.attempt))
        topology.deadpool.failed(dial.contact.address, at: now.instant)
        return true
    }

    private func askNext() {
        guard topology.search?.asking == nil,
            let index = topology.search?.dials.firstIndex(where: { $0.connection != nil })
        else {
            return
        }
        let dial = topology.search!.dials.remove(at: index)
        ask(dial, on: dial.connection!)
    }

    private func beginRound() {
        topology.search!.nextRound = nil
        topology.search!.nextDial = now.instant
        topology.search!.refused = []
        switch topology.search!.purpose {
        case .joining: topology.search!.candidates = joiningCandidates(since: topology.search!.began)
        case .healing(_, let silentRoot): topology.search!.candidates = healingCandidates(without: silentRoot)
        case .merging: break
        }
    }

    private func endRound() {
        topology.search!.round += 1
        switch topology.search!.purpose {
        case .joining(let until):
            if now.instant >= until {
                beginUnjoined(twin: topology.search?.twin)
                return promote()
            }
            let pause = max(random.duration(in: limits.joinPause), pauseOfForeignParent)
            topology.search!.nextRound =
                now.instant + (topology.search!.refusedForGood == nil ? pause : limits.refusedPause)
        case .healing(let rounds, _):
            if topology.search!.round > rounds {
                let twin = topology.search?.twin
                promote()
                if let twin { standApart(from: twin) }
                return
            }
            topology.search!.nextRound = now.instant + random.around(limits.heirRound)
        case .merging(let winner):
            // Who did not answer is asked first by the next probe. That the other tree is there must not be forgotten:
            // this root may be the only one here that has heard of it.
            if topology.deadpool.hasFailed(winner, since: topology.search!.began) { topology.probing.heard(ofRoot: winner, limits: limits) }
            endSearch()
            return scheduleProbe()
        }
        timers[.search] = topology.search!.nextRound
    }

    // MARK: What became of dials

    func connected(_ attempt: AttemptID, _ connection: ConnectionID) {
        if let index = topology.search?.dials.firstIndex(where: { $0.attempt == attempt }) {
            topology.search!.dials[index].connection = connection
            return advanceSearch()
        }
        if probeConnected(attempt, connection) { return }
        emit(.close(connection, .now))
    }

    func connectFailed(_ attempt: AttemptID, _ why: ConnectFailure) {
        if let index = topology.search?.dials.firstIndex(where: { $0.attempt == attempt }) {
            let dial = topology.search!.dials.remove(at: index)
            topology.deadpool.failed(dial.contact.address, at: now.instant)
            reportRetry(dial.contact, Refusal(reason: nil, info: why.info))
            return advanceSearch()
        }
        if let dial = topology.probing.connectFailed(attempt) { probeFailed(dial, why: why) }
    }

    /// A candidate's connection is gone, asked or not.
    func candidateLost(_ connection: ConnectionID) {
        if let asking = topology.search?.asking, asking.connection == connection {
            topology.search!.asking = nil
            noteFailure(
                of: asking.contact.address, Refusal(reason: nil, info: "it closed the connection without an answer"))
            foundForeign(.closes, at: asking.contact)
        } else if let index = topology.search?.dials.firstIndex(where: { $0.connection == connection }) {
            topology.deadpool.failed(topology.search!.dials.remove(at: index).contact.address, at: now.instant)
        }
        advanceSearch()
    }

    /// Dials and questions whose time is over.
    func giveUpLate() {
        guard topology.search != nil else { return }
        for dial in topology.search!.dials where dial.deadline <= now.instant {
            // One that stands and waits for its turn isn't late.
            guard dial.connection == nil else { continue }
            topology.search!.dials.removeAll { $0.attempt == dial.attempt }
            emit(.abandon(dial.attempt))
            topology.deadpool.failed(dial.contact.address, at: now.instant)
            reportRetry(dial.contact, Refusal(reason: nil, info: ConnectFailure.timedOut.info))
        }
        if let asking = topology.search!.asking, asking.deadline <= now.instant {
            topology.search!.asking = nil
            topology.deadpool.failed(asking.contact.address, at: now.instant)
            if listen(to: asking) {
                noteSilence(of: asking.contact.address)
            } else {
                emit(.close(asking.connection, .now))
                reportRetry(asking.contact, Refusal(reason: nil, info: ConnectFailure.timedOut.info))
            }
        }
        advanceSearch()
        for dial in topology.search?.dials ?? [] where dial.connection == nil {
            timers.set(.attempt, noLaterThan: max(dial.deadline, now.instant + .milliseconds(1)))
        }
        if let deadline = topology.search?.asking?.deadline { timers.set(.attempt, noLaterThan: deadline) }
    }

    /// The candidate that was asked said no.
    func refused(_ refusal: Refusal, by contact: Contact) {
        reportRetry(contact, refusal)
        topology.search?.refused.append(contact.address)
        topology.deadpool.refer(to: refusal.others, at: now.instant)
        // A winner that can be reached says itself where to go.
        if case .merging(let winner)? = topology.search?.purpose, winner.address == contact.address {
            topology.search!.candidates.removeAll()
        }
        switch refusal.reason {
        case .superseded, .duplicate:
            let twin = refusal.others.first { $0.node == origin.node }
            topology.search?.twin = twin
            if topology.search?.isMerging == true, let twin { return standApart(from: twin) }
        case .full where mutation == .refusalsNotFollowed: break
        case .full:
            // Downward, where there is room, also between two rounds.
            let known =
                topology.search!.dials.map(\.contact.address) + topology.search!.candidates.map(\.address)
                + topology.search!.refused
            let others = refusal.others.filter { $0.node != origin.node && !known.contains($0.address) }
            topology.search!.candidates.insert(contentsOf: others, at: 0)
            if !others.isEmpty { goOnWithRound() }
        case .low: topology.search?.refusedAsLow.append(contact.address)
        case .vector: return askAgainNamingAll(contact)
        case .busy:
            if topology.search?.isMerging == true {
                // The winner is about to be free again; the next probe finds it.
                topology.search?.candidates.removeAll()
            }
        case .secret, .loop, .draining, .order, .clock, nil: break
        }
        advanceSearch()
    }

    /// The next question to this candidate leaves nothing out; it comes next.
    func askAgainNamingAll(_ contact: Contact) {
        guard topology.search != nil, !topology.search!.namesAllTo.contains(contact.address) else {
            return advanceSearch()
        }
        topology.search!.namesAllTo.append(contact.address)
        topology.search!.candidates.insert(contact, at: 0)
        topology.search!.nextDial = now.instant
        advanceSearch()
    }

    /// Somebody rules, and says so. An orphan that was refused there before may ask once more, since the label has
    /// risen since (rule L7: a candidate is asked once, and so is a label that it shows).
    func hear(ofRoot contact: Contact, label root: Label) {
        guard case .orphan = topology.standing, case .healing? = topology.search?.purpose,
            root > topology.label || !hasChildren
        else { return }
        topology.search!.refusedAsLow.removeAll { $0 == contact.address }
        // One that is being asked may have answered before it ruled: it is asked again. So is one that a dial hangs at.
        if let index = topology.search!.dials.firstIndex(where: {
            $0.contact.address == contact.address && $0.hangs(at: now.instant)
        }) {
            emit(.abandon(topology.search!.dials.remove(at: index).attempt))
        }
        let underWay = topology.search!.candidates + topology.search!.dials.map(\.contact)
        guard !underWay.contains(where: { $0.address == contact.address }) else { return }
        topology.search!.candidates.insert(contact, at: 0)
        goOnWithRound()
        advanceSearch()
    }

    /// Somebody is to be asked, and the next round isn't waited for. It is none of its own, so it brings nobody's
    /// promotion nearer.
    private func goOnWithRound() {
        guard topology.search?.nextRound != nil else { return }
        topology.search!.nextRound = nil
        topology.search!.nextDial = now.instant
        topology.search!.round -= 1
    }

    private func reportRetry(_ contact: Contact, _ refusal: Refusal) {
        if refusal.reason != .busy || joining.failure == nil { noteFailure(of: contact.address, refusal) }
        guard case .joining? = topology.search?.purpose, contact.address == configuration.parent else { return }
        if let reason = refusal.reason, [.secret, .order, .clock].contains(reason) {
            // Only an operator changes that: it is tried now and then, and said once.
            if topology.search!.refusedForGood != reason { report(.parentRefused(contact.address, refusal)) }
            topology.search!.refusedForGood = reason
            return
        }
        guard topology.search!.reportedRetries.insert(refusal.reason?.rawValue ?? refusal.info).inserted else { return }
        report(.retryingParent(contact.address, refusal))
    }
}
