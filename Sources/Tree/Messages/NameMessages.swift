// Questions about names that travel through the tree.

/// Names a question while it crosses the tree.
public struct QuestionID: Hashable, Comparable, Sendable {
    public let asker: Origin
    public let count: UInt64

    public init(asker: Origin, count: UInt64) {
        self.asker = asker
        self.count = count
    }

    public static func < (a: QuestionID, b: QuestionID) -> Bool { (a.asker, a.count) < (b.asker, b.count) }
}

/// `LOCK_REQUEST` asks whether this name may be registered; `LOGIN_REQUEST` asks a node for the account of this name,
/// and is asked by a server of the original system whether this is the secret of this name.
public struct NameQuestion: Hashable, Sendable {
    public var username: String
    /// Nil between nodes: a user's secret stays at the node where it was shown. The other servers read and send one.
    public var secret: Secret?
    /// Nil from a base server.
    public var id: QuestionID?
    public var stamp: Stamp

    public init(username: String, secret: Secret? = nil, id: QuestionID?, stamp: Stamp) {
        self.username = username
        self.secret = secret
        self.id = id
        self.stamp = stamp
    }

    /// As other nodes are asked.
    var forNodes: NameQuestion { NameQuestion(username: username, id: id, stamp: stamp) }
}

/// The answer to a `NameQuestion`.
public struct NameAnswer: Hashable, Sendable {
    public var username: String
    /// As in the question.
    public var secret: Secret?
    /// Nil from a base server.
    public var id: QuestionID?
    /// If the name of a login is known: its account. Each node on the answer's way records it, and the node that asked
    /// checks the secret.
    public var account: Account?
    /// If a login is denied: whether a node that might know the name was out of reach.
    public var isUnknown: Bool

    public init(
        username: String, secret: Secret? = nil, id: QuestionID?, account: Account? = nil, isUnknown: Bool = false
    ) {
        self.username = username
        self.secret = secret
        self.id = id
        self.account = account
        self.isUnknown = isUnknown
    }
}
