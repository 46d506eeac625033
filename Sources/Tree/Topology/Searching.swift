// How a node without a parent finds one (docs/protocol.md#healing).
//
// A round is one pass over the candidates: several are dialled, the first whose connection stands is asked, and the
// others wait. A search that finds no parent ends in promotion, so every search ends.

extension Node {
    // MARK: Beginning

    /// The parent is lost. If it was the root, an heir of rank r, counted from 0, rules after r + 1 rounds in which it
    /// has found no parent. All others rule after `Limits.roundsOfOthers` + 1 rounds.
    ///
    /// - Parameter silent: the parent, if it fell silent. The first round leaves it out; if it was the root, all rounds
    ///   do, since waiting for its answer would only delay the heirs.
    func beginHealing(without silent: Address?) {
        let lostRoot = topology.isBelowRoot
        let rounds = lostRoot ? rankAmongHeirs ?? Limits.roundsOfOthers : Limits.roundsOfOthers
        topology.lostParent()
        begin(
            .healing(rounds: rounds, silentRoot: lostRoot ? silent : nil),
            candidates: healingCandidates(without: silent))
    }

    private var rankAmongHeirs: Int? { topology.rankAmongHeirs(isChild: isChild) }

    private func isChild(_ node: NodeID?) -> Bool { children.contains { $0.origin?.node == node } }

    /// Whether this branch has lost the root, and another node comes before the branch's top among the heirs.
    func isWaitingFor(elder: NodeID) -> Bool { topology.isWaitingFor(elder: elder, isChild: isChild) }

    /// - Parameter member: the member of the winner's tree that named the winner, if one did: it is asked if this node
    ///   can't reach the winner.
    func beginMerging(under winner: Contact, by member: Contact? = nil) {
        let rounds = member == nil ? 0 : Limits.bridgeRounds
        begin(
            .merging(under: winner, by: member, rounds: rounds),
            candidates: mergingCandidates(winner, [member].compactMap(\.self)))
    }

    private func mergingCandidates(_ winner: Contact, _ members: [Contact]) -> [Contact] {
        [winner] + members.filter { $0.address != winner.address }
    }

    /// Whether a root that attaches to another tree reaches none of its nodes but one candidate, as far as it has
    /// tried.
    func hasNoOtherWay(than candidate: Contact, in search: Search) -> Bool {
        guard case .merging(let winner, _, _) = search.purpose else { return false }
        let hasFailed = { self.topology.deadpool.hasFailed($0, since: search.began) }
        if search.hasNobodyBut(full: candidate.address, hasFailed: hasFailed) { return true }
        guard search.members.contains(where: { $0.address == candidate.address }) else { return false }
        return mergingCandidates(winner, search.members).allSatisfy {
            $0.address == candidate.address || hasFailed($0)
        }
    }

    private func begin(_ purpose: Search.Purpose, candidates: [Contact]) {
        endSearch()
        topology.beginSearch(purpose, candidates: candidates, at: now.instant)
        advanceSearch()
    }

    func endSearch() {
        guard let ended = topology.endSearch() else { return }
        for dial in ended.dials { emit(.abandon(dial.attempt)) }
        if let asking = ended.asking { emit(.close(asking.connection, .now)) }
        timers[.search] = nil
        timers[.attempt] = nil
    }

    private func healingCandidates(without silent: Address?) -> [Contact] {
        let below = links.filter { $0.role == .child }.map(\.contact.address)
        let search = topology.search
        let began = search?.began ?? now.instant
        let candidates = topology.deadpool.candidates(at: now.instant) { contact in
            // A question may be under way between two rounds. A candidate that did not answer in this search isn't
            // waited for again, so that the rounds stay short.
            below.contains(contact.address) || contact.address == silent
                || search?.leavesOut(contact.address) == true
                || topology.deadpool.hasFailed(contact, since: began) || isLeftAlone(contact)
        }
        return Array(candidates.prefix(limits.candidatesPerRound))
    }

    private func joiningCandidates(since began: Instant) -> [Contact] {
        let parent =
            configuration.parent.flatMap { parent in
                topology.deadpool.foreign.pause(of: parent, at: now.instant) == nil
                    && !isLeftAlone(Contact(address: parent)) ? [Contact(address: parent)] : nil
            } ?? []
        guard now.instant - began >= limits.joinByMemoryAfter else { return parent }
        let others = topology.deadpool.candidates(at: now.instant) {
            $0.address == configuration.parent || isLeftAlone($0)
        }
        return parent + others.prefix(limits.candidatesPerRound)
    }

    /// How much more rarely a joining node tries while a server that is no node answers at the parent's address.
    /// Remembered nodes are tried nevertheless.
    private var pauseOfForeignParent: Duration {
        let pause = configuration.parent.flatMap { topology.deadpool.foreign.pause(of: $0, at: now.instant) }
        return min(pause ?? .zero, limits.refusedPause)
    }

    // MARK: Rounds

    /// Dials, asks or ends the round, as is due. Called whenever the search has changed.
    func advanceSearch() {
        guard let search = topology.search else { return }
        if let next = search.takeCandidateToAsk() { ask(next.dial, on: next.connection, in: search) }
        if let nextRound = search.nextRound {
            guard nextRound <= now.instant else {
                timers[.search] = nextRound
                return
            }
            search.beginRound(with: candidates(for: search), at: now.instant)
        }
        while search.isDialDue(at: now.instant, limits: limits) {
            let dial = search.dial(as: links.newAttempt(), at: now.instant, limits: limits)
            if let abandoned = dial.abandoned {
                emit(.abandon(abandoned.attempt))
                topology.deadpool.failed(abandoned.contact.address, at: now.instant)
            }
            timers.set(.attempt, noLaterThan: dial.begun.deadline)
            let contact = dial.begun.contact
            emit(.connect(dial.begun.attempt, contact.address, proving: secret(for: contact)))
        }
        if let end = search.endOfRound {
            if end <= now.instant { return endRound(of: search) }
            timers[.search] = end
        }
        if let next = search.nextDialing(at: now.instant, limits: limits) { timers[.search] = next }
    }

    /// The candidates of a search's next round, best first.
    private func candidates(for search: Search) -> [Contact] {
        switch search.purpose {
        case .joining: joiningCandidates(since: search.began)
        case .healing(_, let silentRoot): healingCandidates(without: silentRoot)
        case .merging(let winner, _, _): mergingCandidates(winner, search.members)
        }
    }

    private func endRound(of search: Search) {
        guard search.roundEnded(at: now.instant, limits: limits) else {
            search.pauses(until: now.instant + pauseBetweenRounds(of: search))
            timers[.search] = search.nextRound
            return
        }
        switch search.purpose {
        case .joining:
            beginUnjoined(twin: search.twin)
            promote()
        case .healing:
            promote()
            if let twin = search.twin { standApart(from: twin) }
        case .merging(let winner, _, _):
            // If the winner did not answer, it is the first to be probed next. The other tree must not be forgotten:
            // this root may be the only node here that has heard of it.
            if topology.deadpool.hasFailed(winner, since: search.began) {
                topology.probing.heard(ofRoot: winner, limits: limits)
            }
            endSearch()
            scheduleProbe()
            mergingFailed(under: winner)
        }
    }

    private func pauseBetweenRounds(of search: Search) -> Duration {
        guard case .joining = search.purpose else { return random.around(limits.heirRound) }
        let pause = max(random.duration(in: limits.joinPause), pauseOfForeignParent)
        return search.isRefusedForGood ? limits.refusedPause : pause
    }

    // MARK: Results of connection attempts

    func connected(_ attempt: AttemptID, _ connection: ConnectionID) {
        if topology.search?.connected(attempt, connection) == true { return advanceSearch() }
        if probeConnected(attempt, connection) { return }
        emit(.close(connection, .now))
    }

    func connectFailed(_ attempt: AttemptID, _ why: ConnectFailure) {
        if let search = topology.search, let dial = search.connectFailed(attempt) {
            topology.deadpool.failed(dial.contact.address, at: now.instant)
            candidateFailed(dial.contact, Refusal(reason: nil, info: why.info), in: search)
            return advanceSearch()
        }
        if let dial = topology.probing.connectFailed(attempt) { probeFailed(dial, why: why) }
    }

    /// The connection of a candidate, asked or not, is lost.
    func candidateLost(_ connection: ConnectionID) {
        if let lost = topology.search?.lost(connection) {
            if lost.wasAsked {
                let why = Refusal(reason: nil, info: "it closed the connection without an answer")
                noteFailure(of: lost.candidate.address, why)
                foundForeign(.closes, at: lost.candidate)
            } else {
                topology.deadpool.failed(lost.candidate.address, at: now.instant)
            }
        }
        advanceSearch()
    }

    /// Gives up connection attempts and questions whose time is over.
    func giveUpLate() {
        guard let search = topology.search else { return }
        let timedOut = Refusal(reason: nil, info: ConnectFailure.timedOut.info)
        for dial in search.takeLateDials(at: now.instant) {
            emit(.abandon(dial.attempt))
            topology.deadpool.failed(dial.contact.address, at: now.instant)
            candidateFailed(dial.contact, timedOut, in: search)
        }
        if let asking = search.takeLateQuestion(at: now.instant) {
            topology.deadpool.failed(asking.contact.address, at: now.instant)
            if listen(to: asking) {
                noteSilence(of: asking.contact.address)
            } else {
                emit(.close(asking.connection, .now))
                candidateFailed(asking.contact, timedOut, in: search)
            }
        }
        advanceSearch()
        if let deadline = topology.search?.nextDeadline(after: now.instant) {
            timers.set(.attempt, noLaterThan: deadline)
        }
    }

    // MARK: Refusals

    /// The candidate that was asked has refused.
    func candidateRefused(_ refusal: Refusal, by contact: Contact, in search: Search) {
        candidateFailed(contact, refusal, in: search)
        var refusal = refusal
        refusal.others.removeAll(where: isLeftAlone)
        topology.deadpool.refer(to: refusal.others, at: now.instant)
        search.refused(
            refusal, by: contact, origin: origin, follows: mutation != .refusalsNotFollowed, limits: limits,
            at: now.instant)
        if search.isMerging, let twin = search.twin { return standApart(from: twin) }
        advanceSearch()
    }

    /// A root tells that it rules. An orphan that it refused before may ask again, since the root's label has risen
    /// (rule L7).
    func rootAppeared(_ contact: Contact, label root: Label) {
        guard case .orphan = topology.standing, let search = topology.search, search.isHealing,
            root > topology.label || !hasChildren, !isLeftAlone(contact)
        else { return }
        let appeared = search.rootAppeared(contact, label: root, at: now.instant)
        if let abandoned = appeared.abandoned { emit(.abandon(abandoned.attempt)) }
        if appeared.isCandidate { advanceSearch() }
    }

    /// A candidate could not be reached, or has refused. If it is the configured parent, that is reported.
    private func candidateFailed(_ contact: Contact, _ refusal: Refusal, in search: Search) {
        if refusal.reason != .busy || joining.failure == nil { noteFailure(of: contact.address, refusal) }
        guard case .joining = search.purpose, contact.address == configuration.parent else { return }
        switch search.parentFailed(refusal) {
        case .refused: report(.parentRefused(contact.address, refusal))
        case .retrying: report(.retryingParent(contact.address, refusal))
        case nil: break
        }
    }
}
