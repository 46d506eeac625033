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
        let lostRoot = path.count == 1
        standing = .orphan
        let rounds = lostRoot ? rankAmongHeirs ?? limits.roundsOfOthers : limits.roundsOfOthers
        path = []
        begin(
            .healing(rounds: rounds, silentRoot: lostRoot ? silent : nil),
            candidates: healingCandidates(without: silent))
    }

    /// This node's place among the heirs, counted from 0: its own, or that of an elder one that has come under it
    /// before the loss was noticed here. That one doesn't rule any more, and the others would wait for it in vain.
    private var rankAmongHeirs: Int? {
        let heirs = deadpool.position?.heirs ?? []
        guard heirs.contains(where: { $0.node == origin.node }) else { return nil }
        return heirs.firstIndex { heir in
            heir.node == origin.node || children.contains { $0.origin?.node == heir.node }
        }
    }

    /// Whether this branch has lost the root, and another node comes before the branch's top among the heirs. In here
    /// that one would not rule, and the top would wait for it in vain.
    func isWaitingFor(elder: NodeID) -> Bool {
        let top = path.last?.node ?? origin.node
        guard top != label.root, let heirs = deadpool.position?.heirs,
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
        search = Search(purpose: purpose, candidates: candidates, at: now.instant)
        advanceSearch()
    }

    func endSearch() {
        guard let ended = search else { return }
        search = nil
        for dial in ended.dials { order(.abandon(dial.attempt)) }
        if let asking = ended.asking { order(.close(asking.connection, .now)) }
        timers[.search] = nil
        timers[.attempt] = nil
    }

    private func healingCandidates(without silent: Address?) -> [Contact] {
        let below = links.filter { $0.role == .child }.map(\.contact.address)
        let refused = search?.refusedAsLow ?? []
        // A question may be under way between two rounds.
        let underWay =
            (search?.dials.map(\.contact.address) ?? []) + [search?.asking?.contact.address].compactMap(\.self)
        // Whoever did not answer in this search isn't waited for again: the rounds are to be short.
        let began = search?.began ?? now.instant
        let candidates = deadpool.candidates(at: now.instant) { contact in
            below.contains(contact.address) || refused.contains(contact.address) || contact.address == silent
                || underWay.contains(contact.address) || deadpool.hasFailed(contact, since: began)
        }
        return Array(candidates.prefix(limits.candidatesPerRound))
    }

    private func joiningCandidates(since began: Instant) -> [Contact] {
        let parent =
            configuration.parent.flatMap { parent in
                deadpool.foreign.pause(of: parent, at: now.instant) == nil ? [Contact(address: parent)] : nil
            } ?? []
        guard now.instant - began >= limits.joinByMemoryAfter else { return parent }
        let others = deadpool.candidates(at: now.instant) { $0.address == configuration.parent }
        return parent + others.prefix(limits.candidatesPerRound)
    }

    /// While something else is where the parent should be there is less to do; who is remembered is tried all the same.
    private var pauseOfForeignParent: Duration {
        let pause = configuration.parent.flatMap { deadpool.foreign.pause(of: $0, at: now.instant) }
        return min(pause ?? .zero, limits.refusedPause)
    }

    // MARK: Going on

    /// Dials, asks, or ends the round: whatever comes next. Called whenever something about the search has changed.
    func advanceSearch() {
        guard search != nil else { return }
        askNext()
        if let nextRound = search!.nextRound {
            guard nextRound <= now.instant else {
                timers[.search] = nextRound
                return
            }
            beginRound()
        }
        while let contact = search?.candidates.first,
            search!.dials.isEmpty && search!.asking == nil || search!.nextDial <= now.instant, makeRoomForDial()
        {
            search!.candidates.removeFirst()
            search!.nextDial = now.instant + limits.dialStagger
            let attempt = newAttempt()
            let deadline = now.instant + limits.connectTimeout
            let awaitedUntil = search!.isHealing ? now.instant + limits.heirRound : nil
            search!.dials.append(
                .init(attempt: attempt, contact: contact, deadline: deadline, awaitedUntil: awaitedUntil))
            timers.set(.attempt, noLaterThan: deadline)
            order(.connect(attempt, contact.address))
        }
        if let end = search!.endOfRound {
            if end <= now.instant { return endRound() }
            timers[.search] = end
        }
        if !search!.candidates.isEmpty {
            let room = search!.dials.count < limits.parallelDials ? search!.nextDial : search!.nextHanging
            if let room { timers[.search] = max(search!.nextDial, room, now.instant + .milliseconds(1)) }
        }
    }

    /// True if one more may be dialled: if need be the dial that hangs for longest gives way to it.
    private func makeRoomForDial() -> Bool {
        guard search!.dials.count >= limits.parallelDials else { return true }
        guard let index = search!.dials.firstIndex(where: { $0.hangs(at: now.instant) }) else { return false }
        let dial = search!.dials.remove(at: index)
        order(.abandon(dial.attempt))
        deadpool.failed(dial.contact.address, at: now.instant)
        return true
    }

    func newAttempt() -> AttemptID {
        lastAttempt = AttemptID(lastAttempt.value + 1)
        return lastAttempt
    }

    private func askNext() {
        guard search?.asking == nil, let index = search?.dials.firstIndex(where: { $0.connection != nil }) else {
            return
        }
        let dial = search!.dials.remove(at: index)
        ask(dial, on: dial.connection!)
    }

    private func beginRound() {
        search!.nextRound = nil
        search!.nextDial = now.instant
        search!.refused = []
        switch search!.purpose {
        case .joining: search!.candidates = joiningCandidates(since: search!.began)
        case .healing(_, let silentRoot): search!.candidates = healingCandidates(without: silentRoot)
        case .merging: break
        }
    }

    private func endRound() {
        search!.round += 1
        switch search!.purpose {
        case .joining(let until):
            if now.instant >= until {
                let twin = search?.twin
                beginUnjoined()
                unjoined?.twin = twin
                return promote()
            }
            let pause = max(random.duration(in: limits.joinPause), pauseOfForeignParent)
            search!.nextRound = now.instant + (search!.refusedForGood == nil ? pause : limits.refusedPause)
        case .healing(let rounds, _):
            if search!.round > rounds {
                let twin = search?.twin
                promote()
                if let twin { standApart(from: twin) }
                return
            }
            search!.nextRound = now.instant + random.around(limits.heirRound)
        case .merging(let winner):
            // Who did not answer is asked first by the next probe. That the other tree is there must not be forgotten:
            // this root may be the only one here that has heard of it.
            if deadpool.hasFailed(winner, since: search!.began) { noteForeignRoot(winner) }
            endSearch()
            return scheduleProbe()
        }
        timers[.search] = search!.nextRound
    }

    // MARK: What became of dials

    func connected(_ attempt: AttemptID, _ connection: ConnectionID) {
        if let index = search?.dials.firstIndex(where: { $0.attempt == attempt }) {
            search!.dials[index].connection = connection
            return advanceSearch()
        }
        if probeConnected(attempt, connection) { return }
        order(.close(connection, .now))
    }

    func connectFailed(_ attempt: AttemptID, _ why: ConnectFailure) {
        if let index = search?.dials.firstIndex(where: { $0.attempt == attempt }) {
            let dial = search!.dials.remove(at: index)
            deadpool.failed(dial.contact.address, at: now.instant)
            reportRetry(dial.contact, Refusal(reason: nil, info: why.info))
            return advanceSearch()
        }
        if let index = probes.firstIndex(where: { $0.attempt == attempt }) {
            probeFailed(probes.remove(at: index), why: why)
        }
    }

    /// A candidate's connection is gone, asked or not.
    func candidateLost(_ connection: ConnectionID) {
        if let asking = search?.asking, asking.connection == connection {
            search!.asking = nil
            noteFailure(
                of: asking.contact.address, Refusal(reason: nil, info: "it closed the connection without an answer"))
            foundForeign(.closes, at: asking.contact)
        } else if let index = search?.dials.firstIndex(where: { $0.connection == connection }) {
            deadpool.failed(search!.dials.remove(at: index).contact.address, at: now.instant)
        }
        advanceSearch()
    }

    /// Dials and questions whose time is over.
    func giveUpLate() {
        guard search != nil else { return }
        for dial in search!.dials where dial.deadline <= now.instant {
            // One that stands and waits for its turn isn't late.
            guard dial.connection == nil else { continue }
            search!.dials.removeAll { $0.attempt == dial.attempt }
            order(.abandon(dial.attempt))
            deadpool.failed(dial.contact.address, at: now.instant)
            reportRetry(dial.contact, Refusal(reason: nil, info: ConnectFailure.timedOut.info))
        }
        if let asking = search!.asking, asking.deadline <= now.instant {
            search!.asking = nil
            deadpool.failed(asking.contact.address, at: now.instant)
            if listen(to: asking) {
                noteSilence(of: asking.contact.address)
            } else {
                order(.close(asking.connection, .now))
                reportRetry(asking.contact, Refusal(reason: nil, info: ConnectFailure.timedOut.info))
            }
        }
        advanceSearch()
        for dial in search?.dials ?? [] where dial.connection == nil {
            timers.set(.attempt, noLaterThan: max(dial.deadline, now.instant + .milliseconds(1)))
        }
        if let deadline = search?.asking?.deadline { timers.set(.attempt, noLaterThan: deadline) }
    }

    /// The candidate that was asked said no.
    func refused(_ refusal: Refusal, by contact: Contact) {
        reportRetry(contact, refusal)
        search?.refused.append(contact.address)
        deadpool.refer(to: refusal.others, at: now.instant)
        // A winner that can be reached says itself where to go.
        if case .merging(let winner)? = search?.purpose, winner.address == contact.address {
            search!.candidates.removeAll()
        }
        switch refusal.reason {
        case .superseded, .duplicate:
            let twin = refusal.others.first { $0.node == origin.node }
            search?.twin = twin
            if search?.isMerging == true, let twin { return standApart(from: twin) }
        case .full where mutation == .refusalsNotFollowed: break
        case .full:
            // Downward, where there is room, also between two rounds.
            let known = search!.dials.map(\.contact.address) + search!.candidates.map(\.address) + search!.refused
            let others = refusal.others.filter { $0.node != origin.node && !known.contains($0.address) }
            search!.candidates.insert(contentsOf: others, at: 0)
            if !others.isEmpty { goOnWithRound() }
        case .low: search?.refusedAsLow.append(contact.address)
        case .vector: return askAgainNamingAll(contact)
        case .busy:
            if search?.isMerging == true {
                // The winner is about to be free again; the next probe finds it.
                search?.candidates.removeAll()
            }
        case .secret, .loop, .draining, .order, .clock, nil: break
        }
        advanceSearch()
    }

    /// The next question to this candidate leaves nothing out; it comes next.
    func askAgainNamingAll(_ contact: Contact) {
        guard search != nil, !search!.namesAllTo.contains(contact.address) else { return advanceSearch() }
        search!.namesAllTo.append(contact.address)
        search!.candidates.insert(contact, at: 0)
        search!.nextDial = now.instant
        advanceSearch()
    }

    /// Somebody rules, and says so. An orphan that was refused there before may ask once more, since the label has
    /// risen since (rule L7: a candidate is asked once, and so is a label that it shows).
    func hear(ofRoot contact: Contact, label root: Label) {
        guard case .orphan = standing, case .healing? = search?.purpose, root > label || !hasChildren else { return }
        search!.refusedAsLow.removeAll { $0 == contact.address }
        // One that is being asked may have answered before it ruled: it is asked again. So is one that a dial hangs at.
        if let index = search!.dials.firstIndex(where: {
            $0.contact.address == contact.address && $0.hangs(at: now.instant)
        }) {
            order(.abandon(search!.dials.remove(at: index).attempt))
        }
        let underWay = search!.candidates + search!.dials.map(\.contact)
        guard !underWay.contains(where: { $0.address == contact.address }) else { return }
        search!.candidates.insert(contact, at: 0)
        goOnWithRound()
        advanceSearch()
    }

    /// Somebody is to be asked, and the next round isn't waited for. It is none of its own, so it brings nobody's
    /// promotion nearer.
    private func goOnWithRound() {
        guard search?.nextRound != nil else { return }
        search!.nextRound = nil
        search!.nextDial = now.instant
        search!.round -= 1
    }

    private func reportRetry(_ contact: Contact, _ refusal: Refusal) {
        if refusal.reason != .busy || joinFailure == nil { noteFailure(of: contact.address, refusal) }
        guard case .joining? = search?.purpose, contact.address == configuration.parent else { return }
        if let reason = refusal.reason, [.secret, .order, .clock].contains(reason) {
            // Only an operator changes that: it is tried now and then, and said once.
            if search!.refusedForGood != reason { report(.parentRefused(contact.address, refusal)) }
            search!.refusedForGood = reason
            return
        }
        guard search!.reportedRetries.insert(refusal.reason?.rawValue ?? refusal.info).inserted else { return }
        report(.retryingParent(contact.address, refusal))
    }
}
