// What servers say when one wants to attach to another, or asks who rules there.

/// What a server says of itself when it wants to attach.
public struct Authenticate: Hashable, Sendable {
    public var secret: Secret
    public var kind: Kind

    public enum Kind: Hashable, Sendable {
        /// Speaks the base protocol alone: it showed nothing but a secret.
        case base
        /// Speaks the original system's protocol: it showed its address and its own secret besides.
        case original(Address?, secret: Secret)
        case node(Newcomer)
    }

    public init(secret: Secret, kind: Kind) {
        self.secret = secret
        self.kind = kind
    }
}

public struct Newcomer: Hashable, Sendable {
    /// With the secret that it wants to be shown itself.
    public var contact: Contact
    public var origin: Origin
    public var attempt: AttemptID
    public var label: Label
    /// Whether it has no children, and takes none until it is answered (rule L2).
    public var isChildless: Bool
    /// Set by a root that attaches because it lost against another root.
    public var claim: RootClaim?
    /// Nodes in its branch, itself included.
    public var size: UInt32
    public var clock: ClockReading
    public var stored: VersionVector
    public var safe: VersionVector
    /// It reaches nobody else of the tree: a full node makes room for it.
    public var hasNoOtherWay: Bool

    public init(
        contact: Contact, origin: Origin, attempt: AttemptID, label: Label, isChildless: Bool, claim: RootClaim?,
        size: UInt32, clock: ClockReading, stored: VersionVector, safe: VersionVector, hasNoOtherWay: Bool = false
    ) {
        self.contact = contact
        self.origin = origin
        self.attempt = attempt
        self.label = label
        self.isChildless = isChildless
        self.claim = claim
        self.size = size
        self.clock = clock
        self.stored = stored
        self.safe = safe
        self.hasNoOtherWay = hasNoOtherWay
    }
}

extension Newcomer {
    /// It was just started and has said nothing yet.
    var isFirstJoining: Bool { claim == nil && label == Label(term: 0, root: origin.node, depth: 0) }
}

/// In which order a node shows what is said, and what it knows of the time.
public struct ClockReading: Hashable, Sendable {
    public var order: Configuration.Order
    /// The greatest stamp that it has seen or given.
    public var stamp: Stamp
    /// Up to where stamps are now, in milliseconds since 1970; nil while it knows no time but its machine's.
    public var time: UInt64?

    public init(order: Configuration.Order, stamp: Stamp, time: UInt64?) {
        self.order = order
        self.stamp = stamp
        self.time = time
    }
}

/// The answer of a server that takes another one as its child.
public struct Acceptance: Hashable, Sendable {
    /// What the original system's servers are told: where to go when this server is lost.
    public var backup: Contact?
    public var isRoot: Bool
    /// What a node is told besides; nil for servers that are no nodes, and from them.
    public var member: Member?

    public init(backup: Contact?, isRoot: Bool, member: Member?) {
        self.backup = backup
        self.isRoot = isRoot
        self.member = member
    }

    public struct Member: Hashable, Sendable {
        public var origin: Origin
        public var position: TreePosition
        /// Nodes on the accepting side of the new link.
        public var size: UInt32
        public var clock: ClockReading
        public var stored: VersionVector
        public var safe: VersionVector

        public init(
            origin: Origin, position: TreePosition, size: UInt32, clock: ClockReading, stored: VersionVector,
            safe: VersionVector
        ) {
            self.origin = origin
            self.position = position
            self.size = size
            self.clock = clock
            self.stored = stored
            self.safe = safe
        }
    }
}

/// Why a server was not taken as a child, and whom to try instead.
public struct Refusal: Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case secret
        /// The refuser's label isn't above the asker's.
        case low
        case full
        /// The asker stands on the refuser's path, or is the refuser itself.
        case loop
        /// The refuser is in the middle of attaching; it can be asked again at once.
        case busy
        case draining
        /// The asker's network shows its messages in another order.
        case order
        /// One of the two has stamps, or a time, too far ahead of the other's.
        case clock
        /// The asker left out of its vector what the refuser can't tell: it is asked to name all.
        case vector
        /// What the asker says of what it has can't be true, again and again: it has to begin anew, without a past.
        case history
        /// A later life of the asker's own id is known here, and lives.
        case superseded
        /// An earlier one, or another one of the same moment, and it lives.
        case duplicate
    }

    public var reason: Reason?
    public var info: String
    public var others: [Contact]

    public init(reason: Reason?, info: String, others: [Contact] = []) {
        self.reason = reason
        self.info = info
        self.others = others
    }
}

public struct Probe: Hashable, Sendable {
    /// Present in a probe, absent in its answer.
    public var secret: Secret?
    public var sender: Contact
    public var label: Label
    /// Of the sender's root, as far as the sender knows. Nil while it has none: then it searches for one itself.
    public var claim: RootClaim?
    public var clock: ClockReading

    public init(secret: Secret?, sender: Contact, label: Label, claim: RootClaim?, clock: ClockReading) {
        self.secret = secret
        self.sender = sender
        self.label = label
        self.clock = clock
        self.claim = claim
    }
}
