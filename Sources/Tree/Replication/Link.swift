import DequeModule

/// One standing connection to another server, from the moment when both sides are (or may be) in one tree by it.
///
/// A link is a cursor into the log, with what is known of the other side's log. Everything about it goes by the
/// connection, never by the node behind: a node may have a newer link while the old one is being taken down (rule L6).
final class Link {
    enum Role {
        case parent
        case child
    }

    enum Kind: Equatable {
        case node(Origin)
        /// Speaks the original system's protocol.
        case original
        /// Speaks the base protocol alone.
        case base
    }

    /// Part of an entry's id: origin number and sequence.
    struct Item {
        let number: Int
        let sequence: UInt64
    }

    let connection: ConnectionID
    /// Counted from 1: entries remember by which link they came.
    let serial: UInt32
    let role: Role
    let kind: Kind
    /// The asker's number of the attempt that made this link; 0 for servers that have none.
    let attempt: AttemptID
    var contact: Contact

    // MARK: The other side

    /// What the node behind is known to have stored, and to know to be safe.
    var peerStored = Marks()
    var peerSafe = Marks()
    /// What the branch behind a child holds, or what all hold by the parent's word. At first what the other side itself
    /// had stored when the link opened: from there on both sides count changes.
    var held = Marks()
    /// What the other side was last told of that. Nil: it is told all.
    var toldHeld: Marks?
    /// Which version of what all hold a child was last told of; nil for none.
    var toldHeldVersion: UInt64?
    /// Nodes on the other side of the link, the one behind it included. 0 for servers that are no nodes.
    var size: UInt32
    /// When something was last heard.
    var lastHeard: Instant

    // MARK: Sending

    /// What the other side has or is being sent: what the cursor passes over.
    var passed = Marks()
    var cursor = LogPosition(0)
    /// Where the log ended when the link opened: up to there entries are what the other side lacked.
    var synchroniseUntil = LogPosition(0)
    var hasSentAll = false
    var hasReceivedAll = false
    var isCongested = false
    /// The vectors are to be compared.
    var isExchangeDue = false
    /// In it, all origins are named: the digests differed.
    var namesOrigins = false
    /// They were named for that since the exchange began.
    var hasNamedOrigins = false
    /// Something could not be read that is said only when it changes, and has not been said again.
    var lacksWhatIsHeld = false
    /// A digest was sent, and nothing that names origins since.
    var hasSentDigest = false
    /// Gaps to be passed on when the cursor has come to where they were learnt of.
    var gapsToTell: Deque<(at: LogPosition, gap: Log.Gap)> = []
    /// Entries sent and not known to be safe over there, the oldest first; `sentBefore` went before the first of them.
    var sent: Deque<Item> = []
    var sentBefore: UInt64 = 0
    var acknowledged: UInt64 = 0
    /// How many of the entries sent are safe here, and what the other side was last told of that.
    var confirmed: UInt64 = 0
    var toldConfirmed: UInt64 = 0

    // MARK: Total order

    /// What the other side has promised: every entry that still comes has a greater stamp. Nil before its first
    /// promise.
    var watermark: Stamp?
    var toldWatermark: Stamp?
    /// To be told when the cursor has come to where it was made.
    var owedWatermark: (at: LogPosition, value: Stamp)?

    // MARK: Receiving

    /// Something came that could not be read, and it may have been an entry.
    var isDoubtful = false
    /// Entries received and not safe here yet, the oldest first; `receivedSafe` came before the first of them.
    var received: Deque<Item> = []
    var receivedCount: UInt64 = 0
    var receivedSafe: UInt64 = 0
    var toldStored: UInt64 = 0
    var toldSafe: UInt64 = 0

    /// A comparison of accounts that this side leads, and that another one is to begin.
    var comparison: Comparison?
    var wantsComparison = false

    /// Of a server that is no node.
    var leaf: LeafState?
    /// What a server of the original system was last told of where to go.
    var toldAcceptance: Acceptance?
    /// What the other side was last told of this side's size.
    var toldSize: UInt32?
    /// What a child was last told of its position.
    var toldPosition: TreePosition?

    init(
        connection: ConnectionID, serial: UInt32, role: Role, kind: Kind, attempt: AttemptID, contact: Contact,
        size: UInt32, at now: Instant
    ) {
        self.connection = connection
        self.serial = serial
        self.role = role
        self.kind = kind
        self.attempt = attempt
        self.contact = contact
        self.size = size
        lastHeard = now
    }

    /// The node behind; nil for servers that are no nodes.
    var origin: Origin? {
        if case .node(let origin) = kind { origin } else { nil }
    }

    var isNode: Bool { origin != nil }

    /// Both sides have what the other one had when the link opened.
    var isSynchronised: Bool { hasSentAll && hasReceivedAll }
}
