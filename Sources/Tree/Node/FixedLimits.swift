// Limits that no test and no simulation changes, each with its unit and its reason.

extension Limits {
    /// Gaps remembered between the numbers of one session's messages. More of them are not worth their memory: the
    /// messages in the oldest gap count as said.
    static let retryHoles = 16
    /// How often sessions are looked through for old ones, by the entries' stamps.
    static let retrySweep: Duration = .seconds(60)
    /// The longest token of somebody else, in bytes: with the claims of many groups they have two or three thousand.
    static let jwtBytes = 8192
    /// Tokens of others that are checked at the same time: each takes a core for up to 0.1 ms.
    static let jwtsAtOnce = 4
    /// Tokens from one address that nobody has signed who is believed. Many people behind one address may come with the
    /// old key's tokens when there is a new one, and a check is cheap.
    static let forgedTokensPerAddress = AttemptLimits(free: 200)
    /// Accounts of one name that are looked at: there are several only from before names were folded. Whoever has made
    /// more of them, with capitals here and there, makes no question about that name dear.
    static let namesakes = 64
    /// Bytes of entries that are shown to the parent by digests in one idle exchange, which takes a fraction of a
    /// millisecond; four times as many are read for a neighbour that finds differences.
    static let comparedBytes = 256 * 1024
    /// Ranges in one message, and entries in one range.
    static let comparedRanges = 64
    static let comparedEntries: UInt64 = 8192
    /// Entries that are known to differ from those of one neighbour: of so many it is remembered that it was told.
    static let rememberedConflicts = 64
    /// Announcements of servers that are no nodes, by one link, in a second and at once: there are 64 of them at most,
    /// and each announces itself every few seconds.
    static let announcementRate = RateLimiters.Rate(perSecond: 64, burst: 256)
    /// Accounts that are gone through for one neighbour, in a second and at once: about a fifth of a node's time.
    static let accountRate = RateLimiters.Rate(perSecond: 200_000, burst: 1_000_000)
    /// Origins that are new here, by one link, in a second and at once: each takes memory for good, and one is made
    /// when a node starts. A network's whole past comes at once.
    static let originRate = RateLimiters.Rate(perSecond: 2, burst: 32_768)
    /// Entries by which a gap may go beyond what its receiver has heard from their origin, a neighbour: these may still
    /// be on their way. An origin that has not made them goes on behind them.
    static let gapLead: UInt64 = 1_000_000
    /// The greatest stamp in a record of an account that is believed of anybody: half of all that there are, in the
    /// year 2527. Changes are counted on from there, whatever the time is.
    static let highestVersion = Stamp(1 << 62)
    /// Clients of one node that are believed: more have no ports.
    static let believedClients = 1 << 32
    /// Clients that a node moves to others in a second at most, and how often some are moved.
    package static let movesPerSecond = 10_000
    static let movesPause: Duration = .milliseconds(50)
    /// Sessions on one page for an operator: with the longest names some 600 kB, which fits into one line of a link.
    static let sessionsPerPage = 200
    /// Questions and denials that a server which is no node was told: how many are remembered, and for how long. A
    /// server that floods them back does so at once; a later one is its own.
    static let echoes = 256
    static let echoMemory: Duration = .seconds(3)
    /// Bytes that a log line shows of the first line of a server that speaks another protocol.
    static let foreignTextBytes = 60
    /// A node whose load has changed much announces it earlier, but at most so often in one interval.
    static let newsPerAnnouncement = 50
    /// How long the node remembers whether another life of a newcomer lives: longer than a newcomer's pause between
    /// tries.
    static let lifeFinding: Duration = .seconds(2)
    /// A node whose last announcement is younger than this counts as being in this tree; the time is longer where
    /// announcements are rarer.
    static let insideMemory: Duration = .seconds(5)
    /// Rounds in which a root tries to attach to a node that is not the other tree's root: the label of that node may
    /// have to rise first.
    static let bridgeRounds = 4
    /// How long after a change the deadpool is saved: a search changes it many times in a second.
    static let rememberPause: Duration = .seconds(1)
    /// How long addresses of nodes are remembered after they were last heard of: longer than a weekend.
    static let knownFor: Duration = .seconds(3 * 24 * 3600)
    /// A link that its other side closes so soon counts as a fault.
    static let shortLink: Duration = .seconds(1)
    /// Bytes a second that the clients of one node may send while a node behind a link has stopped
    /// (`Limits.flowStall`), if they sent less before.
    static let flowStallBytesPerSecond = 256 * 1024
    /// Records that are written in one transaction: some hundred kilobytes.
    static let recordsPerSave = 2000
    /// Nodes that full ones name are asked in one round: eight levels of a tree in which all are full.
    static let followedPerRound = 128
    /// How often an unjoined node reports it.
    static let unjoinedNotice: Duration = .seconds(60)
    /// How often the refusal of one asker is reported, and of how many askers within that time: an asker may try again
    /// each second.
    static let refusedNotice: Duration = .seconds(60)
    static let refusedNotices = 16
    /// Nodes that are no heirs wait this many rounds for the heirs.
    static let roundsOfOthers = 4
    /// How many members of another tree a root asks at a time when it tries to attach there.
    static let mergingMembers = 4
    /// A branch of up to this many nodes reports its size at once, a larger one with its next heartbeat: no network
    /// asks for more copies than this.
    static let sizeSaidAtOnce = 16
    /// A child counts as keeping up again after this time without being left behind.
    static let lagMemory: Duration = .seconds(60)
    /// How often a root raises its term for other nodes, at most.
    static let raisePause: Duration = .seconds(1)
}
