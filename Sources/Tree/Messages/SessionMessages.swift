// Questions of operators about the sessions of all nodes, and what is to be done to them
// (docs/protocol.md#sessions).

/// `SESSIONS_REQUEST`: a question that crosses the whole tree.
public struct SessionsQuestion: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        /// Which sessions there are.
        case list(SessionsPage)
        /// Ends sessions; their clients are told this.
        case end(BanTarget, info: String)
        /// Takes over a ban, or that it was lifted, and says whether it is on disk.
        case ban(BanRecord)
        /// Gives away clients, so many a second, until this many are left.
        case balance(target: Int, perSecond: Int)
    }

    public var id: QuestionID
    public var subject: Subject

    public init(id: QuestionID, subject: Subject) {
        self.id = id
        self.subject = subject
    }

    /// How many sessions an answer has at most.
    var limit: Int { if case .list(let page) = subject { min(page.limit, Limits.sessionsPerPage) } else { 0 } }
}

/// Which sessions an operator wants to see: a page of them.
public struct SessionsPage: Hashable, Sendable {
    /// Nil for all.
    public var target: BanTarget?
    /// Those behind this one; nil from the first on.
    public var after: SessionPosition?
    /// How many at most.
    public var limit: Int

    public init(target: BanTarget? = nil, after: SessionPosition? = nil, limit: Int) {
        self.target = target
        self.after = after
        self.limit = limit
    }
}

/// The place of a session among all that there are: by nodes, and at each in the order in which connections came.
public struct SessionPosition: Hashable, Comparable, Sendable {
    public let node: NodeID
    public let connection: ConnectionID

    public init(node: NodeID, connection: ConnectionID) {
        self.node = node
        self.connection = connection
    }

    public static func < (a: SessionPosition, b: SessionPosition) -> Bool {
        (a.node, a.connection) < (b.node, b.connection)
    }
}

/// A session as operators see it.
public struct SessionView: Hashable, Sendable {
    public var position: SessionPosition
    /// Where the node is.
    public var node: Address
    public var username: String
    /// The session's name as others see it.
    public var session: String
    /// When the client logged in, in seconds since 1970.
    public var since: UInt64
    /// Messages that it has said since.
    public var messages: UInt64
    public var connection: ConnectionTraits

    public init(
        position: SessionPosition, node: Address, username: String, session: String, since: UInt64, messages: UInt64,
        connection: ConnectionTraits = ConnectionTraits()
    ) {
        self.position = position
        self.node = node
        self.username = username
        self.session = session
        self.since = since
        self.messages = messages
        self.connection = connection
    }
}

/// What the runner knows of a client's connection.
public struct ConnectionTraits: Hashable, Sendable {
    /// How its bytes come: `tcp`, `tls`, `websocket`, `websocket+tls` or `http`.
    public var transport: String
    /// Where it comes from: behind a balancer, what that says. Empty if nobody knows any more.
    public var host: String
    /// Bytes of the log that it may read and hasn't been sent.
    public var lagBytes: UInt64

    public init(transport: String = "", host: String = "", lagBytes: UInt64 = 0) {
        self.transport = transport
        self.host = host
        self.lagBytes = lagBytes
    }
}

/// `SESSIONS`: what the nodes of a branch say to such a question, summed up.
public struct SessionsAnswer: Hashable, Sendable {
    /// The first sessions of those that were asked for, in their order.
    public var sessions: [SessionView]
    /// How many there are in all, or how many were ended.
    public var total: Int
    /// Nodes that have answered.
    public var nodes: Int
    /// Nodes that have the ban on disk.
    public var durable: Int
    /// Whether some node has not answered, or doesn't understand the question.
    public var isUnknown: Bool

    public init(
        sessions: [SessionView] = [], total: Int = 0, nodes: Int = 0, durable: Int = 0, isUnknown: Bool = false
    ) {
        self.sessions = sessions
        self.total = total
        self.nodes = nodes
        self.durable = durable
        self.isUnknown = isUnknown
    }

    /// Adds another branch's answer.
    ///
    /// - Parameter limit: of the sessions.
    mutating func add(_ other: SessionsAnswer, limit: Int) {
        sessions = Array((sessions + other.sessions).sorted { $0.position < $1.position }.prefix(limit))
        total += other.total
        nodes += other.nodes
        durable += other.durable
        isUnknown = isUnknown || other.isUnknown
    }
}
