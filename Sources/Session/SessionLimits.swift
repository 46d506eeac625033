/// Every limit of a session, with its unit and its reason.
public struct SessionLimits: Sendable {
    /// How long an attempt to connect may take. A reachable host answers within one round trip, and after two lost
    /// packets still within this time.
    public var connectTimeout: Duration = .seconds(3)
    /// How long an answer may take. A registration asks the whole tree; a login may have to.
    public var answerTimeout: Duration = .seconds(15)
    /// How long a new session tries to reach the given servers.
    public var firstPatience: Duration = .seconds(5)
    /// The longest pause before a lost server is tried again. The pause is drawn from zero to this, since all clients
    /// of the server lost it at the same moment.
    public var firstPause: Duration = .milliseconds(100)
    /// The longest pause between attempts at two servers in one round.
    public var nextPause: Duration = .milliseconds(50)
    /// The longest pause between rounds. The pause doubles from round to round.
    public var longestPause: Duration = .seconds(5)
    /// As `longestPause`, until a server has been reached for the first time: a person may sit there and wait.
    public var longestFirstPause: Duration = .milliseconds(500)
    /// The pause after a server that takes no client; it doubles with each such server, up to the longest between
    /// rounds.
    public var firstFullPause: Duration = .milliseconds(200)
    /// After this long without a line from the server the session sends a `PING`; nil never does, and leaves a server
    /// that has vanished to TCP.
    public var silence: Duration? = .seconds(10)
    /// How long its answer may take before the server is given up. A node may take nothing from a client that resumes
    /// for 15 s.
    public var silencePatience: Duration = .seconds(20)
    /// The same while the server has said that it holds the client back.
    public var heldBackPatience: Duration = .seconds(60)
    /// A timer that comes so late shows that this program stood still: what the server sent meanwhile has not been read
    /// yet.
    public var lateness: Duration = .seconds(1)
    /// After this long without a further missed message, the session has caught up, and a login counts as one that
    /// holds.
    public var quiet: Duration = .milliseconds(300)
    /// After this long catching up is reported, even if more messages keep coming.
    public var longestCatchUp: Duration = .seconds(5)
    /// A client that was redirected within this time tells the next server, which keeps it. So no client is moved twice
    /// in this time.
    public var redirectMemory: Duration = .seconds(60)
    /// How many refusals of a login in a row are accepted, and how many redirects are followed. A server that refuses a
    /// login that another server accepted may not have heard of the name yet.
    public var refusals = 5
    /// How many complaints in a row are accepted whose reason can't be a message.
    public var complaints = 3
    /// How often a message is sent that was the only one under way when a server complained. Then it is given up.
    public var complaintsPerMessage = 2
    /// How many own messages may be under way. When there are more, who speaks waits.
    public var window = 1024
    /// How many bytes they may have.
    public var windowBytes = 1 << 20
    /// The longest line, in bytes, for a server that doesn't say how long a line it takes. The base protocol has this
    /// limit.
    public var lineBytes = 64 * 1024
    /// How many servers are remembered.
    public var servers = 64

    /// How many times a client that has nothing to send sends `PING` within the time after which the server would close
    /// it: one `PING` may be late.
    static let pingsPerIdleTimeout = 3
    /// Seconds after which a server may close a client that sends nothing. Other values are ignored.
    static let idleSeconds = 1...604_800
    /// The shortest pause between two `PING`s.
    static let shortestPingPause = Duration.seconds(1)
    /// So long at most a resume token is believed to be good.
    static let longestTokenLife = Duration.seconds(365 * 86_400)
    /// A new token is asked for when half of the life of the last one is over, but after no shorter time.
    static let shortestTokenPause = Duration.seconds(20)
    /// How many sessions of others are remembered, so that no message is shown twice. A message is repeated within
    /// seconds, so the session that has been silent longest can be forgotten.
    static let sessions = 8192
    /// How many ranges of numbers are remembered for one session. When there are more, the two lowest are joined.
    static let sequenceRanges = 64
    /// How many origins a `since` has at most: a node takes no more. Those that have been silent longest are left out,
    /// since their entries are older than what nodes keep.
    static let origins = 4096
    /// A server that says that it takes only shorter lines, in bytes, is not believed: its clients could say nothing.
    static let leastLineBytes = 256

    public init() {}
}
