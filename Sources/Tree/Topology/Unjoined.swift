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

/// A node that goes on without the parent that it was configured with.
struct Unjoined {
    let since: Instant
    var why: Refusal
    /// The one before the next try.
    var pause: Duration
    var nextTry: Instant
    var nextNotice: Instant
    /// The other process with this node's identity, which is in its place: until it is gone this one stands apart.
    var twin: Contact?
}

// A node whose configured parent can't be had (docs/protocol.md#attaching).
//
// It serves its own clients as a root, and doesn't look healthy: it says why in its status, and in its log every
// minute. It goes on trying, with pauses that grow. That ends as soon as it has a parent, or meets the configured one
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

    /// The time for the configured parent is over.
    func beginUnjoined(_ reason: Refusal? = nil) {
        let why = reason ?? joining.failure ?? Refusal(reason: nil, info: ConnectFailure.timedOut.info)
        let pause = limits.unjoinedPause.lowerBound
        joining.unjoined = Unjoined(
            since: now.instant, why: why, pause: pause, nextTry: now.instant + pause,
            nextNotice: now.instant + limits.unjoinedNotice)
        timers.set(.unjoined, noLaterThan: now.instant + pause)
        report(.notJoined(JoinTrouble(parent: configuration.parent, reason: why.reason, info: advice(why))))
    }

    func endUnjoined() {
        joining.failure = nil
        joining.unjoined = nil
        timers[.unjoined] = nil
    }

    /// A try is due, or a line in the log.
    func remindOfUnjoined() {
        guard var state = joining.unjoined else { return }
        if state.nextNotice <= now.instant {
            state.nextNotice = now.instant + limits.unjoinedNotice
            if let trouble = joinTrouble { report(.unjoined(trouble, for: now.instant - state.since)) }
        }
        let isDue = state.nextTry <= now.instant
        if isDue {
            let longest = state.why.reason == nil ? limits.unreachedPause : limits.unjoinedPause.upperBound
            state.pause = min(state.pause * 2, longest)
            // What is there instead of a node is asked as seldom as anything of its kind.
            let foreign = configuration.parent.flatMap { topology.deadpool.foreign.pause(of: $0, at: now.instant) }
            state.nextTry = now.instant + max(state.pause, foreign ?? .zero)
        }
        joining.unjoined = state
        timers[.unjoined] = min(state.nextNotice, state.nextTry)
        guard isDue, topology.search == nil, !draining.hasBegun else { return }
        if let twin = state.twin { return probe(twin, .life) }
        if let parent = configuration.parent, topology.deadpool.foreign.pause(of: parent, at: now.instant) == nil {
            probe(Contact(address: parent), .parent)
        }
    }

    /// The configured parent was tried again in vain.
    func noteFailure(of address: Address, _ why: Refusal) {
        guard address == configuration.parent else { return }
        if joining.unjoined != nil {
            if !isApart { joining.unjoined!.why = why }
        } else if case .joining = topology.standing {
            joining.failure = why
        }
    }

    /// The configured parent takes connections and has said nothing so far. What it has said before tells more.
    func noteSilence(of address: Address) {
        guard joining.unjoined == nil, joining.failure == nil else { return }
        noteFailure(of: address, Refusal(reason: nil, info: "\(ForeignServer.silent): check -rh and -rp"))
    }

    /// The configured parent has answered a probe: is it in this tree already?
    func parentAnswered(_ answer: Probe) {
        guard joining.unjoined != nil, !isApart else { return }
        if answer.sender.node == origin.node {
            joining.unjoined!.why = Refusal(reason: .loop, info: "this is the node itself")
        } else if let root = answer.claim?.root, root.node == topology.label.root,
            root.node != origin.node || root.origin == origin
        {
            endUnjoined()
        } else if answer.claim == nil {
            joining.unjoined!.why = Refusal(reason: .busy, info: "it has not found its own place yet")
        }
    }
}
