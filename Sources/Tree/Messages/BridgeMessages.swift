// Messages between the nodes of a tree whose root can't reach another tree that other nodes may reach.

/// A root's question to every node below it: which of you reaches a node outside of this tree?
public struct ReachQuestion: Hashable, Sendable {
    public let id: QuestionID
    /// The root that asks. A node that names another root is outside.
    public let root: NodeID
    /// Contacts of nodes that the root knows and that aren't in its tree.
    public let missing: [Contact]

    public init(id: QuestionID, root: NodeID, missing: [Contact]) {
        self.id = id
        self.root = root
        self.missing = missing
    }
}

/// The answer of a branch to a `ReachQuestion`.
public struct ReachAnswer: Hashable, Sendable {
    public let id: QuestionID
    /// The nearest bridge that was found; nil if no node of the branch reaches another tree.
    public let bridge: Bridge?

    public init(id: QuestionID, bridge: Bridge?) {
        self.id = id
        self.bridge = bridge
    }
}

/// A way from one tree into another: a node of this one that reaches a node of that one.
public struct Bridge: Hashable, Sendable {
    /// The nodes on the way down, from the child of the receiver to the node that reaches the other tree; empty if that
    /// is the receiver itself.
    public var path: [NodeID]
    /// The node of the other tree.
    public let target: Contact
    /// The claim of the other tree's root.
    public let claim: RootClaim

    public init(path: [NodeID], target: Contact, claim: RootClaim) {
        self.path = path
        self.target = target
        self.claim = claim
    }

    /// The bridge with fewer links to turn round.
    static func nearest(_ a: Bridge?, _ b: Bridge?) -> Bridge? {
        guard let a, let b else { return a ?? b }
        return b.path.count < a.path.count ? b : a
    }
}

/// A root passes its reign to a child. The link between them turns round; the connection stays.
public struct ReignPassing: Hashable, Sendable {
    /// The child has to rule with a greater term than this.
    public let term: UInt64
    /// The number of the turned link's attempt, as if the sender had asked for the link.
    public let attempt: AttemptID
    /// The claim goes to the child with the reign: it decides which of two roots stays one.
    public let priority: Int32
    public let reign: UInt64?
    /// The nodes through which the reign goes on from the child; empty if the child itself reaches the other tree.
    public let path: [NodeID]
    /// The node under which the last of them attaches.
    public let target: Contact

    public init(
        term: UInt64, attempt: AttemptID, priority: Int32, reign: UInt64?, path: [NodeID], target: Contact
    ) {
        self.term = term
        self.attempt = attempt
        self.priority = priority
        self.reign = reign
        self.path = path
        self.target = target
    }
}
