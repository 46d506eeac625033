import Tree
import Wire

/// The user of the client.
public struct Identity: Equatable, Sendable {
    public var username: String
    /// The user's secret; nil for anonymous clients, and for those that show a token.
    public var secret: String?
    /// Names this run of the client. 1 to 64 bytes that nobody else can guess.
    public var session: String

    public init(username: String = Login.anonymous, secret: String? = nil, session: String) {
        self.username = username
        self.secret = secret
        self.session = session
    }

    public var isAnonymous: Bool { username == Login.anonymous }

    /// The secret that is sent with the name.
    var shownSecret: Secret? { isAnonymous ? nil : secret.map { Secret($0) } }
}

/// The client's messages, as whole lines.
public enum ClientMessages {
    static let logout = Encoding.line(of: .logout)
    static let ping = Encoding.line(of: .ping(id: nil))

    public static func register(_ identity: Identity) -> [UInt8] {
        Encoding.line(of: .register(username: identity.username, secret: Secret(identity.secret ?? "")))
    }

    /// - Parameters:
    ///   - token: of somebody else, who vouches for the user: it takes the place of name and secret.
    ///   - resumeToken: what is shown instead of the secret, or before it.
    ///   - showsSecret: whether the server may see the secret.
    ///   - since: the entries that were received until now, unless this is the first login.
    ///   - last: the greatest of them, in the order of stamps.
    ///   - wasRedirected: a server sent it on a moment ago.
    public static func login(
        _ identity: Identity, token: Secret? = nil, resumeToken: Secret? = nil, showsSecret: Bool = true,
        since: Vector?, last: (stamp: Stamp, id: EntryName)? = nil, wasRedirected: Bool = false
    ) -> [UInt8] {
        let login = Login(
            username: token != nil && identity.isAnonymous ? "" : identity.username,
            secret: showsSecret ? identity.shownSecret : nil, token: token, resumeToken: resumeToken,
            session: identity.session, features: [Login.gapFeature, Login.noticeFeature], wasRedirected: wasRedirected)
        let sequences = since?.sequences(ofNewest: SessionLimits.origins)
        return Encoding.line(of: login, since: sequences, last: since == nil ? nil : last)
    }

    /// - Parameters:
    ///   - activity: the text of an object. Its bytes are sent unchanged.
    ///   - name: of the user, as the server knows it.
    ///   - secret: if the server has seen it, and so wants it again.
    static func activity(_ activity: [UInt8], sequence: UInt64, by name: String, secret: Secret?) -> [UInt8] {
        Encoding.line(
            of: .activity(ActivityMessage(username: name, secret: secret, text: activity, sequence: sequence)))
    }
}
