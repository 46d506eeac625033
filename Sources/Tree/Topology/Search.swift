/// Decides which candidates a node without a parent dials and asks, and when a round of the search is over.
///
/// Several candidates are dialled at a time, and one of them is asked. Only this one question is under the rules of
/// attaching; a connection on which nothing was asked has no effect.
///
/// It is a class so that only the topology begins and ends a search, while the rules that hear of a connection tell the
/// search under way.
final class Search {
    enum Purpose {
        /// The node has just started and tries its configured parent. It becomes a child, or a root when its patience
        /// ends.
        case joining(until: Instant)
        /// The node has lost its parent. It becomes a child, or a root after as many rounds as its rank among the heirs
        /// demands. A root that fell silent isn't asked, since waiting for its answer would only delay the healing.
        case healing(rounds: Int, silentRoot: Address?)
        /// A root that lost against another one. It becomes its child, or stays a root that tries again later. If a
        /// member of that tree is known, it is asked too, in a few rounds: its label may have to rise first.
        case merging(under: Contact, by: Contact? = nil, rounds: Int = 0)
    }

    /// A connection attempt.
    struct Dial {
        let attempt: AttemptID
        let contact: Contact
        let deadline: Instant
        /// The round waits for it until then; nil for as long as it lasts.
        let awaitedUntil: Instant?
        /// Nil until the connection stands.
        fileprivate(set) var connection: ConnectionID?

        /// Whether the connection doesn't stand, and the round doesn't wait for it any more.
        func hangs(at now: Instant) -> Bool { connection == nil && awaitedUntil.map { $0 <= now } ?? false }
    }

    /// The candidate that was asked.
    struct Asking {
        let attempt: AttemptID
        let connection: ConnectionID
        let contact: Contact
        let deadline: Instant
        /// Whether the node had no children when it asked: then it takes none until it has its answer (rule L2).
        let isLocked: Bool
        /// What this node had stored when it asked.
        let told: Marks
    }

    /// What is reported of a parent that could not be reached, each once in a search.
    enum ParentNotice {
        /// The parent refuses for a reason that only an operator can help.
        case refused
        case retrying
    }

    let purpose: Purpose
    let began: Instant
    /// Members of the winner's tree that have named the winner: they are asked too.
    private(set) var members: [Contact] = []
    private var round = 0
    /// The candidates left in this round, best first.
    private var candidates: [Contact]
    private(set) var dials: [Dial] = []
    /// The candidate that is being asked; nil for none.
    private(set) var asking: Asking?
    /// Candidates that have refused in this round. Full nodes may refer to one another, and none is followed twice.
    private var refused: [Address] = []
    /// How many were asked in this round since full nodes named them.
    private var followed = 0
    /// The process with this node's own identity that has its position, as a node said that refused this one for that.
    private(set) var twin: Contact?
    /// Candidates that refused because their label is too low: not asked again in this search (rule L7).
    private var refusedAsLow: [Address] = []
    /// Roots that have shown themselves, with the label that each has shown last.
    private var appeared: [Address: Label] = [:]
    /// Candidates that refused because they are full, and the nodes that they named instead.
    private var full: (refusers: [Address], named: [Contact]) = ([], [])
    /// Candidates that refused for any reason, in any round.
    private var turnedAwayBy: Set<Address> = []
    /// Candidates that couldn't infer what this node's vector left out.
    private var namesAllTo: [Address] = []
    /// The reason that only an operator can help for which the parent refuses, once reported.
    private var refusedForGood: Refusal.Reason?
    /// The reasons already reported why the parent could not be reached.
    private var reportedRetries: Set<String> = []
    private var nextDial: Instant
    /// When the next round begins; nil while a round is under way.
    private(set) var nextRound: Instant?

    init(purpose: Purpose, candidates: [Contact], at now: Instant) {
        self.purpose = purpose
        if case .merging(_, let member?, _) = purpose { members = [member] }
        self.candidates = candidates
        began = now
        nextDial = now
    }

    // MARK: Questions

    var isHealing: Bool { if case .healing = purpose { true } else { false } }

    var isMerging: Bool { if case .merging = purpose { true } else { false } }

    /// Another member of the winner's tree has named the winner. It may be reachable where the winner isn't.
    ///
    /// - Returns: whether it has become a candidate.
    func met(_ member: Contact, ofTreeOf root: Contact, limits: Limits) -> Bool {
        guard case .merging(let winner, _, _) = purpose, winner.address == root.address,
            members.count < Limits.mergingMembers, member.address != winner.address,
            !members.contains(where: { $0.address == member.address })
        else { return false }
        members.append(member)
        if !leavesOut(member.address), nextRound == nil { candidates.append(member) }
        return true
    }

    /// How many connections the search uses, the asked candidate's included.
    var connectionCount: Int { dials.count + (asking == nil ? 0 : 1) }

    func isAsking(on connection: ConnectionID) -> Bool { asking?.connection == connection }

    /// Whether the search uses a connection, asked or not.
    func uses(_ connection: ConnectionID) -> Bool {
        isAsking(on: connection) || dials.contains { $0.connection == connection }
    }

    /// Whether an address is being dialled or asked, or must not be asked again in this search.
    func leavesOut(_ address: Address) -> Bool {
        refusedAsLow.contains(address) || asking?.contact.address == address
            || dials.contains { $0.contact.address == address }
    }

    /// Whether the question to this candidate names all origins, since it couldn't infer which were left out.
    func namesAll(to address: Address) -> Bool { namesAllTo.contains(address) }

    /// Whether a candidate was full in an earlier round, and none of the nodes that full ones have named takes this
    /// node.
    ///
    /// - Parameter hasFailed: whether a contact couldn't be reached in this search.
    func hasNobodyBut(full candidate: Address, hasFailed: (Contact) -> Bool) -> Bool {
        full.refusers.contains(candidate)
            && full.named.allSatisfy { turnedAwayBy.contains($0.address) || hasFailed($0) }
    }

    /// Whether the parent has refused for a reason that only an operator can help.
    var isRefusedForGood: Bool { refusedForGood != nil }

    /// When the round ends if nothing else happens; nil while its end doesn't depend on time.
    var endOfRound: Instant? {
        guard candidates.isEmpty, asking == nil, nextRound == nil, dials.allSatisfy({ $0.awaitedUntil != nil })
        else { return nil }
        return dials.compactMap(\.awaitedUntil).max() ?? began
    }

    /// When the next candidate can be dialled; nil if none is left, or if that doesn't depend on time.
    func nextDialing(at now: Instant, limits: Limits) -> Instant? {
        guard !candidates.isEmpty else { return nil }
        let free =
            dials.count < limits.parallelDials
            ? nextDial : dials.filter { $0.connection == nil }.compactMap(\.awaitedUntil).min()
        return free.map { max(nextDial, $0, now + .milliseconds(1)) }
    }

    /// When the next connection attempt or question is late; nil for none.
    func nextDeadline(after now: Instant) -> Instant? {
        let late = dials.filter { $0.connection == nil }.map { max($0.deadline, now + .milliseconds(1)) }
        return (late + [asking?.deadline].compactMap(\.self)).min()
    }

    // MARK: Dialling

    /// Whether to dial a candidate now: the first one at once, the others one after the other.
    func isDialDue(at now: Instant, limits: Limits) -> Bool {
        guard !candidates.isEmpty, dials.isEmpty && asking == nil || nextDial <= now else { return false }
        return dials.count < limits.parallelDials || dials.contains { $0.hangs(at: now) }
    }

    /// Dials the best candidate.
    ///
    /// - Returns: the attempt, and the one that has hung for longest, if it gives way to it.
    func dial(as attempt: AttemptID, at now: Instant, limits: Limits) -> (begun: Dial, abandoned: Dial?) {
        var abandoned: Dial?
        if dials.count >= limits.parallelDials, let index = dials.firstIndex(where: { $0.hangs(at: now) }) {
            abandoned = dials.remove(at: index)
        }
        nextDial = now + limits.dialStagger
        let begun = Dial(
            attempt: attempt, contact: candidates.removeFirst(), deadline: now + limits.connectTimeout,
            awaitedUntil: isHealing ? now + limits.heirRound : nil)
        dials.append(begun)
        return (begun, abandoned)
    }

    /// The connection of an attempt stands. False if the attempt isn't of this search.
    func connected(_ attempt: AttemptID, _ connection: ConnectionID) -> Bool {
        guard let index = dials.firstIndex(where: { $0.attempt == attempt }) else { return false }
        dials[index].connection = connection
        return true
    }

    /// The connection of an attempt could not be made. Nil if the attempt isn't of this search.
    func connectFailed(_ attempt: AttemptID) -> Dial? {
        dials.firstIndex { $0.attempt == attempt }.map { dials.remove(at: $0) }
    }

    /// A connection is lost, or isn't needed any more. Nil if it isn't of this search.
    func lost(_ connection: ConnectionID) -> (candidate: Contact, wasAsked: Bool)? {
        if let asked = asking, asked.connection == connection {
            asking = nil
            return (asked.contact, true)
        }
        return dials.firstIndex { $0.connection == connection }.map { (dials.remove(at: $0).contact, false) }
    }

    /// Gives up attempts whose time is over. A connection that stands and waits for its turn isn't late.
    func takeLateDials(at now: Instant) -> [Dial] {
        let late = dials.filter { $0.connection == nil && $0.deadline <= now }
        dials.removeAll { $0.connection == nil && $0.deadline <= now }
        return late
    }

    // MARK: Asking

    /// Takes the candidate to ask next: of those whose connections stand, the one that was dialled first. The search
    /// doesn't wait for a better candidate whose connection doesn't stand yet. Nil while another one is asked.
    func takeCandidateToAsk() -> (dial: Dial, connection: ConnectionID)? {
        guard asking == nil, let index = dials.firstIndex(where: { $0.connection != nil }) else { return nil }
        let dial = dials.remove(at: index)
        return dial.connection.map { (dial, $0) }
    }

    /// - Parameters:
    ///   - isLocked: whether the node takes no children until it has its answer.
    ///   - told: what the node had stored when it asked.
    func asked(
        _ dial: Dial, on connection: ConnectionID, isLocked: Bool, told: Marks, at now: Instant, limits: Limits
    ) -> Asking {
        let question = Asking(
            attempt: dial.attempt, connection: connection, contact: dial.contact,
            deadline: now + limits.answerTimeout, isLocked: isLocked, told: told)
        asking = question
        return question
    }

    /// The question has been answered or given up.
    func questionEnded() { asking = nil }

    /// Gives up the question if its time is over.
    func takeLateQuestion(at now: Instant) -> Asking? {
        guard let late = asking, late.deadline <= now else { return nil }
        asking = nil
        return late
    }

    // MARK: Refusals

    /// The candidate that was asked has refused.
    ///
    /// - Parameters:
    ///   - origin: this node.
    ///   - follows: whether the refusal of a full node is followed downward.
    func refused(
        _ refusal: Refusal, by contact: Contact, origin: Origin, follows: Bool, limits: Limits, at now: Instant
    ) {
        refused.append(contact.address)
        turnedAwayBy.insert(contact.address)
        // A winner that can be reached names other candidates itself.
        if case .merging(let winner, _, _) = purpose, winner.address == contact.address { candidates.removeAll() }
        switch refusal.reason {
        case .superseded, .duplicate: twin = refusal.others.first { $0.node == origin.node }
        case .full:
            let others = refusal.others.filter { $0.node != origin.node }.prefix(limits.candidatesPerRound)
            if !full.refusers.contains(contact.address) { full.refusers.append(contact.address) }
            full.named += others.filter { other in !full.named.contains { $0.address == other.address } }
            if follows { follow(others, limit: Limits.followedPerRound, at: now) }
        case .low: refusedAsLow.append(contact.address)
        case .vector: askAgainNamingAll(contact, at: now)
        // The winner will be free soon; the next probe finds it.
        case .busy: if isMerging { candidates.removeAll() }
        case .secret, .plain, .certificate, .loop, .draining, .order, .clock, .version, .history, nil: break
        }
    }

    /// A full node has named nodes below it, where there is room. They are asked first, also between two rounds.
    private func follow(_ named: some Sequence<Contact>, limit: Int, at now: Instant) {
        let known = dials.map(\.contact.address) + candidates.map(\.address) + refused
        let others = named.filter { !known.contains($0.address) }.prefix(max(0, limit - followed))
        followed += others.count
        candidates.insert(contentsOf: others, at: 0)
        if !others.isEmpty { resumeRound(at: now) }
    }

    /// Asks a candidate again, next and with all origins named. Each candidate is asked so once.
    func askAgainNamingAll(_ contact: Contact, at now: Instant) {
        guard !namesAllTo.contains(contact.address) else { return }
        namesAllTo.append(contact.address)
        candidates.insert(contact, at: 0)
        nextDial = now
    }

    /// A node rules, and its label allows this node to ask it again (rule L7: a candidate is asked once for each label
    /// that it shows). It may show the same label many times a second. If it were asked each time, and refused, no
    /// other candidate would ever have its turn.
    ///
    /// - Returns: whether it has become a candidate again, and an attempt to reach it that hangs and is given up.
    func rootAppeared(_ contact: Contact, label: Label, at now: Instant) -> (isCandidate: Bool, abandoned: Dial?) {
        guard appeared[contact.address].map({ $0 < label }) ?? true else { return (false, nil) }
        appeared[contact.address] = label
        refusedAsLow.removeAll { $0 == contact.address }
        // A root that is being asked may have answered before it ruled: it is asked again. So is one to which a
        // connection attempt has not finished.
        let hanging = dials.firstIndex { $0.contact.address == contact.address && $0.hangs(at: now) }
        let abandoned = hanging.map { dials.remove(at: $0) }
        let underWay = candidates + dials.map(\.contact)
        guard !underWay.contains(where: { $0.address == contact.address }) else { return (false, abandoned) }
        candidates.insert(contact, at: 0)
        resumeRound(at: now)
        return (true, abandoned)
    }

    /// The configured parent could not be reached, or has refused.
    ///
    /// - Returns: what to report; nil if it was reported before.
    func parentFailed(_ refusal: Refusal) -> ParentNotice? {
        if let reason = refusal.reason, [.secret, .plain, .certificate, .order, .clock, .history].contains(reason) {
            // Only an operator changes that: it is tried now and then.
            defer { refusedForGood = reason }
            return refusedForGood == reason ? nil : .refused
        }
        return reportedRetries.insert(refusal.reason?.rawValue ?? refusal.info).inserted ? .retrying : nil
    }

    // MARK: Rounds

    func beginRound(with candidates: [Contact], at now: Instant) {
        nextRound = nil
        nextDial = now
        refused = []
        followed = 0
        self.candidates = candidates
    }

    /// The round has ended without a parent.
    ///
    /// - Returns: whether it was the last round: then the search has failed.
    func roundEnded(at now: Instant, limits: Limits) -> Bool {
        round += 1
        switch purpose {
        case .joining(let until): return now >= until
        case .healing(let rounds, _): return round > rounds
        // A full node is asked again, and told that there is no other way.
        case .merging(_, _, let rounds):
            return round > max(rounds, members.isEmpty ? 0 : Limits.bridgeRounds) + (full.refusers.isEmpty ? 0 : 1)
        }
    }

    /// The next round begins after a pause.
    func pauses(until next: Instant) { nextRound = next }

    /// A candidate has appeared between two rounds: it is asked at once. That doesn't count as a round, so it brings
    /// promotion no nearer.
    private func resumeRound(at now: Instant) {
        guard nextRound != nil else { return }
        nextRound = nil
        nextDial = now
        round -= 1
    }
}
