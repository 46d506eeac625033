// Questions of operators about the network, and the answers.

/// Asks all nodes of the tree for their status.
public struct StatusQuestion: Hashable, Sendable {
    /// Set in a tool's question; absent between nodes.
    public var secret: Secret?
    /// Set between nodes; absent in a tool's question.
    public var id: QuestionID?

    public init(secret: Secret?, id: QuestionID?) {
        self.secret = secret
        self.id = id
    }
}

/// The status of all nodes that have answered.
public struct StatusAnswer: Hashable, Sendable {
    public var id: QuestionID?
    /// The node that was asked comes first.
    public var nodes: [NodeStatus]
    /// False if a branch did not answer in time, or the answer would have been too long.
    public var isComplete: Bool

    public init(id: QuestionID?, nodes: [NodeStatus], isComplete: Bool) {
        self.id = id
        self.nodes = nodes
        self.isComplete = isComplete
    }
}

/// The status of a node, as operators are told.
public struct NodeStatus: Hashable, Sendable {
    public var contact: Contact
    public var label: Label
    public var isRoot: Bool
    /// Whether others may listen in on the link to the parent.
    public var isPlain: Bool
    /// Whether an operator drains it of its clients: it takes no new ones.
    public var isDraining: Bool
    /// From the parent up to the root.
    public var path: [Contact]
    public var deadpool: [Contact]
    /// The root's first heir, which follows it when it is lost.
    public var heir: Contact?
    public var children: [Contact]
    /// The base servers attached to this node.
    public var baseServers: [BaseServerStatus]
    public var clients: Int
    /// Entries accepted by this node that aren't safe yet.
    public var queue: Int
    /// Entries in the log.
    public var log: Int
    public var stamp: Stamp
    /// How long the turns of its event loop took; nil if its runner doesn't measure them.
    public var turns: TurnReport?
    public var counts: Counts
    /// What it has done; nil if its runner doesn't count it.
    public var work: WorkReport?
    public var links: [LinkStatus]
    /// The trouble that keeps the node from its tree; nil for none.
    public var trouble: JoinTrouble?
    /// The effect of slow links on the node's clients and children; nil for none.
    public var lag: LagStatus?

    public init(
        contact: Contact, label: Label, isRoot: Bool, isPlain: Bool = false,
        isDraining: Bool = false, path: [Contact], deadpool: [Contact],
        heir: Contact?, children: [Contact], baseServers: [BaseServerStatus] = [], clients: Int, queue: Int, log: Int,
        stamp: Stamp,
        turns: TurnReport? = nil, counts: Counts = Counts(), work: WorkReport? = nil, links: [LinkStatus] = [],
        trouble: JoinTrouble? = nil, lag: LagStatus? = nil
    ) {
        self.contact = contact
        self.label = label
        self.isRoot = isRoot
        self.isPlain = isPlain
        self.isDraining = isDraining
        self.path = path
        self.deadpool = deadpool
        self.heir = heir
        self.children = children
        self.baseServers = baseServers
        self.clients = clients
        self.queue = queue
        self.log = log
        self.stamp = stamp
        self.turns = turns
        self.counts = counts
        self.work = work
        self.links = links
        self.trouble = trouble
        self.lag = lag
    }
}

/// The effect of slow links on a node's clients, and on the children behind them.
public struct LagStatus: Hashable, Sendable {
    public var policy: Configuration.LagPolicy
    /// For how many milliseconds clients have been held back; nil if they aren't.
    public var waitedMilliseconds: Int64?
    /// The node behind the slow link that they wait for; nil if they wait for copies or stamps.
    public var waitsFor: Contact?
    /// Children that are left behind.
    public var leftBehind: [Contact]

    public init(
        policy: Configuration.LagPolicy, waitedMilliseconds: Int64?, waitsFor: Contact?, leftBehind: [Contact]
    ) {
        self.policy = policy
        self.waitedMilliseconds = waitedMilliseconds
        self.waitsFor = waitsFor
        self.leftBehind = leftBehind
    }
}

/// A base server, as operators are told of it.
public struct BaseServerStatus: Hashable, Sendable {
    public var dialect: Dialect
    /// The address that the server gave; if it gave none, that of its connection.
    public var address: Address

    public init(dialect: Dialect, address: Address) {
        self.dialect = dialect
        self.address = address
    }
}
