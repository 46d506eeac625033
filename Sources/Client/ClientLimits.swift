import UV

/// Every limit of the client, with its unit and its reason.
public struct ClientLimits: Sendable {
    /// A host that is there answers a connection within one round trip, and two lost packets later within this.
    public var connectTimeout: Duration = .seconds(3)
    /// A node that vanished without a word is given up after some ten seconds: another one is found at once.
    static let liveness = Liveness(within: .seconds(10))
    /// A registration asks the whole tree; a login may.
    public var answerTimeout: Duration = .seconds(15)
    /// For how long a client that was just started tries to reach the server that it was given.
    public var firstPatience: Duration = .seconds(5)
    /// How long it waits for its own messages without one coming back, once its input has ended.
    public var echoPatience: Duration = .seconds(30)
    /// The pause before a lost server is tried again, drawn from zero to this: all its clients lost it at once.
    public var firstPause: Duration = .milliseconds(100)
    /// Between tries of further servers in one round.
    public var nextPause: Duration = .milliseconds(50)
    /// Between rounds at most; it doubles from round to round.
    public var longestPause: Duration = .seconds(5)
    /// The same, as long as no server was reached: somebody sits there and waits.
    public var longestFirstPause: Duration = .milliseconds(500)
    /// What was missed counts as caught up, and a login as one that holds, when nothing more came for so long.
    public var quiet: Duration = .milliseconds(300)
    /// Catching up is reported after so long, even if more keeps coming.
    public var longestCatchUp: Duration = .seconds(5)
    /// A server that refuses a login that another one took may just not have heard of the name yet: so many refusals in
    /// a row.
    public var refusals = 5
    /// Own messages that are under way at once; past it the input waits.
    public var window = 1024
    /// Their bytes.
    public var windowBytes = 1 << 20
    /// The longest line of a server that doesn't say how long a line it takes: the base protocol's, in bytes.
    public var lineBytes = 64 * 1024
    /// Without a server for so long it is told, even if not all that are known were tried yet.
    public var outagePatience: Duration = .seconds(1)
    /// A message that is the only one under way when a server complains is said again so often, and then no more.
    public var complaintsPerMessage = 2
    /// Complaints in a row that no message can be the reason of.
    public var complaints = 3
    /// People remembered, for `/who`.
    public var people = 500
    /// Of those, so many are listed.
    public var listedPeople = 30
    /// Servers remembered.
    public var servers = 64
    /// Messages under way that are shown above the line that is typed. Of more the number is told.
    static let pendingRows = 3
    /// Redirects that are followed for one question.
    static let redirects = 5
    /// Sessions of others remembered, to show no message twice. Who says one again does so within seconds, so the
    /// longest silent may go.
    static let sessions = 8192
    /// Runs of numbers remembered of one session. The lowest are taken as one when there are more.
    static let sequenceRanges = 64
    /// The longest line of a server, in bytes. An entry's line has at most 1 MiB.
    static let receivedLineBytes = 16 << 20
    /// A server that takes only shorter lines, in bytes, is not believed: it would silence its clients.
    static let leastLineBytes = 256
    /// How long the last word to a server may take.
    static let goodbye = Duration.seconds(1)

    // MARK: One question

    /// The longest answer about the whole tree or about accounts, in bytes.
    static let toolLineBytes = 64 << 20
    /// For connecting and for the answer of `coppice account`: a change waits for disks elsewhere.
    static let accountPatience = Duration.seconds(15)
    static let toolConnectTimeout = Duration.seconds(2)
    /// For connecting and for the answer of `coppice tree`.
    static let treePatience = Duration.seconds(5)
    /// The same while watching, as long as there are others to ask: longer than a node waits for its branches.
    static let treePatienceWithOthers = Duration.seconds(2)
    static let watchConnectTimeout = Duration.seconds(1)

    public init() {}
}
