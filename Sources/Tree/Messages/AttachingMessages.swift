// Messages between servers when one wants to attach to another, or probes it.

/// `AUTHENTICATE`: what a server says about itself when it wants to attach.
public struct Authenticate: Hashable, Sendable {
    public var secret: Secret
    public var kind: Kind

    /// The kind of server that wants to attach.
    public enum Kind: Hashable, Sendable {
        /// A server of the base protocol: it showed only a secret.
        case base
        /// A server of the original system: it also showed its address and its own secret.
        case original(Address?, secret: Secret)
        case node(Newcomer)
    }

    public init(secret: Secret, kind: Kind) {
        self.secret = secret
        self.kind = kind
    }
}

/// A node that wants to attach.
public struct Newcomer: Hashable, Sendable {
    /// Includes the secret that other nodes have to show to this node.
    public var contact: Contact
    public var origin: Origin
    public var attempt: AttemptID
    public var label: Label
    /// Whether the node has no children, and takes none until it has its answer (rule L2).
    public var isChildless: Bool
    /// Set by a root that attaches because it lost against another root.
    public var claim: RootClaim?
    /// The number of nodes in its branch, itself included.
    public var size: UInt32
    public var clock: ClockReading
    public var stored: VersionVector
    public var safe: VersionVector
    /// Whether the newcomer reaches no other node of the tree: a full node takes it nevertheless.
    public var hasNoOtherWay: Bool
    public var versions: WireVersions

    public init(
        contact: Contact, origin: Origin, attempt: AttemptID, label: Label, isChildless: Bool, claim: RootClaim?,
        size: UInt32, clock: ClockReading, stored: VersionVector, safe: VersionVector, hasNoOtherWay: Bool = false,
        versions: WireVersions = .current
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
        self.versions = versions
    }
}

extension Newcomer {
    /// Whether the node has just started and never been in a tree.
    var isFirstJoining: Bool { claim == nil && label == Label(term: 0, root: origin.node, depth: 0) }
}

/// The order in which a node shows entries, and what it knows of the time.
public struct ClockReading: Hashable, Sendable {
    public var order: Configuration.Order
    /// The greatest stamp that the node has seen or given.
    public var stamp: Stamp
    /// The time up to which stamps are given now, in milliseconds since 1970; nil while the node knows no time but its
    /// machine's.
    public var time: UInt64?

    public init(order: Configuration.Order, stamp: Stamp, time: UInt64?) {
        self.order = order
        self.stamp = stamp
        self.time = time
    }
}

/// `AUTHENTICATION_SUCCESS`: the answer of a server that takes another one as its child.
public struct Acceptance: Hashable, Sendable {
    /// For servers of the original system: where to go when this server is lost.
    public var backup: Contact?
    public var isRoot: Bool
    /// What a node is told in addition; nil to base servers, and from them.
    public var member: Member?

    public init(backup: Contact?, isRoot: Bool, member: Member?) {
        self.backup = backup
        self.isRoot = isRoot
        self.member = member
    }

    /// The accepting node, as it tells its new child.
    public struct Member: Hashable, Sendable {
        public var origin: Origin
        public var position: TreePosition
        /// The number of nodes on the accepting side of the new link.
        public var size: UInt32
        public var clock: ClockReading
        public var stored: VersionVector
        public var safe: VersionVector
        public var versions: WireVersions

        public init(
            origin: Origin, position: TreePosition, size: UInt32, clock: ClockReading, stored: VersionVector,
            safe: VersionVector, versions: WireVersions = .current
        ) {
            self.origin = origin
            self.position = position
            self.size = size
            self.clock = clock
            self.stored = stored
            self.safe = safe
            self.versions = versions
        }
    }
}

/// `AUTHENTICATION_FAIL`: why a server was not taken as a child, and which servers to try instead.
public struct Refusal: Hashable, Sendable {
    /// Why the asked node refuses.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case secret
        /// The link is in clear, and has to be encrypted.
        case plain
        /// The link has to be made with certificates of nodes.
        case certificate
        /// The refuser's label isn't above the asker's.
        case low
        case full
        /// The asker stands on the refuser's path, or is the refuser itself.
        case loop
        /// The refuser is in the middle of attaching; it can be asked again at once.
        case busy
        case draining
        /// The two networks show messages in different orders.
        case order
        /// The stamps or the time of one of the two are too far ahead of the other's.
        case clock
        /// The asker left origins out of its vector that the refuser can't infer: it has to name all.
        case vector
        /// What the asker says of what it has can't be true, again and again: it has to begin anew, without a past.
        case history
        /// The two nodes have no version of the protocol in common.
        case version
        /// A later life of the asker's own id is known here, and lives.
        case superseded
        /// The refuser knows an earlier life of the asker's node id, or one that started at the same moment, and that
        /// one lives.
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

/// `PROBE` and `PROBED`: the sender shows where it is in which tree, and learns the same of the other side.
public struct Probe: Hashable, Sendable {
    /// The secret of the node that is probed; absent in the answer.
    public var secret: Secret?
    public var sender: Contact
    public var label: Label
    /// The claim of the sender's root, as far as the sender knows. Nil while it has none: then it searches itself.
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
