/// What keeps a node from the tree that it was to join: for whoever runs it.
public struct JoinTrouble: Hashable, Sendable {
    /// The configured parent; nil for a node that has none.
    public var parent: Address?
    /// Nil where nobody has refused.
    public var reason: Refusal.Reason?
    /// What happened and what to do, in a sentence.
    public var info: String

    public init(parent: Address?, reason: Refusal.Reason?, info: String) {
        self.parent = parent
        self.reason = reason
        self.info = info
    }
}

/// Why a connection can't be had.
public enum ConnectFailure: Hashable, Sendable {
    case noSuchHost
    case refused
    case timedOut
    case unreachable

    /// What happened and what to do, where that was the configured parent.
    var info: String {
        switch self {
        case .noSuchHost: "its host name can't be looked up: check -rh"
        case .refused: "nobody listens there: check -rh and -rp, and that the parent runs"
        case .timedOut: "no answer: check -rh and -rp, and that the way there is open"
        case .unreachable: "it can't be reached: check -rh and -rp, and that the way there is open"
        }
    }
}

/// A node that goes on without the parent that it was configured with: why, and when it tries again.
struct Unjoined {
    let since: Instant
    /// Why the parent can't be had, as far as is known by now.
    fileprivate(set) var why: Refusal
    /// The other process with this node's identity, which is in its position: until it is gone this one stands apart.
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
        nextNotice = now + limits.unjoinedNotice
    }

    /// When the node is to be woken for a try or a notice.
    var nextWake: Instant { min(nextNotice, nextTry) }

    /// What is due when the node is woken.
    struct Due: Equatable {
        let notice: Bool
        let attempt: Bool
    }

    /// - Parameter foreignPause: for how long nobody is tried at the parent's address, since something that is no node
    ///   answers there.
    fileprivate mutating func takeDue(at now: Instant, foreignPause: Duration?, limits: Limits) -> Due {
        let due = Due(notice: nextNotice <= now, attempt: nextTry <= now)
        if due.notice { nextNotice = now + limits.unjoinedNotice }
        if due.attempt {
            let longest = why.reason == nil ? limits.unreachedPause : limits.unjoinedPause.upperBound
            pause = min(pause * 2, longest)
            // Something that is no node is asked as seldom as anything of its kind.
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

/// Decides what keeps this node out of the tree that it was to join, what people are told of that and of nodes that it
/// refuses, and which other lives of a newcomer are looked for.
struct Joining {
    /// Why the configured parent could not be had the last time, while the node joins.
    private(set) var failure: Refusal?
    /// Nil while the node joins, and once it is in its tree.
    private(set) var unjoined: Unjoined?
    private var refusalNotices = RefusalNotices()
    private var lifeChecks = LifeChecks()
    private var lastTwinProbe: Instant?

    /// Whether another process with this node's identity is in its position.
    var isApart: Bool { unjoined?.twin != nil }

    /// Whether something is known that keeps the node from joining.
    var hasReason: Bool { unjoined != nil || failure != nil }

    // MARK: The configured parent

    /// The configured parent was tried in vain.
    ///
    /// - Parameter isJoining: whether the node still looks for its first position.
    mutating func parentFailed(_ why: Refusal, isJoining: Bool) {
        if unjoined != nil {
            if !isApart { unjoined?.why = why }
        } else if isJoining {
            failure = why
        }
    }

    /// The node goes on without its configured parent.
    ///
    /// - Parameters:
    ///   - reason: why; nil for the last failure.
    ///   - twin: the process that is in this node's position.
    mutating func gaveUp(because reason: Refusal?, twin: Contact?, at now: Instant, limits: Limits) -> Unjoined {
        let why = reason ?? failure ?? Refusal(reason: nil, info: ConnectFailure.timedOut.info)
        let begun = Unjoined(why, twin: twin, at: now, limits: limits)
        unjoined = begun
        return begun
    }

    /// The node is in its tree, or is to have nobody above it.
    mutating func joined() {
        failure = nil
        unjoined = nil
    }

    /// The node is woken; nil if it isn't unjoined any more.
    mutating func takeDue(at now: Instant, foreignPause: Duration?, limits: Limits) -> Unjoined.Due? {
        unjoined?.takeDue(at: now, foreignPause: foreignPause, limits: limits)
    }

    // MARK: Twins

    /// A node that is unjoined already learns that another process is in its position.
    mutating func stoodApart(from twin: Contact, because why: Refusal) {
        unjoined?.why = why
        unjoined?.twin = twin
    }

    /// The other process is gone: the configured parent is tried again.
    mutating func twinGone(_ why: Refusal, at now: Instant, limits: Limits) {
        unjoined?.twinGone(why, at: now, limits: limits)
    }

    /// Whether another process with this node's identity is to be looked for, because somebody has named one: at most
    /// once in `Limits.raisePause`.
    mutating func mayProbeTwin(at now: Instant, limits: Limits) -> Bool {
        if let lastTwinProbe, now - lastTwinProbe < limits.raisePause { return false }
        lastTwinProbe = now
        return true
    }

    /// Whether another life of a newcomer lives, as far as was found out lately. `begins` tells that it has to be asked
    /// now.
    mutating func lifeCheck(
        of other: Contact, at now: Instant, limits: Limits
    ) -> (finding: LifeChecks.Finding, begins: Bool) {
        lifeChecks.check(other, at: now, limits: limits)
    }

    /// It is known now whether another life lives at an address.
    mutating func lifeChecked(at address: Address, isAlive: Bool, at now: Instant) {
        lifeChecks.answered(at: address, isAlive: isAlive, at: now)
    }

    // MARK: Nodes that are refused

    /// A node was refused for a reason that only an operator can help.
    ///
    /// - Returns: how many others were refused and not told of; nil if this one isn't to be told of now.
    mutating func refused(
        _ address: Address?, because reason: Refusal.Reason, at now: Instant, limits: Limits
    ) -> Int? {
        refusalNotices.others(than: address, reason, limits: limits, at: now)
    }
}

// A node whose configured parent can't be had (docs/protocol.md#attaching).
//
// It serves its own clients as a root, and doesn't look healthy: it says why in its status, and in its log every
// minute. It keeps trying, with pauses that grow. That ends as soon as it has a parent, or meets the configured one
// in its own tree. A node that was joined once and lost its tree later isn't one of these.

extension Node {
    /// Nil for a node that is in its tree, or is to have none above it.
    var joinTrouble: JoinTrouble? {
        let parent = configuration.parent
        if let unjoined = joining.unjoined {
            return JoinTrouble(parent: parent, reason: unjoined.why.reason, info: advice(unjoined.why))
        }
        guard case .joining = topology.standing else { return nil }
        let why = joining.failure.map(advice) ?? "it still looks for its parent"
        return JoinTrouble(parent: parent, reason: joining.failure?.reason, info: why)
    }

    /// What happened and what to do. Of who refuses a secret the own words are left out, since they may show it.
    func advice(_ why: Refusal) -> String {
        switch why.reason {
        case .secret: "it refuses the secret: check -s/--parent-secret"
        case .loop: "\(why.info): check -rh and -rp, which lead to this node itself or to one below it"
        case .order: "\(why.info): check --order"
        default: why.info
        }
    }

    /// The node goes on without its configured parent.
    ///
    /// - Parameters:
    ///   - reason: why; nil for what the last try has shown.
    ///   - twin: the process that is in this node's position.
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

    /// A try is due, or a line in the log.
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

    /// An address was tried in vain: that is of interest if it is the configured parent's.
    func noteFailure(of address: Address, _ why: Refusal) {
        guard address == configuration.parent else { return }
        var isJoining = false
        if case .joining = topology.standing { isJoining = true }
        joining.parentFailed(why, isJoining: isJoining)
    }

    /// The configured parent takes connections and has said nothing so far. What it has said before tells more.
    func noteSilence(of address: Address) {
        guard !joining.hasReason else { return }
        noteFailure(of: address, Refusal(reason: nil, info: "\(ForeignServer.silent): check -rh and -rp"))
    }

    /// The configured parent has answered a probe: is it in this tree already?
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
