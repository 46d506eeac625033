/// The state of an unjoined node: why it goes on without its configured parent, and when it tries again.
struct Unjoined {
    let since: Instant
    /// Why the parent can't be reached, as far as the node knows.
    fileprivate(set) var why: Refusal
    /// The twin that is in this node's position: until it is gone this process stands apart.
    fileprivate(set) var twin: Contact?
    /// The pause before the next try.
    private var pause: Duration
    private(set) var nextTry: Instant
    private var nextNotice: Instant

    fileprivate init(_ why: Refusal, twin: Contact?, at now: Instant, limits: Limits) {
        since = now
        self.why = why
        self.twin = twin
        pause = limits.unjoinedPause.lowerBound
        nextTry = now + pause
        nextNotice = now + Limits.unjoinedNotice
    }

    /// When the node has to be woken for a try or a notice.
    var nextWake: Instant { min(nextNotice, nextTry) }

    /// What is due when the node is woken.
    struct Due: Equatable {
        let notice: Bool
        let attempt: Bool
    }

    /// - Parameter foreignPause: how long the parent's address must not be tried, since a server that is no node
    ///   answers there.
    fileprivate mutating func takeDue(at now: Instant, foreignPause: Duration?, limits: Limits) -> Due {
        let due = Due(notice: nextNotice <= now, attempt: nextTry <= now)
        if due.notice { nextNotice = now + Limits.unjoinedNotice }
        if due.attempt {
            let longest = why.reason == nil ? limits.unreachedPause : limits.unjoinedPause.upperBound
            pause = min(pause * 2, longest)
            // A server that is no node is tried as rarely as at any other address.
            nextTry = now + max(pause, foreignPause ?? .zero)
        }
        return due
    }

    fileprivate mutating func twinGone(_ why: Refusal, at now: Instant, limits: Limits) {
        twin = nil
        self.why = why
        pause = limits.unjoinedPause.lowerBound
        nextTry = now + pause
    }
}

/// Tracks what keeps this node out of the tree that it was to join. Also decides what operators are told of that and of
/// refused nodes, and which other lives of a newcomer are probed.
struct Joining {
    /// While the node joins: why the last try of the configured parent failed.
    private(set) var failure: Refusal?
    /// Nil while the node joins, and once it is in its tree.
    private(set) var unjoined: Unjoined?
    private var refusalNotices = RefusalNotices()
    private var lifeChecks = LifeChecks()
    private var lastTwinProbe: Instant?

    /// Whether a twin is in this node's position.
    var isApart: Bool { unjoined?.twin != nil }

    /// Whether the node knows what keeps it from joining.
    var hasReason: Bool { unjoined != nil || failure != nil }

    // MARK: The configured parent

    /// A try of the configured parent has failed.
    ///
    /// - Parameter isJoining: whether the node still searches for its first position.
    mutating func parentFailed(_ why: Refusal, isJoining: Bool) {
        if unjoined != nil {
            if !isApart { unjoined?.why = why }
        } else if isJoining {
            failure = why
        }
    }

    /// The node goes on without its configured parent: it is unjoined.
    ///
    /// - Parameters:
    ///   - reason: why; nil for the reason of the last failure.
    ///   - twin: the twin that is in this node's position; nil for none.
    mutating func gaveUp(because reason: Refusal?, twin: Contact?, at now: Instant, limits: Limits) -> Unjoined {
        let why = reason ?? failure ?? Refusal(reason: nil, info: ConnectFailure.timedOut.info)
        let begun = Unjoined(why, twin: twin, at: now, limits: limits)
        unjoined = begun
        return begun
    }

    /// The node is in its tree, or is meant to be a root.
    mutating func joined() {
        failure = nil
        unjoined = nil
    }

    /// What is due now that the node is woken; nil if it isn't unjoined any more.
    mutating func takeDue(at now: Instant, foreignPause: Duration?, limits: Limits) -> Unjoined.Due? {
        unjoined?.takeDue(at: now, foreignPause: foreignPause, limits: limits)
    }

    // MARK: Twins

    /// A node that is unjoined already learns that a twin is in its position.
    mutating func stoodApart(from twin: Contact, because why: Refusal) {
        unjoined?.why = why
        unjoined?.twin = twin
    }

    /// The twin is gone: the configured parent is tried again.
    mutating func twinGone(_ why: Refusal, at now: Instant, limits: Limits) {
        unjoined?.twinGone(why, at: now, limits: limits)
    }

    /// Whether to probe for a twin that another node has named: at most once in `Limits.raisePause`.
    mutating func mayProbeTwin(at now: Instant, limits: Limits) -> Bool {
        if let lastTwinProbe, now - lastTwinProbe < Limits.raisePause { return false }
        lastTwinProbe = now
        return true
    }

    /// Whether another life of a newcomer lives, as far as was found out lately. `begins` is true if it has to be
    /// probed now.
    mutating func lifeCheck(
        of other: Contact, at now: Instant, limits: Limits
    ) -> (finding: LifeChecks.Finding, begins: Bool) {
        lifeChecks.check(other, at: now, limits: limits)
    }

    /// It was found out whether another life lives at an address.
    mutating func lifeChecked(at address: Address, isAlive: Bool, at now: Instant) {
        lifeChecks.answered(at: address, isAlive: isAlive, at: now)
    }

    // MARK: Refused nodes

    /// A node was refused for a reason that only an operator can help.
    ///
    /// - Returns: how many others were refused and not reported; nil if this one isn't to be reported now.
    mutating func refused(
        _ address: Address?, because reason: Refusal.Reason, at now: Instant, limits: Limits
    ) -> Int? {
        refusalNotices.others(than: address, reason, limits: limits, at: now)
    }
}

// Unjoined nodes: their configured parent can't be reached (docs/protocol.md#attaching).
//
// Such a node serves its own clients as a root, and doesn't look healthy: it says why in its status, and in its log
// every minute. It keeps trying, with growing pauses. That ends as soon as it has a parent, or meets the configured one
// in its own tree. A node that had joined once and lost its tree later isn't unjoined.

extension Node {
    /// What keeps this node from its tree; nil if it is in its tree, or is meant to be a root.
    var joinTrouble: JoinTrouble? {
        let parent = configuration.parent
        if let unjoined = joining.unjoined {
            return JoinTrouble(parent: parent, reason: unjoined.why.reason, info: advice(unjoined.why))
        }
        guard case .joining = topology.standing else { return nil }
        let why = joining.failure.map(advice) ?? "it still looks for its parent"
        return JoinTrouble(parent: parent, reason: joining.failure?.reason, info: why)
    }

    /// What happened and what to do. If a node refuses the secret, its own words are left out, since they may contain
    /// the secret.
    func advice(_ why: Refusal) -> String {
        switch why.reason {
        case .secret: "it refuses the secret: check \(SecretKind.parent.places)"
        case .loop: "\(why.info): check -rh and -rp, which lead to this node itself or to one below it"
        case .order: "\(why.info): check --order"
        default: why.info
        }
    }

    /// The node goes on without its configured parent: it is unjoined.
    ///
    /// - Parameters:
    ///   - reason: why; nil for the reason of the last failure.
    ///   - twin: the twin that is in this node's position; nil for none.
    func beginUnjoined(_ reason: Refusal? = nil, twin: Contact?) {
        let unjoined = joining.gaveUp(because: reason, twin: twin, at: now.instant, limits: limits)
        timers.set(.unjoined, noLaterThan: unjoined.nextTry)
        let why = unjoined.why
        report(.notJoined(JoinTrouble(parent: configuration.parent, reason: why.reason, info: advice(why))))
    }

    func endUnjoined() {
        joining.joined()
        timers[.unjoined] = nil
    }

    /// An unjoined node tries again or reports its state, as is due.
    func remindOfUnjoined() {
        let foreign = configuration.parent.flatMap { topology.deadpool.foreign.pause(of: $0, at: now.instant) }
        guard let due = joining.takeDue(at: now.instant, foreignPause: foreign, limits: limits),
            let unjoined = joining.unjoined
        else { return }
        if due.notice, let trouble = joinTrouble { report(.unjoined(trouble, for: now.instant - unjoined.since)) }
        timers[.unjoined] = unjoined.nextWake
        guard due.attempt, topology.search == nil, !draining.hasBegun else { return }
        if let twin = unjoined.twin { return probe(twin, .life) }
        if let parent = configuration.parent, foreign == nil { probe(Contact(address: parent), .parent) }
    }

    /// A try of an address has failed. That matters if it is the configured parent's.
    func noteFailure(of address: Address, _ why: Refusal) {
        guard address == configuration.parent else { return }
        var isJoining = false
        if case .joining = topology.standing { isJoining = true }
        joining.parentFailed(why, isJoining: isJoining)
    }

    /// The configured parent accepts connections and has said nothing so far. If it said something before, that tells
    /// more.
    func noteSilence(of address: Address) {
        guard !joining.hasReason else { return }
        noteFailure(of: address, Refusal(reason: nil, info: "\(ForeignServer.silent): check -rh and -rp"))
    }

    /// The configured parent has answered a probe: checks whether it is in this tree already.
    func parentAnswered(_ answer: Probe) {
        guard joining.unjoined != nil, !isApart else { return }
        if answer.sender.node == origin.node {
            joining.parentFailed(Refusal(reason: .loop, info: "this is the node itself"), isJoining: false)
        } else if let root = answer.claim?.root, root.node == topology.label.root,
            root.node != origin.node || root.origin == origin
        {
            endUnjoined()
        } else if answer.claim == nil {
            joining.parentFailed(
                Refusal(reason: .busy, info: "it has not found its own place yet"), isJoining: false)
        }
    }
}
