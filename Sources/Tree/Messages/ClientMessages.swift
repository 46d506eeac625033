// Messages of clients, and messages to them.

/// `LOGIN`: a client's request.
public struct Login: Hashable, Sendable {
    public var username: String
    public var secret: Secret?
    /// Shown in place of the secret. With one of somebody else the name may be empty: the token says it.
    public var token: Secret?
    /// What an earlier login, or a redirect, gave the client to show instead of its secret. It is tried first.
    public var resumeToken: Secret?
    /// How far the client has read: it gets the rest.
    public var since: VersionVector?
    /// The key of the last entry that the client saw in the total order: entries below it are marked as late.
    public var last: OrderKey?
    /// The session under which the client has numbered what it said, if it has one.
    public var session: String?
    /// The features that the client understands beyond the base protocol.
    public var features: [String]
    /// Whether the client was redirected within the last minute: then it isn't redirected again.
    public var wasRedirected: Bool

    /// The name of clients without an account.
    public static let anonymous = "anonymous"
    /// The client wants to be told of gaps by `GAP`.
    public static let gapFeature = "gap"
    /// The client wants `NOTICE` messages.
    public static let noticeFeature = "notice"
    /// The client wants a bearer token.
    public static let bearerFeature = "bearer"

    public init(
        username: String, secret: Secret? = nil, token: Secret? = nil, resumeToken: Secret? = nil,
        since: VersionVector? = nil,
        last: OrderKey? = nil,
        session: String? = nil, features: [String] = [], wasRedirected: Bool = false
    ) {
        self.username = username
        self.secret = secret
        self.token = token
        self.resumeToken = resumeToken
        self.since = since
        self.last = last
        self.session = session
        self.features = features
        self.wasRedirected = wasRedirected
    }
}

extension Login {
    /// Whether the token is a JWT in its compact form (RFC 7519, section 3): three parts, of which the first is the
    /// beginning of a JSON object in base64.
    var tokenIsJWT: Bool {
        guard let text = token?.text.utf8 else { return false }
        return text.starts(with: "eyJ".utf8) && text.count { $0 == UInt8(ascii: ".") } == 2
    }
}

/// A resume token, as its client gets it.
public struct ClientToken: Hashable, Sendable {
    /// What the client shows.
    public var secret: Secret
    /// For how long it is good.
    public var life: Duration

    public init(secret: Secret, life: Duration) {
        self.secret = secret
        self.life = life
    }
}

/// `LOGIN_SUCCESS`: the client is logged in.
public struct LoginSuccess: Hashable, Sendable {
    public var info: String
    /// The name as others see it, where that isn't how the login spelled it.
    public var username: String?
    /// Where the client's reading begins: to be shown as `since` when it logs in elsewhere.
    public var vector: VersionVector
    /// Other nodes where the client may log in, the best first.
    public var servers: [Address]
    /// The token that the client shows to continue this session elsewhere. It is the client's secret.
    public var session: String
    /// The name of the session in broadcasts.
    public var shown: String
    /// What the client may show at its next login, with the session, instead of its secret; nil for anonymous clients.
    public var resumeToken: ClientToken?
    /// What stands for the account in any session; nil if the client hasn't asked for it, or has shown no secret.
    public var bearerToken: ClientToken?
    /// How many nodes have to hold a message before clients see it; all nodes if there are fewer.
    public var copies: Int
    /// The longest line that the node takes from a client, in bytes without the newline.
    public var lineBytes: Int
    /// Who says nothing for so long is closed; nil if nobody is for that.
    public var idleTimeout: Duration?
    /// Why the session was cut when it was here last, if it was, and has not been told in a login since.
    public var cut: String?

    public init(
        info: String, username: String? = nil, vector: VersionVector, servers: [Address], session: String,
        shown: String, resumeToken: ClientToken? = nil, bearerToken: ClientToken? = nil, copies: Int, lineBytes: Int,
        idleTimeout: Duration? = nil, cut: String? = nil
    ) {
        self.info = info
        self.username = username
        self.vector = vector
        self.servers = servers
        self.session = session
        self.shown = shown
        self.resumeToken = resumeToken
        self.bearerToken = bearerToken
        self.copies = copies
        self.lineBytes = lineBytes
        self.idleTimeout = idleTimeout
        self.cut = cut
    }
}

/// `ACTIVITY_MESSAGE`: a client says something.
public struct ActivityMessage: Hashable, Sendable {
    /// Nil if a client of the original system left it out.
    public var username: String?
    public var secret: Secret?
    /// The text of the activity's object, as the client sent it.
    public var text: [UInt8]
    /// The client's own number of the activity.
    public var sequence: UInt64?

    public init(username: String?, secret: Secret?, text: [UInt8], sequence: UInt64? = nil) {
        self.username = username
        self.secret = secret
        self.text = text
        self.sequence = sequence
    }
}
