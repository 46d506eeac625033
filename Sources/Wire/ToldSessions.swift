import JSON
import Tree

// Sessions and bans in a node's answers, as a tool reads them (docs/protocol.md#administration).

/// A session in a node's answer to a tool.
public struct ToldSession: Equatable, Sendable {
    public let username: String
    public let session: String
    /// The node at which it is.
    public let node: String
    public let from: String
    public let transport: String
    /// Seconds since 1970.
    public let since: UInt64
    public let messages: Int64
    public let lagBytes: Int64

    init?(_ value: JSONValue) {
        guard let username = value["username"]?.string, let session = value["session"]?.string,
            let host = value["hostname"]?.string, let port = value["port"]?.integer
        else { return nil }
        self.username = username
        self.session = session
        node = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        from = value["from"]?.string ?? ""
        transport = value["transport"]?.string ?? ""
        since = UInt64(clamping: value["since"]?.integer ?? 0)
        messages = value["messages"]?.integer ?? 0
        lagBytes = value["lag_bytes"]?.integer ?? 0
    }
}

/// What a node tells of a question that has crossed the tree.
public struct SessionsTold: Equatable, Sendable {
    /// How many sessions there are, or were ended.
    public let total: Int64
    /// Nodes that have answered.
    public let nodes: Int64
    /// Nodes that have the change on disk.
    public let durable: Int64
    /// False if some node has not answered.
    public let isComplete: Bool

    init?(_ object: borrowing JSONObject) {
        guard let nodes = object.int("nodes"), let total = object.int("total") else { return nil }
        self.nodes = nodes
        self.total = total
        durable = object.int("durable") ?? 0
        isComplete = object.bool("unknown") != true
    }
}

/// A ban in a node's answer to a tool.
public struct ToldBan: Equatable, Sendable {
    public enum Target: Equatable, Sendable {
        case username(String)
        case address(String)
        case session(String)
    }

    public let target: Target
    /// Milliseconds since 1970.
    public let made: UInt64
    /// Milliseconds since 1970; nil for never.
    public let until: UInt64?
    public let reason: String

    init?(_ value: JSONValue) {
        if let name = value["username"]?.string {
            target = .username(name)
        } else if let range = value["address"]?.string {
            target = .address(range)
        } else if let session = value["session"]?.string {
            target = .session(session)
        } else {
            return nil
        }
        made = value["stamp"]?.string.flatMap { UInt64($0) }.map { Stamp($0).milliseconds } ?? 0
        until = value["until"]?.integer.map { UInt64(clamping: $0) }
        reason = value["reason"]?.string ?? ""
    }
}
