/// A server of another kind that has joined a node. It speaks only the base protocol, or the original system's.
///
/// It announces nothing by itself, so a test decides what the node knows of it. It records every command and every
/// announced id that came over the link.
final class ScriptedBaseServer {
    let link: BaseClient
    private(set) var announcedIDs: Set<String> = []
    private(set) var commands: Set<String> = []
    private(set) var announcements = 0

    /// Commands that may come at any time, outside of the conversations. (The original's servers are also told whenever
    /// the path above them changes.)
    static let background: Set<String> = ["SERVER_ANNOUNCE"]
    var background = ScriptedBaseServer.background

    init(_ link: BaseClient) {
        self.link = link
    }

    /// The next message that is no announcement.
    func read(
        within: Duration = BaseClient.patience, file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        let deadline = Deadline(within: within)
        while true {
            let message = try readAny(within: deadline.instant - now(), file: file, line: line)
            if !background.contains(message["command"]?.text ?? "") { return message }
        }
    }

    func readAny(
        within: Duration = BaseClient.patience, file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        let message = try link.read(within: within, file: file, line: line)
        commands.insert(message["command"]?.text ?? "")
        if message["command"] == "SERVER_ANNOUNCE" {
            announcements += 1
            announcedIDs.insert(message["id"]?.text ?? "an announcement without an id")
        }
        return message
    }

    /// Expects that the next message, except for announcements, is this command with (at least) these fields.
    @discardableResult
    func expect(
        _ command: String, _ fields: [String: JSONValue] = [:], within: Duration = BaseClient.patience,
        file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        let message = try read(within: within, file: file, line: line)
        guard message["command"] == .string(command) else {
            throw link.failure("expected \(command), got \(message.line)", file, line)
        }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where message[key] != value {
            throw link.failure("expected \(command) with \(key) \(value.line), got \(message.line)", file, line)
        }
        return message
    }

    // MARK: - Locks

    /// Expects a question about a name, whoever asked first.
    ///
    /// - Returns: the secret in it: the user's where this server's node was asked, and else one that is made up.
    func expectRequest(of name: String, file: StaticString = #fileID, line: UInt = #line) throws -> String {
        let request = try expect("LOCK_REQUEST", ["username": .string(name)], file: file, line: line)
        return request["secret"]?.text ?? ""
    }

    enum Lock: String {
        case request = "LOCK_REQUEST"
        case allowed = "LOCK_ALLOWED"
        case denied = "LOCK_DENIED"
    }

    func send(
        _ lock: Lock, _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try link.send(
            ["command": .string(lock.rawValue), "username": .string(username), "secret": .string(secret)], file: file,
            line: line)
    }

    func expect(
        _ lock: Lock, _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try expect(
            lock.rawValue, ["username": .string(username), "secret": .string(secret)], file: file, line: line)
    }

    // MARK: - Activities and announcements

    /// Sends the broadcast of an activity, as if one of this server's own clients had said it.
    func broadcast(_ activity: JSONValue, file: StaticString = #fileID, line: UInt = #line) throws {
        try link.send(["command": "ACTIVITY_BROADCAST", "activity": activity], file: file, line: line)
    }

    func hear(_ activity: JSONValue, file: StaticString = #fileID, line: UInt = #line) throws {
        try expect("ACTIVITY_BROADCAST", ["activity": activity], file: file, line: line)
    }

    func announce(
        id: String = "leaf", load: JSONValue, hostname: String = "localhost", port: JSONValue,
        file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try link.send(
            [
                "command": "SERVER_ANNOUNCE", "id": .string(id), "load": load, "hostname": .string(hostname),
                "port": port,
            ], file: file, line: line)
    }
}
