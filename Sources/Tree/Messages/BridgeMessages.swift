// What the nodes of a tree tell each other when its root can't reach another tree that some of them may reach.

/// Who of you reaches somebody outside of this tree? Asked by a root, of every node below it.
public struct ReachQuestion: Hashable, Sendable {
    public let id: QuestionID
    /// The root that asks. Whoever names another root is outside.
    public let root: NodeID
    /// Where nodes are known to the root that aren't in its tree.
    public let missing: [Contact]

    public init(id: QuestionID, root: NodeID, missing: [Contact]) {
        self.id = id
        self.root = root
        self.missing = missing
    }
}

/// What a branch answers to a `ReachQuestion`.
public struct ReachAnswer: Hashable, Sendable {
    public let id: QuestionID
    /// The nearest one that was found; nil if nobody in the branch reaches anybody.
    public let bridge: Bridge?

    public init(id: QuestionID, bridge: Bridge?) {
        self.id = id
        self.bridge = bridge
    }
}

/// A way from one tree into another: a node of this one that reaches a node of that one.
public struct Bridge: Hashable, Sendable {
    /// From below whoever reads this down to the node that reaches the other tree; empty for the reader itself.
    public var path: [NodeID]
    /// The node of the other tree.
    public let target: Contact
    /// Of the other tree's root.
    public let claim: RootClaim

    public init(path: [NodeID], target: Contact, claim: RootClaim) {
        self.path = path
        self.target = target
        self.claim = claim
    }

    /// Of two ways the one with fewer links to turn.
    static func nearest(_ a: Bridge?, _ b: Bridge?) -> Bridge? {
        guard let a, let b else { return a ?? b }
        return b.path.count < a.path.count ? b : a
    }
}

/// A root passes its reign to a child: the link between them turns round, and stands.
public struct ReignPassing: Hashable, Sendable {
    /// The child is to rule above this term.
    public let term: UInt64
    /// The sender's own number for the turned link, as if it had asked for it.
    public let attempt: AttemptID
    /// What decides which of two roots stays one goes along with the reign.
    public let priority: Int32
    public let reign: UInt64?
    /// To whom the child passes it on, one after the other; empty if the child is the one that reaches the other tree.
    public let path: [NodeID]
    /// Under whom the last one goes.
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
