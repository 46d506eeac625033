import Foundation

/// A server of the original system, which reads and writes like the original's program.
///
/// The original casts every field to a string and parses numbers out of them. A cast or a number that fails ends the
/// thread that reads the link, and from then on the server reads nothing; here that is an error. Its clients show the
/// first message of a sender (`id`) only if `serial` equals `id`, and after it only the next serial.
final class OriginalServer {
    /// The one address that the server connects to when its parent is lost.
    struct Backup: Equatable {
        let port: Int
        let secret: String
    }

    let link: BaseClient
    let port: Int
    let secret: String
    /// Nil as long as the server was told that there is no other one.
    private(set) var backup: Backup?
    private(set) var isBelowRoot = false
    /// The ids of servers that have announced themselves.
    private(set) var announced: Set<String> = []
    private(set) var commands: Set<String> = []
    /// The names that were registered here, with their secrets.
    var accounts: [String: String] = [:]
    /// Whether it answers when it is asked about a name.
    var answersLocks = true
    /// Its logged-in clients.
    var receivers: [Receiver] = []
    /// The answers that it got about names, as command, name and secret.
    private(set) var answers: [[String]] = []

    /// A client of this server, which shows messages by the original's rules.
    final class Receiver {
        private var lastSerials: [Int32: Int32] = [:]
        private(set) var shown: [JSONValue] = []

        func receive(_ activity: JSONValue, id: Int32, serial: Int32) {
            guard lastSerials[id].map({ serial == $0 + 1 }) ?? (serial == id) else { return }
            lastSerials[id] = serial
            shown.append(activity)
        }
    }

    init(_ link: BaseClient, port: Int, secret: String, parentSecret: String) throws {
        self.link = link
        self.port = port
        self.secret = secret
        try link.send([
            "command": "AUTHENTICATE", "secret": .string(parentSecret), "hostname": "localhost",
            "port": .string(String(port)), "mysecret": .string(secret),
        ])
    }

    func newReceiver() -> Receiver {
        receivers.append(Receiver())
        return receivers.last!
    }

    // MARK: - Reading

    /// Reads and answers until the condition holds.
    func serve(
        _ story: String, within limit: Duration = BaseClient.patience, file: StaticString = #fileID,
        line: UInt = #line, until condition: () throws -> Bool
    ) throws {
        let deadline = Deadline(within: limit)
        while try !condition() {
            guard !deadline.hasPassed else { throw link.failure("not within \(limit): \(story)", file, line) }
            if let message = try link.readAvailable(file: file, line: line) {
                try take(message, file, line)
            } else {
                usleep(1_000)
            }
        }
    }

    private func take(_ message: JSONValue, _ file: StaticString, _ line: UInt) throws {
        func string(_ key: String) throws -> String {
            guard let text = message[key]?.text else {
                throw link.failure("ClassCastException at \(key) of \(message.line)", file, line)
            }
            return text
        }
        func number<Number: FixedWidthInteger>(_ key: String, _ type: Number.Type) throws -> Number {
            guard let number = Number(try string(key)) else {
                throw link.failure("NumberFormatException at \(key) of \(message.line)", file, line)
            }
            return number
        }
        let command = try string("command")
        commands.insert(command)
        switch command {
        case "AUTHENTICATION_SUCCESS":
            isBelowRoot = try string("root") == "T"
            let isEmpty = try string("empty") == "T"
            if isEmpty {
                backup = nil
            } else {
                _ = try string("hostname")
                backup = Backup(port: Int(try number("port", Int32.self)), secret: try string("secret"))
            }
        case "SERVER_ANNOUNCE":
            announced.insert(try string("id"))
            _ = try (string("hostname"), number("port", Int32.self), number("load", Int32.self))
        case "ACTIVITY_BROADCAST":
            guard let activity = message["activity"], activity.members != nil else {
                throw link.failure("ClassCastException at activity of \(message.line)", file, line)
            }
            let (id, serial) = (try number("id", Int32.self), try number("serial", Int32.self))
            _ = try number("timestamp", Int64.self)
            for receiver in receivers { receiver.receive(activity, id: id, serial: serial) }
        case "LOCK_REQUEST":
            let (username, secret) = (try string("username"), try string("secret"))
            guard answersLocks else { return }
            try send(accounts[username] == nil ? "LOCK_ALLOWED" : "LOCK_DENIED", username, secret)
        case "LOCK_ALLOWED", "LOCK_DENIED", "LOGIN_ALLOWED", "LOGIN_DENIED":
            answers.append([command, try string("username"), try string("secret")])
        default:
            throw link.failure("the original knows no \(message.line)", file, line)
        }
        // Every additional field has to be one that the original can read.
        for (key, value) in message.members ?? [:] where key != "activity" && value.text == nil {
            throw link.failure("\(key) is no string in \(message.line)", file, line)
        }
    }

    // MARK: - Writing

    func send(_ command: String, _ username: String, _ secret: String) throws {
        try link.send(["command": .string(command), "username": .string(username), "secret": .string(secret)])
    }

    /// Sends what one of its clients says. `serial` is the message's number at the client.
    func say(_ activity: JSONValue, client id: Int, serial: Int) throws {
        try link.send([
            "command": "ACTIVITY_BROADCAST", "activity": activity, "id": .string(String(id)),
            "serial": .string(String(serial)), "timestamp": "1795377357389",
        ])
    }

    func announce(load: Int) throws {
        try link.send([
            "command": "SERVER_ANNOUNCE", "id": .string(secret), "hostname": "localhost",
            "port": .string(String(port)), "load": .string(String(load)),
        ])
    }
}
