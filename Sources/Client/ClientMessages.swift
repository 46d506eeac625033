import JSON
import Tree
import Wire

/// Who is at the client's end.
public struct Identity: Equatable, Sendable {
    public var username: String
    /// Not needed for anonymous clients.
    public var secret: String
    /// Names this run of the client: 1 to 64 bytes that nobody else can guess.
    public var session: String

    public init(username: String = Login.anonymous, secret: String = "", session: String) {
        self.username = username
        self.secret = secret
        self.session = session
    }

    public var isAnonymous: Bool { username == Login.anonymous }

    /// What is sent with the name.
    var shownSecret: Secret? { isAnonymous ? nil : Secret(secret) }
}

/// What a client says: whole lines.
enum ClientMessages {
    static let logout = Encoding.line(of: .logout)

    static func register(_ identity: Identity) -> [UInt8] {
        Encoding.line(of: .register(username: identity.username, secret: Secret(identity.secret)))
    }

    /// - Parameters:
    ///   - since: what was received until now, unless this is the first login.
    ///   - last: the greatest of it, in the order of stamps.
    static func login(_ identity: Identity, since: Vector?, last: (stamp: Stamp, id: EntryName)? = nil) -> [UInt8] {
        let login = Login(
            username: identity.username, secret: identity.shownSecret, session: identity.session,
            features: [Login.gapFeature, Login.noticeFeature])
        return Encoding.line(of: login, since: since?.sequences, last: since == nil ? nil : last)
    }

    /// - Parameter activity: the text of an object. It travels as it is.
    static func activity(_ activity: [UInt8], sequence: UInt64, by identity: Identity) -> [UInt8] {
        Encoding.line(
            of: .activity(
                ActivityMessage(
                    username: identity.username, secret: identity.shownSecret, text: activity, sequence: sequence)))
    }
}

/// A line that a person or a program typed, as an activity.
enum TypedLine {
    /// Levels of nesting that an activity may have: one less than a node takes, which wraps it.
    static let depthLimit = JSONObject.defaultDepthLimit - 1

    /// - Returns: the text of an object; `nil` for a blank line, which says nothing.
    static func activity(_ typed: [UInt8]) -> [UInt8]? {
        let line = typed.filter { $0 != 0 }
        guard line.contains(where: { $0 > 32 }) else { return nil }
        if isObject(line) { return line }
        var text = Array(#"{"object":"#.utf8)
        // What isn't UTF-8 is repaired here, since no node would take it.
        JSONText.appendString(String(decoding: line, as: UTF8.self), to: &text)
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func isObject(_ line: [UInt8]) -> Bool {
        guard line.first(where: { $0 > 32 }) == UInt8(ascii: "{") else { return false }
        // A raw CR inside would end the line for a peer that reads as Java does.
        guard !line.contains(13) else { return false }
        return (try? JSONObject(parsing: line, depthLimit: depthLimit, bigNumbers: .allowed)) != nil
    }
}
