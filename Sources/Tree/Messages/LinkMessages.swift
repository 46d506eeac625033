// Messages between neighbours on a link: their positions, the sizes of their branches, and how far entries have got.

/// The position of a node, as it tells its children: their path to the root, and other nodes to attach to.
public struct TreePosition: Hashable, Sendable {
    public var label: Label
    /// From the sender itself up to the root.
    public var path: [Contact]
    /// The root's children in order of rank.
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

/// `HEARTBEAT`: a sign of life.
public struct Heartbeat: Hashable, Sendable {
    public var label: Label
    /// The number of nodes on the sender's side of the link.
    public var size: UInt32
    /// How many links away somebody is for whom the sender waits; 0 for nobody.
    public var waits: UInt32

    public init(label: Label, size: UInt32, waits: UInt32 = 0) {
        self.label = label
        self.size = size
        self.waits = waits
    }
}

/// `SERVER_ANNOUNCE`: a server tells its address and load, so that clients can be redirected there.
public struct Announcement: Hashable, Sendable {
    public var id: String
    /// Nil for a server that speaks only the base protocol.
    public var node: NodeID?
    public var address: Address
    /// Clients that are logged in, and those that were redirected there and haven't come yet.
    public var load: Int
    /// How many more clients the server takes; nil if it doesn't say.
    public var room: Int?
    /// Orders the announcements of one node, which may come by several ways; absent in the base protocol.
    public var version: Version?
    /// Set if this takes the server's announcement back.
    public var withdrawal: Withdrawal?

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

    /// Why no client is to be sent there any more.
    public enum Withdrawal: String, Hashable, Sendable {
        /// The server itself is leaving: no earlier announcement counts.
        case leaving
        /// A node on the way has lost it: the server can't be reached by the link that this comes by. It may be by
        /// another.
        case lost
    }

    public init(
        id: String, node: NodeID?, address: Address, load: Int, room: Int? = nil, version: Version?,
        withdrawal: Withdrawal? = nil
    ) {
        self.id = id
        self.node = node
        self.address = address
        self.load = load
        self.room = room
        self.version = version
        self.withdrawal = withdrawal
    }

    /// The load that a server without room announces to servers that know only loads: more than any server has.
    public static let loadOfNoRoom = Int(Int32.max)
}

/// `ACKNOWLEDGE`: cumulative counts of the entries that have crossed one link since it opened.
public struct Acknowledgement: Hashable, Sendable {
    /// How many entries the sender of this has received on the link and stored.
    public var stored: UInt64
    /// How many of these are safe, as far as the sender of this knows.
    public var safe: UInt64
    /// How many of the entries that the sender of this has sent on the link are safe, as far as it knows.
    public var confirmed: UInt64
    /// How many of the entries received are stored by all nodes on the sender's side of the link. A node that leaves
    /// this out has nobody behind it: it counts as `stored`.
    public var carried: UInt64

    public init(stored: UInt64, safe: UInt64, confirmed: UInt64, carried: UInt64? = nil) {
        self.carried = carried ?? stored
        self.stored = stored
        self.safe = safe
        self.confirmed = confirmed
    }
}
