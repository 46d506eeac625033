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

/// `LOCK_REQUEST` asks whether this name may be registered; `LOGIN_REQUEST` asks whether this is the secret of this
/// name.
public struct NameQuestion: Hashable, Sendable {
    public var username: String
    public var secret: Secret
    /// Nil from a base server.
    public var id: QuestionID?
    public var stamp: Stamp

    public init(username: String, secret: Secret, id: QuestionID?, stamp: Stamp) {
        self.username = username
        self.secret = secret
        self.id = id
        self.stamp = stamp
    }
}

/// The answer to a `NameQuestion`.
public struct NameAnswer: Hashable, Sendable {
    public var username: String
    public var secret: Secret
    /// Nil from a base server.
    public var id: QuestionID?
    /// If a login is allowed: the account. Each node on the answer's way records it.
    public var account: Account?
    /// If a login is denied: whether a node that might know the name was out of reach.
    public var isUnknown: Bool

    public init(
        username: String, secret: Secret, id: QuestionID?, account: Account? = nil, isUnknown: Bool = false
    ) {
        self.username = username
        self.secret = secret
        self.id = id
        self.account = account
        self.isUnknown = isUnknown
    }
}
