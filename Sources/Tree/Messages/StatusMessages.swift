// What the people who run the network ask, and what they are told.

public struct StatusQuestion: Hashable, Sendable {
    /// From a person's tool; absent between nodes.
    public var secret: Secret?
    /// Between nodes; absent from a person's tool.
    public var id: QuestionID?

    public init(secret: Secret?, id: QuestionID?) {
        self.secret = secret
        self.id = id
    }
}

public struct StatusAnswer: Hashable, Sendable {
    public var id: QuestionID?
    /// The node asked stands first.
    public var nodes: [NodeStatus]
    /// False where a branch did not answer in time, or the answer would have been too long.
    public var isComplete: Bool

    public init(id: QuestionID?, nodes: [NodeStatus], isComplete: Bool) {
        self.id = id
        self.nodes = nodes
        self.isComplete = isComplete
    }
}

/// What a node tells the people who run it.
public struct NodeStatus: Hashable, Sendable {
    public var contact: Contact
    public var label: Label
    public var isRoot: Bool
    /// From the parent up to the root.
    public var path: [Contact]
    public var deadpool: [Contact]
    /// Who follows the root: the first of its heirs.
    public var heir: Contact?
    public var children: [Contact]
    /// Servers that are no nodes and hang on this one.
    public var baseServers: [BaseServerStatus]
    public var clients: Int
    /// Entries accepted by this node that aren't safe yet.
    public var queue: Int
    /// Entries in the log.
    public var log: Int
    public var stamp: Stamp
    /// How long the turns of its loop took; nil if nobody measures.
    public var turns: TurnReport?
    public var counts: Counts
    /// What keeps it from its tree; nil if nothing does.
    public var trouble: JoinTrouble?
    /// Who waits for slow links, or is left behind; nil if nobody does or is.
    public var lag: LagStatus?

    public init(
        contact: Contact, label: Label, isRoot: Bool, path: [Contact], deadpool: [Contact], heir: Contact?,
        children: [Contact], baseServers: [BaseServerStatus] = [], clients: Int, queue: Int, log: Int, stamp: Stamp,
        turns: TurnReport? = nil, counts: Counts = Counts(), trouble: JoinTrouble? = nil,
        lag: LagStatus? = nil
    ) {
        self.contact = contact
        self.label = label
        self.isRoot = isRoot
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
        self.trouble = trouble
        self.lag = lag
    }
}

/// What a node's slow links mean for its clients, and for those behind them.
public struct LagStatus: Hashable, Sendable {
    public var policy: Configuration.LagPolicy
    /// Clients are held back since so many milliseconds; nil if they aren't.
    public var waitedMilliseconds: Int64?
    /// For the node at the other end of this link; nil if it is for copies or stamps.
    public var waitsFor: Contact?
    /// Children that miss what they can't take.
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

/// A server that is no node, as people who run the network are told of it.
public struct BaseServerStatus: Hashable, Sendable {
    public var dialect: Dialect
    /// Where it can be reached, as far as it has said so; where its connection comes from otherwise.
    public var address: Address

    public init(dialect: Dialect, address: Address) {
        self.dialect = dialect
        self.address = address
    }
}
