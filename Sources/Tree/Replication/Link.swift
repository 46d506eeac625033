/// One standing connection to another server, from the moment when both sides are (or may be) in one tree by it.
///
/// A link is a cursor into the log, with what is known of the other side's log. Everything about it goes by the
/// connection, never by the node behind: a node may have a newer link while the old one is being taken down (rule L6).
///
/// Its parts are open to the rules that carry a link on. Each part keeps its own state to itself, so what stands here
/// beside them is only what concerns several parts at once.
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

    let connection: ConnectionID
    /// Counted from 1: entries remember by which link they came.
    let serial: UInt32
    private(set) var role: Role
    let kind: Kind
    /// The asker's number of the attempt that made this link; 0 for servers that have none.
    private(set) var attempt: AttemptID
    let contact: Contact
    let opened: Instant

    /// What goes out, and in what order.
    var sending = Sending()
    /// What comes in, and whether all of it could be read.
    var receiving: Receiving
    /// How far the other side has taken what it was sent, and everybody behind it.
    var transit: Transit
    /// What it owes, and since when nothing of it has come.
    var owed = Owed()
    /// Whether it is left behind, since it takes less than comes.
    var leftBehind = LeftBehind()
    /// What the other side is known to have stored and to know to be safe.
    var progress = PeerProgress()
    /// Version vectors that are compared while nothing else is said.
    var exchange = VectorExchange()
    /// What the other side has said of origins of which nothing has come here.
    var unknown = UnknownOrigins()
    /// What each side says that its part of the tree holds.
    var held = HeldReports()
    /// In total order: what the two sides have promised each other.
    var watermarks = Watermarks()
    /// A comparison of accounts that this side leads.
    var comparison = AccountComparison()
    /// Of a server that is no node; nil for a node. It stands here since it ends with the link.
    var baseServer: BaseServer?

    /// Nodes on the other side of the link, the one behind it included. 0 for servers that are no nodes.
    private(set) var size: UInt32
    /// What the other side was last told of the size of this side.
    private(set) var toldSize: UInt32?
    /// What a child was last told of its position in the tree.
    private var toldPosition: TreePosition?
    /// What a server of the original system was last told of where to go.
    private var toldAcceptance: Acceptance?

    init(
        connection: ConnectionID, serial: UInt32, role: Role, kind: Kind, attempt: AttemptID, contact: Contact,
        size: UInt32, at now: Instant, limits: Limits = Limits()
    ) {
        self.connection = connection
        self.serial = serial
        self.role = role
        self.kind = kind
        self.attempt = attempt
        self.contact = contact
        self.size = size
        opened = now
        transit = Transit(limits)
        receiving = Receiving(at: now)
    }

    /// The node behind; nil for servers that are no nodes.
    var origin: Origin? {
        if case .node(let origin) = kind { origin } else { nil }
    }

    var isNode: Bool { origin != nil }

    /// Both sides have what the other one had when the link opened.
    var isSynchronised: Bool { sending.hasSentAll && receiving.hasReceivedAll }

    // MARK: What comes and goes

    /// The link stands: each side knows what the other one has.
    ///
    /// - Parameters:
    ///   - stored: what the other side has stored.
    ///   - safe: what it knows to be safe.
    ///   - told: what this side had stored when it told the other one.
    ///   - end: where the log ends now.
    func synchronise(stored: Marks, safe: Marks, told: Marks, until end: LogPosition) {
        progress.learn(stored: stored, safe: safe)
        sending.begin(past: progress.stored, until: end)
        held.begin(with: progress.stored, told: told)
    }

    /// An entry came: the other side has it, and it isn't sent back.
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

    /// Something came that could not be read. It may have been an entry, or something that is said only when it
    /// changes.
    func receivedUnreadable() {
        receiving.receivedUnreadable()
        held.receivedUnreadable()
    }

    /// The reign has crossed the link: child and parent change places, and the link stands. What either side says of
    /// what is held begins anew, since a parent says it of all and a child of its branch.
    ///
    /// - Parameter attempt: the new child's own number of the link.
    func turn(to role: Role, attempt: AttemptID) {
        self.role = role
        self.attempt = attempt
        held.tellAgain()
        toldPosition = nil
    }

    // MARK: What the other side knows of this one

    /// The other side says how many nodes it has.
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

    /// The child may not have been able to read its position: it is told it once more.
    func doubtsPosition() { toldPosition = nil }

    /// The other side could not read something: what is said only when it changes is said again.
    func sayAgain() {
        held.tellAgain()
        toldPosition = nil
    }
}

/// Whether what comes on a link is whole, and when something last came.
struct Receiving {
    /// Any byte counts as life.
    private(set) var lastHeard: Instant
    /// Everything has come that the other side had when the link opened.
    private(set) var hasReceivedAll = false
    /// Something came that could not be read, and it may have been an entry.
    private(set) var isDoubtful = false

    init(at now: Instant) { lastHeard = now }

    mutating func heard(at now: Instant) { lastHeard = now }

    mutating func receivedUnreadable() { isDoubtful = true }

    /// Nothing that the other side sent is missing, whatever could not be read.
    mutating func isProvedWhole() { isDoubtful = false }

    mutating func receivedAll() { hasReceivedAll = true }
}
