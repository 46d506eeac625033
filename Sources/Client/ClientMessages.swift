import JSON
import Tree

/// Who is at the client's end.
public struct Identity: Equatable, Sendable {
    public static let anonymousName = "anonymous"

    public var username: String
    /// Not needed for anonymous clients.
    public var secret: String
    /// Names this run of the client: 1 to 64 bytes that nobody else can guess.
    public var session: String

    public init(username: String = anonymousName, secret: String = "", session: String) {
        self.username = username
        self.secret = secret
        self.session = session
    }

    public var isAnonymous: Bool { username == Self.anonymousName }
}

/// What a client says: whole lines.
enum ClientMessages {
    static let logout = line(["command": "LOGOUT"])

    static func register(_ identity: Identity) -> [UInt8] {
        line(["command": "REGISTER", "username": .string(identity.username), "secret": .string(identity.secret)])
    }

    /// - Parameters:
    ///   - since: what was received until now, unless this is the first login.
    ///   - last: the greatest of it, in the order of stamps.
    static func login(_ identity: Identity, since: Vector?, last: (stamp: Stamp, id: EntryName)? = nil) -> [UInt8] {
        var members: JSONMembers = ["command": "LOGIN", "username": .string(identity.username)]
        if !identity.isAnonymous { members["secret"] = .string(identity.secret) }
        members["session"] = .string(identity.session)
        members["features"] = ["gap"]
        if let since { members["since"] = since.json }
        if since != nil, let last {
            members["last"] = ["stamp": .string(String(last.stamp.value)), "id": .string(last.id.text)]
        }
        return line(.object(members))
    }

    /// - Parameter activity: the text of an object. It travels as it is.
    static func activity(_ activity: [UInt8], sequence: UInt64, by identity: Identity) -> [UInt8] {
        var line = Array(#"{"command":"ACTIVITY_MESSAGE","username":"#.utf8)
        JSONText.appendString(identity.username, to: &line)
        if !identity.isAnonymous {
            line += Array(#","secret":"#.utf8)
            JSONText.appendString(identity.secret, to: &line)
        }
        line += Array(#","activity":"#.utf8)
        line += activity
        line += Array(#","cseq":\#(sequence)}"#.utf8)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func line(_ value: JSONValue) -> [UInt8] {
        value.encoded + [UInt8(ascii: "\n")]
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
