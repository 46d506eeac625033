import Session

/// Every limit of `coppice client`, `coppice tree` and `coppice account`, with its unit and its reason.
public struct ClientLimits: Sendable {
    /// Those of the session.
    public var session = SessionLimits()
    /// How long the client waits for its own messages once its input has ended, while none of them comes back.
    public var echoPatience: Duration = .seconds(30)
    /// After this long without a server the user is told, even if not all known servers have been tried.
    public var outagePatience: Duration = .seconds(1)
    /// How many people are remembered, for `/who`.
    public var people = 500
    /// How many of these are listed.
    public var listedPeople = 30
    /// How many messages under way are shown above the line that is typed. If there are more, their number is shown.
    static let pendingRows = 3
    /// How many redirects are followed for one question.
    static let redirects = 5
    /// How long the last line to a server may take.
    static let goodbye = Duration.seconds(1)

    // MARK: One question

    /// The longest answer about the whole tree or about accounts, in bytes.
    static let toolLineBytes = 64 << 20
    /// How long connecting, and then the answer, may take for `coppice account`. A change waits for other nodes' disks.
    static let accountPatience = Duration.seconds(15)
    /// How often `coppice drain --wait` looks how many clients are left.
    static let drainLook = Duration.seconds(1)
    static let toolConnectTimeout = Duration.seconds(2)
    /// How long connecting and the answer together may take for `coppice tree`.
    static let treePatience = Duration.seconds(5)
    /// As `treePatience`, while watching with other nodes to ask. It is longer than a node waits for its branches.
    static let treePatienceWithOthers = Duration.seconds(2)
    static let watchConnectTimeout = Duration.seconds(1)

    public init() {}
}
