/// A standing connection to another server, from the moment when it puts, or may put, both sides into one tree.
///
/// A link has a cursor into the log, and what is known of the other side's log. It is identified by its connection,
/// never by the node behind it: a node may have a newer link while the old one is being taken down (rule L6).
///
/// The rules of `Node` use the parts of a link directly. Each part keeps its own state private, so this class holds
/// only what concerns several parts at once.
final class Link {
    enum Role {
        case parent
        case child
    }

    enum Kind: Equatable {
        case node(Origin)
        /// A server of the original system.
        case original
        /// A server of the base protocol.
        case base
    }

    let connection: ConnectionID
    /// Counted from 1. Records of entries name by it the link that an entry came by.
    let serial: UInt32
    private(set) var role: Role
    let kind: Kind
    /// The asker's number of the attempt that made this link; 0 for base servers.
    private(set) var attempt: AttemptID
    let contact: Contact
    let opened: Instant
    /// The versions of the protocol that the other side speaks.
    let versions: WireVersions

    /// What is sent, and in which order.
    var sending = Sending()
    /// What has come, and whether all of it could be read.
    var receiving: Receiving
    /// How far the other side, and all nodes behind it, have taken what was sent.
    var transit: Transit
    /// What it owes, and since when nothing of it has come.
    var owed = Owed()
    /// Whether it is left behind, since it takes less than comes.
    var leftBehind = LeftBehind()
    /// What the other side is known to have stored, and to know to be safe.
    var progress = PeerProgress()
    /// The exchange of version vectors on an idle link.
    var exchange = VectorExchange()
    /// How much work it may cause.
    var rates = PeerRates()
    /// The comparison of entries that both sides have.
    var entries = EntryComparison()
    /// What the other side has said of origins of which nothing has come here.
    var unknown = UnknownOrigins()
    /// What each side says that its part of the tree holds.
    var held = HeldReports()
    /// In total order: what the two sides have promised each other.
    var watermarks = Watermarks()
    /// A reconciliation of accounts that this side leads.
    var comparison = AccountComparison()
    /// Whether this side is to show the sum of its bans when the link can take it.
    var isToCompareBans = false
    /// The state of a base server; nil for a node. It is kept here since it ends with the link.
    var baseServer: BaseServer?

    /// The number of nodes on the other side of the link; 0 for base servers.
    private(set) var size: UInt32
    /// The size of this side that the other side was last told.
    private(set) var toldSize: UInt32?
    /// The position that a child was last told.
    private var toldPosition: TreePosition?
    /// What a server of the original system was last told about where to go.
    private var toldAcceptance: Acceptance?

    init(
        connection: ConnectionID, serial: UInt32, role: Role, kind: Kind, attempt: AttemptID, contact: Contact,
        size: UInt32, versions: WireVersions = .current, at now: Instant, limits: Limits = Limits()
    ) {
        self.connection = connection
        self.serial = serial
        self.role = role
        self.kind = kind
        self.attempt = attempt
        self.contact = contact
        self.size = size
        self.versions = versions
        opened = now
        transit = Transit(limits)
        receiving = Receiving(at: now)
    }

    /// The node behind the link; nil for base servers.
    var origin: Origin? {
        if case .node(let origin) = kind { origin } else { nil }
    }

    var isNode: Bool { origin != nil }

    /// Whether each side has what the other one had when the link opened.
    var isSynchronised: Bool { sending.hasSentAll && receiving.hasReceivedAll }

    // MARK: Messages

    /// The link stands, and each side knows what the other one has.
    ///
    /// - Parameters:
    ///   - stored: what the other side has stored.
    ///   - safe: what the other side knows to be safe.
    ///   - told: what this side had stored when it told the other side.
    ///   - end: the end of the log now.
    func synchronise(stored: Marks, safe: Marks, told: Marks, until end: LogPosition) {
        progress.learn(stored: stored, safe: safe)
        sending.begin(past: progress.stored, until: end)
        held.begin(with: progress.stored, told: told)
    }

    /// An entry came: the other side has it, so it isn't sent back.
    func received(_ number: Int, _ sequence: UInt64) {
        sending.pass(number, through: sequence)
        progress.received(number, sequence)
    }

    /// Something has come of an origin, and it has a number now.
    func appeared(_ origin: Origin, as number: Int) {
        guard let claim = unknown.take(origin) else { return }
        sending.pass(number, through: claim.stored)
        progress.learn(number, stored: claim.stored)
        progress.learn(number, safe: claim.safe)
        held.appeared(number, held: claim.held ?? claim.stored)
    }

    /// The other side no longer has an origin's entries up to a sequence, and nobody brings them.
    func receivedGap(_ number: Int, through sequence: UInt64) {
        sending.pass(number, through: sequence)
        progress.learn(number, stored: sequence)
    }

    /// A message came that could not be read. It may have been an entry, or a report that is sent only when it changes.
    func receivedUnreadable() {
        receiving.receivedUnreadable()
        held.receivedUnreadable()
    }

    /// The reign has crossed the link: child and parent change places, and the link stands. Reports of what is held
    /// begin anew, since a parent reports the tree and a child its branch.
    ///
    /// - Parameter attempt: the new child's number of the link.
    func turn(to role: Role, attempt: AttemptID) {
        self.role = role
        self.attempt = attempt
        held.tellAgain()
        toldPosition = nil
    }

    // MARK: Reports to the other side

    /// The other side tells how many nodes it has.
    func reports(size: UInt32) { self.size = size }

    /// The other side is told how many nodes this one has.
    func tells(size: UInt32) { toldSize = size }

    /// A child is told its position.
    ///
    /// - Returns: false if that is what it was told last.
    @discardableResult
    func tells(position: TreePosition?) -> Bool {
        guard position != toldPosition else { return false }
        toldPosition = position
        return true
    }

    /// A server of the original system is told where to go when this node is lost.
    ///
    /// - Returns: false if that is what it was told last.
    func tells(acceptance: Acceptance) -> Bool {
        guard acceptance != toldAcceptance else { return false }
        toldAcceptance = acceptance
        return true
    }

    /// The child may not have been able to read its position: it is told again.
    func doubtsPosition() { toldPosition = nil }

    /// The other side could not read a message: what is sent only when it changes is sent again.
    func sayAgain() {
        held.tellAgain()
        toldPosition = nil
    }
}

/// Whether all that came on a link could be read, and when something last came.
struct Receiving {
    /// When the last message came.
    private(set) var lastHeard: Instant
    /// Whether all entries have come that the other side had when the link opened.
    private(set) var hasReceivedAll = false
    /// Whether an unreadable message came that may have been an entry.
    private(set) var isDoubtful = false

    init(at now: Instant) { lastHeard = now }

    mutating func heard(at now: Instant) { lastHeard = now }

    mutating func receivedUnreadable() { isDoubtful = true }

    /// It is proved that no entry of the other side is missing.
    mutating func isProvedWhole() { isDoubtful = false }

    mutating func receivedAll() { hasReceivedAll = true }
}
