// Questions about names that travel through the tree.

/// Names one question while it travels through the tree.
public struct QuestionID: Hashable, Comparable, Sendable {
    public let asker: Origin
    public let count: UInt64

    public init(asker: Origin, count: UInt64) {
        self.asker = asker
        self.count = count
    }

    public static func < (a: QuestionID, b: QuestionID) -> Bool { (a.asker, a.count) < (b.asker, b.count) }
}

/// `LOCK_REQUEST`: may this name be taken? `LOGIN_REQUEST`: is this the secret of this name?
public struct NameQuestion: Hashable, Sendable {
    public var username: String
    public var secret: Secret
    /// Nil from a server that speaks only the base protocol.
    public var id: QuestionID?
    public var stamp: Stamp

    public init(username: String, secret: Secret, id: QuestionID?, stamp: Stamp) {
        self.username = username
        self.secret = secret
        self.id = id
        self.stamp = stamp
    }
}

public struct NameAnswer: Hashable, Sendable {
    public var username: String
    public var secret: Secret
    /// Nil from a server that speaks only the base protocol.
    public var id: QuestionID?
    /// Of an allowed login: the account, so that it is recorded where the answer passes.
    public var account: Account?
    /// Of a denied login: somebody who might have known was out of reach.
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
