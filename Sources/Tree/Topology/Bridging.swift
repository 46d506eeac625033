/// Decides when a root asks the nodes below it which of them reach another tree.
struct Bridging {
    /// The question of this root that isn't answered yet.
    private var question: QuestionID?
    /// That question while this root tries some of the nodes named itself, and asks nobody yet.
    private var trial: ReachQuestion?
    private var nextQuestion = Instant(nanoseconds: 0)
    private var lastQuestion: Instant?
    private var pause: Duration = .zero
    /// The addresses that the last question named.
    private var lastMissing: Set<Address> = []
    /// How many nodes were in this tree then.
    private var lastNodes = 0
    /// The roots that have to attach below this one, each with the moment since which a way to its tree is known here.
    private var yielding: [(root: NodeID, since: Instant)] = []
    /// The root that was reported as met last; nil once this node has a parent.
    private var reported: Address?
    private var hasReportedNoWay = false

    // MARK: Asking

    /// - Parameter nodes: how many nodes are in this tree. Newly come ones may reach nodes that none reached before.
    mutating func mayAsk(nodes: Int, at now: Instant, limits: Limits) -> Bool {
        if nodes > lastNodes { hurry(limits: limits) }
        return question == nil && nextQuestion <= now
    }

    /// - Parameter nodes: how many nodes are in this tree.
    mutating func asked(_ id: QuestionID, about missing: [Contact], nodes: Int, at now: Instant, limits: Limits) {
        let addresses = Set(missing.map(\.address))
        let isNews = !addresses.isSubset(of: lastMissing)
        pause = isNews ? limits.reachPause.lowerBound : min(pause * 2, limits.reachPause.upperBound)
        (question, lastQuestion, lastMissing, lastNodes) = (id, now, addresses, nodes)
        nextQuestion = now + pause * max(1, nodes / limits.reachingNodes)
    }

    /// This root tries nodes itself before it asks the nodes below about those that are left.
    mutating func beginTrial(_ question: ReachQuestion) { trial = question }

    func isTrying(for id: QuestionID) -> Bool { trial?.id == id }

    /// A node of the open question is in this tree.
    mutating func foundInside(_ address: Address, for id: QuestionID) {
        guard let asked = trial, asked.id == id else { return }
        trial = ReachQuestion(id: id, root: asked.root, missing: asked.missing.filter { $0.address != address })
    }

    /// This root has tried the nodes.
    ///
    /// - Returns: the question about those that are left; nil if none is.
    mutating func endTrial() -> ReachQuestion? {
        defer { trial = nil }
        if trial?.missing.isEmpty == true { question = nil }
        return trial.flatMap { $0.missing.isEmpty ? nil : $0 }
    }

    /// There is another tree that couldn't be reached: the next question comes soon.
    mutating func hurry(limits: Limits) {
        let soonest = (lastQuestion ?? Instant(nanoseconds: 0)) + limits.reachPause.lowerBound
        nextQuestion = lastQuestion == nil ? Instant(nanoseconds: 0) : min(nextQuestion, soonest)
    }

    /// A question was answered.
    ///
    /// - Returns: false if it isn't the open question of this root.
    mutating func answered(_ id: QuestionID) -> Bool {
        guard question == id else { return false }
        (question, trial) = (nil, nil)
        return true
    }

    /// Whether this root may attach to a tree whose root has the lesser claim. That tree should attach here. But if
    /// connections are possible in one direction only, it may find no way, and then this one goes.
    ///
    /// Until then the next question comes no later than the moment when it may: by doubled pauses it would come long
    /// after.
    mutating func mayGo(underTreeOf root: NodeID, at now: Instant, limits: Limits) -> Bool {
        yielding.removeAll { now - $0.since > limits.reachYield * 4 }
        guard let since = yielding.first(where: { $0.root == root })?.since else {
            // Each of several roots has its time: as one alone they would begin it anew for one another.
            if yielding.count < limits.foreignRoots { yielding.append((root, now)) }
            nextQuestion = min(nextQuestion, now + limits.reachYield)
            return false
        }
        if now - since >= limits.reachYield { return true }
        nextQuestion = min(nextQuestion, since + limits.reachYield)
        return false
    }

    /// The link on which the reign was being passed is lost.
    mutating func passingFailed(at now: Instant) { nextQuestion = min(nextQuestion, now) }

    // MARK: Reports

    /// This root has met another root with a greater claim.
    ///
    /// - Returns: whether that is news.
    mutating func meets(_ root: Contact) -> Bool {
        guard reported != root.address else { return false }
        reported = root.address
        hasReportedNoWay = false
        return true
    }

    /// That root can't be reached.
    ///
    /// - Returns: whether that is news.
    mutating func findsNoWay() -> Bool {
        guard reported != nil, !hasReportedNoWay else { return false }
        hasReportedNoWay = true
        return true
    }

    /// This node has a parent: its state as a root ends.
    mutating func attached() {
        (question, trial) = (nil, nil)
        yielding.removeAll()
        reported = nil
        hasReportedNoWay = false
    }
}

// How two trees whose roots can't reach each other become one (docs/protocol.md#bridges).
//
// A root asks all nodes below it which of them reach a node outside that it doesn't reach itself. It passes its reign
// along the path to the nearest such node, link by link. That node then attaches to the other tree, as any root does
// that loses. A link over which the reign passes turns round, and its connection stays: nothing is synchronised again,
// and a node that can't connect to its child keeps it.

extension Node {
    /// Whether this root must not act as a root, since another node may rule by now.
    var isPassingReign: Bool { topology.passingLock.passing != nil && mutation != .reignPassedWithoutLock }

    /// Whether this node is a root that may ask for bridges. A root that tries to attach to another one, and asks no
    /// candidate now, may do so too.
    private var mayBridge: Bool {
        guard case .root = topology.standing, topology.passingLock.passing == nil else { return false }
        if let search = topology.search, !search.isMerging || search.asking != nil { return false }
        return !draining.hasBegun && !isApart && mutation != .reignKept
    }

    /// Whether this root, whose claim is the greater one, attaches to another tree that it reaches and that doesn't
    /// come.
    func mayGo(underTreeOf root: Contact) -> Bool {
        guard mutation != .reignKept, let node = root.node else { return false }
        return topology.bridging.mayGo(underTreeOf: node, at: now.instant, limits: limits)
    }

    // MARK: Asking

    /// This root lost against another one and can't reach it. It asks the nodes below with its next probe.
    func mergingFailed(under winner: Contact) {
        guard hasChildren else { return }
        topology.bridging.hurry(limits: limits)
        timers.set(.probe, noLaterThan: now.instant + random.duration(in: limits.joinPause))
        if topology.bridging.findsNoWay() { report(.noWay(to: winner)) }
    }

    /// Asks the nodes below, if it is time and if known nodes are missing from the tree.
    func lookForBridge() {
        guard mayBridge, hasChildren,
            topology.bridging.mayAsk(nodes: componentSize, at: now.instant, limits: limits)
        else { return }
        let missing = contactsOutside(triedElsewhere: true)
        guard !missing.isEmpty else { return }
        let failed = missing.filter { topology.deadpool.hasFailed($0, at: now.instant) }.shuffled(using: &random)
        let others = missing.filter { !topology.deadpool.hasFailed($0, at: now.instant) }.shuffled(using: &random)
        let (most, half) = (limits.missingNamed, limits.missingNamed / 2)
        let named = failed.prefix(max(half, most - others.count)) + others.prefix(max(half, most - failed.count))
        let question = ReachQuestion(id: newQuestionID(), root: origin.node, missing: Array(named))
        topology.bridging.asked(
            question.id, about: missing, nodes: componentSize, at: now.instant, limits: limits)
        guard !others.isEmpty else { return begin(question, for: .bridging) }
        // In a large tree most of them are in it, too far down to be listed here. This root finds out with a few
        // connections; all nodes below would make many.
        topology.bridging.beginTrial(question)
        for contact in others where named.contains(contact) { probe(contact, .reach(question.id)) }
        triedToReach(for: question.id)
    }

    func consider(reach question: ReachQuestion, from link: Link) {
        guard link === parentLink, queries.mayTake(question.id, limit: limits.openQuestions) else {
            return send(.reached(ReachAnswer(id: question.id, bridge: nil)), to: link.connection)
        }
        begin(question, for: .link(link.connection))
    }

    private func begin(_ question: ReachQuestion, for asker: Question.Asker) {
        ask(question.id, .reach(question, nil), for: asker)
        for contact in question.missing.prefix(limits.missingNamed)
        where contact.node != origin.node && contact.address != configuration.address
            && !links.contains(where: { $0.contact.address == contact.address })
        {
            probe(contact, .reach(question.id))
        }
        triedToReach(for: question.id)
    }

    // MARK: Being answered

    /// A missing node answers a probe.
    func reached(_ answer: Probe, at address: Address, for id: QuestionID) {
        guard let claim = answer.claim, let root = claim.root.node else { return }
        if root == origin.node { return topology.bridging.foundInside(address, for: id) }
        let bridge = Bridge(path: [], target: answer.sender, claim: claim)
        if topology.bridging.isTrying(for: id) { return conclude(ownQuestion: id, bridge) }
        guard case .reach(let question, _)? = queries[id]?.subject, root != question.root, root != topology.label.root
        else { return }
        conclude(queries.triedToReach(id, bridge))
    }

    /// Ends this node's own part of a question once it has tried all nodes named.
    func triedToReach(for id: QuestionID) {
        guard !topology.probing.isReaching(for: id) else { return }
        guard topology.bridging.isTrying(for: id) else { return conclude(queries.triedToReach(id, nil)) }
        guard let question = topology.bridging.endTrial() else { return }
        guard mayBridge else { return conclude(ownQuestion: id, nil) }
        begin(question, for: .bridging)
    }

    func reachAnswered(_ answer: ReachAnswer, on link: Link) {
        conclude(queries.answered(answer, by: link.connection))
    }

    func concludeReach(_ question: Question, _ bridge: Bridge?) {
        switch question.asker {
        case .link(let link):
            var bridge = bridge
            bridge?.path.insert(origin.node, at: 0)
            send(.reached(ReachAnswer(id: question.id, bridge: bridge)), to: link)
        case .bridging: conclude(ownQuestion: question.id, bridge)
        case .client, .baseServer, .tool, .durability, .resuming, .balancing: break
        }
    }

    private func conclude(ownQuestion id: QuestionID, _ bridge: Bridge?) {
        guard topology.bridging.answered(id), let bridge, mayBridge else { return }
        use(bridge)
    }

    /// Uses a bridge. If its path is empty, this root itself reaches the other tree.
    private func use(_ bridge: Bridge) {
        guard bridge.claim.root.node != origin.node else { return }
        let loses = ownClaim < bridge.claim
        guard loses || mayGo(underTreeOf: bridge.claim.root) else { return }
        if bridge.path.isEmpty {
            beginMerging(under: loses ? bridge.claim.root : bridge.target, by: bridge.target)
        } else {
            passReign(along: bridge.path, toReach: bridge.target)
        }
    }
}
