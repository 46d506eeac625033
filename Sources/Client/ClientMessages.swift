import JSON
import Tree
import Wire

/// The user of the client.
public struct Identity: Equatable, Sendable {
    public var username: String
    /// The user's secret; anonymous clients need none.
    public var secret: String
    /// Names this run of the client. 1 to 64 bytes that nobody else can guess.
    public var session: String

    public init(username: String = Login.anonymous, secret: String = "", session: String) {
        self.username = username
        self.secret = secret
        self.session = session
    }

    public var isAnonymous: Bool { username == Login.anonymous }

    /// The secret that is sent with the name.
    var shownSecret: Secret? { isAnonymous ? nil : Secret(secret) }
}

/// The client's messages, as whole lines.
enum ClientMessages {
    static let logout = Encoding.line(of: .logout)
    static let ping = Encoding.line(of: .ping(id: nil))

    static func register(_ identity: Identity) -> [UInt8] {
        Encoding.line(of: .register(username: identity.username, secret: Secret(identity.secret)))
    }

    /// - Parameters:
    ///   - token: what is shown instead of the secret, or before it.
    ///   - showsSecret: whether the server may see the secret.
    ///   - since: the entries that were received until now, unless this is the first login.
    ///   - last: the greatest of them, in the order of stamps.
    ///   - wasRedirected: a server sent it on a moment ago.
    static func login(
        _ identity: Identity, token: Secret? = nil, showsSecret: Bool = true, since: Vector?,
        last: (stamp: Stamp, id: EntryName)? = nil, wasRedirected: Bool = false
    ) -> [UInt8] {
        let login = Login(
            username: identity.username, secret: showsSecret ? identity.shownSecret : nil, resumeToken: token,
            session: identity.session, features: [Login.gapFeature, Login.noticeFeature], wasRedirected: wasRedirected)
        return Encoding.line(of: login, since: since?.sequences, last: since == nil ? nil : last)
    }

    /// - Parameters:
    ///   - activity: the text of an object. Its bytes are sent unchanged.
    ///   - showsSecret: whether the server has seen the secret, and so wants it again.
    static func activity(
        _ activity: [UInt8], sequence: UInt64, by identity: Identity, showsSecret: Bool = true
    ) -> [UInt8] {
        Encoding.line(
            of: .activity(
                ActivityMessage(
                    username: identity.username, secret: showsSecret ? identity.shownSecret : nil, text: activity,
                    sequence: sequence)))
    }
}

/// Turns a line that a person or a program typed into an activity.
enum TypedLine {
    /// Levels of nesting that an activity may have. It is one less than a message may have, since the message contains
    /// the activity.
    static let depthLimit = JSONObject.defaultDepthLimit - 1

    /// - Returns: the text of an object; `nil` for a blank line.
    static func activity(_ typed: [UInt8]) -> [UInt8]? {
        let line = typed.filter { $0 != 0 }
        guard line.contains(where: { $0 > 32 }) else { return nil }
        if isObject(line) { return line }
        var text = Array(#"{"object":"#.utf8)
        // No node accepts malformed UTF-8, so it is repaired here.
        JSONText.appendString(String(decoding: line, as: UTF8.self), to: &text)
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func isObject(_ line: [UInt8]) -> Bool {
        guard line.first(where: { $0 > 32 }) == UInt8(ascii: "{") else { return false }
        // For a peer that reads lines as Java does, a raw CR would end the line.
        guard !line.contains(13) else { return false }
        // A dense one is refused by the node, which says so; said as a text it would be something else.
        let object = try? JSONObject(
            parsing: line.span.bytes, depthLimit: depthLimit, bigNumbers: .allowed, mayBeDense: true)
        return object != nil
    }
}
