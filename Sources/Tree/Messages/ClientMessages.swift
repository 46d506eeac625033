// What clients say, and what they are told.

public struct Login: Hashable, Sendable {
    public var username: String
    public var secret: Secret?
    /// What the client last saw: it gets the rest.
    public var since: VersionVector?
    /// Where the last of what it saw stands in the one order: what is below comes late.
    public var last: OrderKey?
    /// The session under which it numbered what it said, when it has one already.
    public var session: String?
    /// What the client understands beyond the base protocol.
    public var features: [String]
    /// The client was redirected within the last minute: it is not to be sent on again.
    public var wasRedirected: Bool

    public static let anonymous = "anonymous"
    /// The client wants to be told of gaps by `GAP`.
    public static let gapFeature = "gap"
    /// The client wants to be told by `NOTICE` of what it should know.
    public static let noticeFeature = "notice"

    public init(
        username: String, secret: Secret? = nil, since: VersionVector? = nil, last: OrderKey? = nil,
        session: String? = nil, features: [String] = [], wasRedirected: Bool = false
    ) {
        self.username = username
        self.secret = secret
        self.since = since
        self.last = last
        self.session = session
        self.features = features
        self.wasRedirected = wasRedirected
    }
}

public struct LoginSuccess: Hashable, Sendable {
    public var info: String
    /// The name as others see it, where that isn't how the login spelled it.
    public var username: String?
    /// Where the client's reading begins: to be shown as `since` when it logs in elsewhere.
    public var vector: VersionVector
    /// Other nodes to go to, nearest first.
    public var servers: [Address]
    /// What the client shows to go on under this session elsewhere. Its own secret.
    public var session: String
    /// What the session is called in broadcasts.
    public var shown: String
    /// How many nodes are to hold a message before clients see it; fewer where there are fewer.
    public var copies: Int
    /// The longest line that the node takes from a client, in bytes, without its end.
    public var lineBytes: Int
    /// Who says nothing for so long is closed; nil if nobody is for that.
    public var idleTimeout: Duration?
    /// Why the session was cut when it was here last, if it was, and has not been told in a login since.
    public var cut: String?

    public init(
        info: String, username: String? = nil, vector: VersionVector, servers: [Address], session: String,
        shown: String, copies: Int, lineBytes: Int, idleTimeout: Duration? = nil, cut: String? = nil
    ) {
        self.info = info
        self.username = username
        self.vector = vector
        self.servers = servers
        self.session = session
        self.shown = shown
        self.copies = copies
        self.lineBytes = lineBytes
        self.idleTimeout = idleTimeout
        self.cut = cut
    }
}

public struct ActivityMessage: Hashable, Sendable {
    /// Nil where a client of the original system left it out.
    public var username: String?
    public var secret: Secret?
    /// The text of the activity's object, as the client sent it.
    public var text: [UInt8]
    /// The client's own number of it.
    public var sequence: UInt64?

    public init(username: String?, secret: Secret?, text: [UInt8], sequence: UInt64? = nil) {
        self.username = username
        self.secret = secret
        self.text = text
        self.sequence = sequence
    }
}
