// What neighbours tell each other on a link: where they stand, how many they are, and what has become of entries.

/// Where a node stands, as it tells its children: their way up, and where else to go.
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

public struct Heartbeat: Hashable, Sendable {
    public var label: Label
    /// Nodes on the sender's side of the link.
    public var size: UInt32
    /// How many links away somebody is for whom the sender waits; 0 for nobody.
    public var waits: UInt32

    public init(label: Label, size: UInt32, waits: UInt32 = 0) {
        self.label = label
        self.size = size
        self.waits = waits
    }
}

public struct Announcement: Hashable, Sendable {
    public var id: String
    /// Nil for a server that speaks only the base protocol.
    public var node: NodeID?
    public var address: Address
    /// Clients that are logged in, and those who were sent there and are on their way.
    public var load: Int
    /// Clients that the server still takes; nil if it doesn't say.
    public var room: Int?
    /// Tells a newer announcement of one node from an older one that came by another way; absent in the base protocol.
    public var version: Version?
    /// Set if this takes back what was announced.
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

    /// Why nobody is to be sent there any more.
    public enum Withdrawal: String, Hashable, Sendable {
        /// The server itself says so: no announcement of before counts.
        case leaving
        /// A node on the way has lost it: it isn't reached by the link that this comes by. By another link it may be.
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

    /// What a server that takes nobody tells those who know of loads alone: more than anybody has.
    public static let loadOfNoRoom = Int(Int32.max)
}

/// Cumulative counts over the entries that crossed one link since it opened.
public struct Acknowledgement: Hashable, Sendable {
    /// Entries received on this link that the sender of this has stored.
    public var stored: UInt64
    /// Of these, how many are safe at the sender of this.
    public var safe: UInt64
    /// Of the entries that the sender of this sent on this link, how many are safe there.
    public var confirmed: UInt64
    /// Of those received, how many everybody on the sender's side of the link has stored. Those who don't say it have
    /// them all: they are last.
    public var carried: UInt64

    public init(stored: UInt64, safe: UInt64, confirmed: UInt64, carried: UInt64? = nil) {
        self.carried = carried ?? stored
        self.stored = stored
        self.safe = safe
        self.confirmed = confirmed
    }
}
