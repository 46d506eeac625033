/// What travels between a node and whoever is connected to it: docs/protocol.md has each with its fields.
///
/// A message says what its sender knows or wants; it never says how its bytes look.
public enum Message: Hashable, Sendable {
    // Between clients and nodes.
    case login(Login)
    case loginSuccess(LoginSuccess)
    case loginFailed(info: String)
    case logout
    case register(username: String, secret: Secret)
    /// `durable` nodes are known to have it on disk.
    case registerSuccess(info: String, durable: Int)
    case registerFailed(info: String)
    case changeSecret(SecretChange)
    /// `durable` nodes are known to have the new one on disk.
    case secretChanged(info: String, durable: Int)
    case changeFailed(info: String)
    case redirect(Address)
    case activity(ActivityMessage)
    case invalidMessage(info: String)
    /// For clients that asked for the feature: something that they should know.
    case notice(info: String)

    // Between servers, from the base protocol.
    case authenticate(Authenticate)
    case authenticationFail(Refusal)
    /// An activity from a server that is no node: the text of its object.
    case broadcast(activity: [UInt8], sender: String, id: BroadcastID?)
    case serverAnnounce(Announcement)
    case lockRequest(NameQuestion)
    case lockAllowed(NameAnswer)
    case lockDenied(NameAnswer)

    // Between servers, from the report.
    case authenticationSuccess(Acceptance)
    case loginRequest(NameQuestion)
    case loginAllowed(NameAnswer)
    case loginDenied(NameAnswer)

    // Between nodes.
    /// An entry of the log. Its receiver stores it and passes it on.
    case entry(Entry, hop: UInt8)
    case acknowledge(Acknowledgement)
    case recordRequest(RecordQuestion)
    case recorded(RecordAnswer)
    /// Who holds what clients have seen.
    case heldRequest(HeldQuestion)
    case held(HeldAnswer)
    /// What the sender has under prefixes of names: the receiver tells where it differs.
    case compareAccounts([AccountRange])
    case comparedAccounts([AccountDifference])
    /// Records with these digests are wanted.
    case fetchAccounts(AccountPrefix, [UInt64])
    /// What is known of names, as an answer to `fetchAccounts` or since it is news.
    case accounts([AccountRecord], isAnswer: Bool)
    /// The sender has sent all that the receiver lacked when the link opened.
    case synchronised
    /// What the sender has stored and knows to be safe: all of it, as in the idle exchange.
    /// Vectors without components, but with something left out, say what all comes to.
    case vectors(stored: VersionVector, safe: VersionVector)
    /// - stamp: in total order, to nodes: none of what is missing has a greater one; zero otherwise.
    case gap(Log.Gap, stamp: Stamp)
    /// In total order: every entry that still comes on this link has a greater stamp.
    case watermark(Stamp)
    /// From a child: what its branch holds. From the parent: what all nodes hold. Only what has changed since this was
    /// last said on this link, or since it opened; all of it if `isWhole`.
    case stable(VersionVector, isWhole: Bool)
    case heartbeat(Heartbeat)
    case tree(TreePosition)
    /// Somebody below could not attach because labels are too low; the root is asked to raise its term above this one.
    case raise(term: UInt64, by: Origin)
    /// Who rules where the sender stands. Answered by `probed`, on a connection of its own.
    case probe(Probe)
    case probed(Probe)
    /// A node of another tree was met; passed up to the root.
    case met(RootClaim)
    /// The sender leaves in order; its children go to one of the others.
    case leaving(others: [Contact])
    /// The root leaves in order; the receiver, its heir, is to rule above this term.
    case handOver(term: UInt64)
    /// A client was sent to the node named: it is not to be sent on again at once.
    case redirected(username: String, to: NodeID)

    // For whoever runs the network.
    case administer(AccountRequest)
    case administered(AccountAnswer)
    case status(StatusQuestion)
    case statusAnswer(StatusAnswer)
}

public struct Login: Hashable, Sendable {
    public var username: String
    public var secret: Secret?
    /// What the client last saw: it gets the rest.
    public var since: VersionVector?
    /// Where the last of what it saw stands in the one order: what is below comes late.
    public var last: OrderKey?
    /// The session under which it numbered what it said, when it has one already.
    public var session: String?
    /// What the client understands beyond the base protocol.
    public var features: [String]

    public static let anonymous = "anonymous"
    /// The client wants to be told of gaps by `GAP`.
    public static let gapFeature = "gap"
    /// The client wants to be told by `NOTICE` of what it should know.
    public static let noticeFeature = "notice"

    public init(
        username: String, secret: Secret? = nil, since: VersionVector? = nil, last: OrderKey? = nil,
        session: String? = nil, features: [String] = []
    ) {
        self.username = username
        self.secret = secret
        self.since = since
        self.last = last
        self.session = session
        self.features = features
    }
}

public struct LoginSuccess: Hashable, Sendable {
    public var info: String
    /// Where the client's reading begins: to be shown as `since` when it logs in elsewhere.
    public var vector: VersionVector
    /// Other nodes to go to, nearest first.
    public var servers: [Address]
    /// What the client shows to go on under this session elsewhere. Its own secret.
    public var session: String
    /// What the session is called in broadcasts.
    public var shown: String
    /// How many nodes are to hold a message before clients see it; fewer where there are fewer.
    public var copies: Int
    /// The longest line that the node takes from a client, in bytes, without its end.
    public var lineBytes: Int

    public init(
        info: String, vector: VersionVector, servers: [Address], session: String, shown: String, copies: Int,
        lineBytes: Int
    ) {
        self.info = info
        self.vector = vector
        self.servers = servers
        self.session = session
        self.shown = shown
        self.copies = copies
        self.lineBytes = lineBytes
    }
}

public struct ActivityMessage: Hashable, Sendable {
    /// Nil where a client of the original system left it out.
    public var username: String?
    public var secret: Secret?
    /// The text of the activity's object, as the client sent it.
    public var text: [UInt8]
    /// The client's own number of it.
    public var sequence: UInt64?

    public init(username: String?, secret: Secret?, text: [UInt8], sequence: UInt64? = nil) {
        self.username = username
        self.secret = secret
        self.text = text
        self.sequence = sequence
    }
}

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
    public var isLeaf: Bool
    /// Set by a root that attaches because it lost against another root.
    public var claim: RootClaim?
    /// Nodes in its branch, itself included.
    public var size: UInt32
    public var clock: ClockReading
    public var stored: VersionVector
    public var safe: VersionVector

    public init(
        contact: Contact, origin: Origin, attempt: AttemptID, label: Label, isLeaf: Bool, claim: RootClaim?,
        size: UInt32, clock: ClockReading, stored: VersionVector, safe: VersionVector
    ) {
        self.contact = contact
        self.origin = origin
        self.attempt = attempt
        self.label = label
        self.isLeaf = isLeaf
        self.claim = claim
        self.size = size
        self.clock = clock
        self.stored = stored
        self.safe = safe
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

/// Where a node stands, as it tells its children: their way up, and where else to go.
public struct TreePosition: Hashable, Sendable {
    public var label: Label
    /// From the sender itself up to the root.
    public var path: [Contact]
    /// The root's children in order of seniority.
    public var heirs: [Contact]
    /// The sender's other children.
    public var siblings: [Contact]
    /// The sender's own siblings.
    public var uncles: [Contact]
    /// The claim of the root at the path's end.
    public var claim: RootClaim

    public init(
        label: Label, path: [Contact], heirs: [Contact], siblings: [Contact], uncles: [Contact], claim: RootClaim
    ) {
        self.label = label
        self.path = path
        self.heirs = heirs
        self.siblings = siblings
        self.uncles = uncles
        self.claim = claim
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

public struct Announcement: Hashable, Sendable {
    public var id: String
    /// Nil for a server that speaks only the base protocol.
    public var node: NodeID?
    public var address: Address
    /// Clients that are logged in.
    public var load: Int
    /// Tells a newer announcement of one node from an older one that came by another way; absent in the base protocol.
    public var version: Version?

    public struct Version: Hashable, Comparable, Sendable {
        public let incarnation: Incarnation
        public let count: UInt64

        public init(incarnation: Incarnation, count: UInt64) {
            self.incarnation = incarnation
            self.count = count
        }

        public static func < (a: Version, b: Version) -> Bool {
            (a.incarnation, a.count) < (b.incarnation, b.count)
        }
    }

    public init(id: String, node: NodeID?, address: Address, load: Int, version: Version?) {
        self.id = id
        self.node = node
        self.address = address
        self.load = load
        self.version = version
    }
}

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

/// Cumulative counts over the entries that crossed one link since it opened.
public struct Acknowledgement: Hashable, Sendable {
    /// Entries received on this link that the sender of this has stored.
    public var stored: UInt64
    /// Of these, how many are safe at the sender of this.
    public var safe: UInt64
    /// Of the entries that the sender of this sent on this link, how many are safe there.
    public var confirmed: UInt64

    public init(stored: UInt64, safe: UInt64, confirmed: UInt64) {
        self.stored = stored
        self.safe = safe
        self.confirmed = confirmed
    }
}

public struct Heartbeat: Hashable, Sendable {
    public var label: Label
    /// Nodes on the sender's side of the link.
    public var size: UInt32

    public init(label: Label, size: UInt32) {
        self.label = label
        self.size = size
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
    public var leaves: [LeafStatus]
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

    public init(
        contact: Contact, label: Label, isRoot: Bool, path: [Contact], deadpool: [Contact], heir: Contact?,
        children: [Contact], leaves: [LeafStatus] = [], clients: Int, queue: Int, log: Int, stamp: Stamp,
        turns: TurnReport? = nil, counts: Counts = Counts(), trouble: JoinTrouble? = nil
    ) {
        self.contact = contact
        self.label = label
        self.isRoot = isRoot
        self.path = path
        self.deadpool = deadpool
        self.heir = heir
        self.children = children
        self.leaves = leaves
        self.clients = clients
        self.queue = queue
        self.log = log
        self.stamp = stamp
        self.turns = turns
        self.counts = counts
        self.trouble = trouble
    }
}

/// A server that is no node, as people who run the network are told of it.
public struct LeafStatus: Hashable, Sendable {
    public var dialect: Dialect
    /// Where it can be reached, as far as it has said so; where its connection comes from otherwise.
    public var address: Address

    public init(dialect: Dialect, address: Address) {
        self.dialect = dialect
        self.address = address
    }
}
