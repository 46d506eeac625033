import UV

/// Every limit of the client, with its unit and its reason.
public struct ClientLimits: Sendable {
    /// How long an attempt to connect may take. A reachable host answers within one round trip, and after two lost
    /// packets still within this time.
    public var connectTimeout: Duration = .seconds(3)
    /// A node that vanished without a word is given up after some ten seconds. Another one is found at once.
    static let liveness = Liveness(within: .seconds(10))
    /// How long an answer may take. A registration asks the whole tree; a login may have to.
    public var answerTimeout: Duration = .seconds(15)
    /// How long a client that was just started tries to reach the given server.
    public var firstPatience: Duration = .seconds(5)
    /// How long the client waits for its own messages once its input has ended, while none of them comes back.
    public var echoPatience: Duration = .seconds(30)
    /// The longest pause before a lost server is tried again. The pause is drawn from zero to this, since all clients
    /// of the server lost it at the same moment.
    public var firstPause: Duration = .milliseconds(100)
    /// The longest pause between attempts at two servers in one round.
    public var nextPause: Duration = .milliseconds(50)
    /// The longest pause between rounds. The pause doubles from round to round.
    public var longestPause: Duration = .seconds(5)
    /// As `longestPause`, until a server has been reached for the first time: a person may sit there and wait.
    public var longestFirstPause: Duration = .milliseconds(500)
    /// How many times a client that has nothing to send sends `PING` within the time after which the server would close
    /// it: one `PING` may be late.
    static let pingsPerIdleTimeout = 3
    /// Seconds after which a server may close a client that sends nothing. A client ignores other values.
    static let idleSeconds = 1...604_800
    /// The shortest pause between two `PING`s.
    static let shortestPingPause = Duration.seconds(1)
    /// After this long without a further message, the client has caught up, and a login counts as one that holds.
    public var quiet: Duration = .milliseconds(300)
    /// After this long catching up is reported, even if more messages keep coming.
    public var longestCatchUp: Duration = .seconds(5)
    /// How many refusals of a login in a row are accepted. A server that refuses a login that another server accepted
    /// may not have heard of the name yet.
    public var refusals = 5
    /// A client that was redirected within this time tells the next server, which keeps it. So no client is moved twice
    /// in this time.
    public var redirectMemory: Duration = .seconds(60)
    /// The pause after a server that takes no client; it doubles with each such server, up to the longest between
    /// rounds.
    public var firstFullPause: Duration = .milliseconds(200)
    /// How many own messages may be under way. When there are more, the input waits.
    public var window = 1024
    /// How many bytes they may have.
    public var windowBytes = 1 << 20
    /// The longest line, in bytes, for a server that doesn't say how long a line it takes. The base protocol has this
    /// limit.
    public var lineBytes = 64 * 1024
    /// After this long without a server the user is told, even if not all known servers have been tried.
    public var outagePatience: Duration = .seconds(1)
    /// How often a message is repeated if it was the only one under way when a server complained. Then it is given up.
    public var complaintsPerMessage = 2
    /// How many complaints in a row are accepted whose reason can't be a message.
    public var complaints = 3
    /// How many people are remembered, for `/who`.
    public var people = 500
    /// How many of these are listed.
    public var listedPeople = 30
    /// How many servers are remembered.
    public var servers = 64
    /// How many messages under way are shown above the line that is typed. If there are more, their number is shown.
    static let pendingRows = 3
    /// So long at most a resume token is believed to be good.
    static let longestTokenLife = Duration.seconds(365 * 86_400)
    /// A client asks for a new token when half of the life of the last one is over, but after no shorter time.
    static let shortestTokenPause = Duration.seconds(20)
    /// How many redirects are followed for one question.
    static let redirects = 5
    /// How many sessions of others are remembered, so that no message is shown twice. A message is repeated within
    /// seconds, so the session that has been silent longest can be forgotten.
    static let sessions = 8192
    /// How many ranges of numbers are remembered for one session. When there are more, the two lowest are joined.
    static let sequenceRanges = 64
    /// The longest line that is accepted from a server, in bytes. The line of an entry has at most 1 MiB.
    static let receivedLineBytes = 16 << 20
    /// A server that says that it takes only shorter lines, in bytes, is not believed: its clients could say nothing.
    static let leastLineBytes = 256
    /// How long the last line to a server may take.
    static let goodbye = Duration.seconds(1)

    // MARK: One question

    /// The longest answer about the whole tree or about accounts, in bytes.
    static let toolLineBytes = 64 << 20
    /// How long connecting, and then the answer, may take for `coppice account`. A change waits for other nodes' disks.
    static let accountPatience = Duration.seconds(15)
    static let toolConnectTimeout = Duration.seconds(2)
    /// How long connecting and the answer together may take for `coppice tree`.
    static let treePatience = Duration.seconds(5)
    /// As `treePatience`, while watching with other nodes to ask. It is longer than a node waits for its branches.
    static let treePatienceWithOthers = Duration.seconds(2)
    static let watchConnectTimeout = Duration.seconds(1)

    public init() {}
}
