import JSON
import Tree

/// What a node answers to `STATUS`: what it knows of the whole tree.
public struct TreeStatus: Equatable, Sendable {
    /// The asked node stands first. At least one.
    public let nodes: [NodeStatus]
    /// False if some branch didn't answer in time.
    public let isComplete: Bool

    public init(nodes: [NodeStatus], isComplete: Bool) {
        precondition(!nodes.isEmpty, "a status without the asked node")
        self.nodes = nodes
        self.isComplete = isComplete
    }

    public var asked: NodeStatus { nodes[0] }

    /// - Returns: `nil` if this is no such answer.
    init?(_ object: borrowing JSONObject) {
        guard object.string("command", is: "STATUS"), let list = object.array("nodes") else { return nil }
        let nodes = list.compactMap { NodeStatus($0) }
        guard !nodes.isEmpty, nodes.count == list.count else { return nil }
        self.init(nodes: nodes, isComplete: object.bool("complete") ?? true)
    }

    /// For programs: the asked node's fields, then `nodes` with all of them, itself included.
    var json: JSONValue {
        var members = asked.fields
        members["command"] = nil
        members["nodes"] = .array(nodes.map { .object($0.fields) })
        members["complete"] = .bool(isComplete)
        return .object(members)
    }
}

/// One node of a `STATUS`.
public struct NodeStatus: Equatable, Sendable {
    /// Another node, as one is named in lists.
    public struct Reference: Equatable, Sendable {
        /// Missing where only an address is known.
        public let id: String?
        public let host: String
        public let port: Int64

        public init(id: String?, host: String, port: Int64) {
            self.id = id
            self.host = host
            self.port = port
        }

        init?(_ value: JSONValue?) {
            guard let value, let host = value["hostname"]?.string, let port = value["port"]?.integer else { return nil }
            self.init(id: value["id"]?.string, host: host, port: port)
        }

        public var address: String { Address(host: host, port: UInt16(clamping: port)).description }
    }

    /// A server that is no node, below one.
    public struct Leaf: Equatable, Sendable {
        /// `base` or `original`, by the protocol that it speaks.
        public let dialect: String
        public let reference: Reference

        init?(_ value: JSONValue) {
            guard let dialect = value["protocol"]?.string, let reference = Reference(value) else { return nil }
            (self.dialect, self.reference) = (dialect, reference)
        }
    }

    public let id: String
    public let host: String
    public let port: Int64
    public let isRoot: Bool
    /// From the parent up to the root.
    public let path: [Reference]
    /// Whom it tries when it loses its parent, in this order.
    public let deadpool: [Reference]
    /// Who follows the tree's root when that is lost, as far as this node knows.
    public let heir: Reference?
    public let children: [Reference]
    /// Servers that are no nodes and hang on this one.
    public let leaves: [Leaf]
    public let clients: Int64
    /// Messages accepted there that are not safe yet.
    public let queue: Int64
    /// Entries kept.
    public let log: Int64
    /// Why it isn't in the tree that it was to join; nil if it is.
    public let trouble: String?
    /// All that came, also what later versions say.
    public let fields: JSONMembers

    init?(_ value: JSONValue) {
        guard let fields = value.object, let id = fields["id"]?.string, let own = Reference(value) else { return nil }
        func list(_ key: String) -> [Reference] { (fields[key]?.array ?? []).compactMap { Reference($0) } }
        self.id = id
        self.fields = fields
        host = own.host
        port = own.port
        path = list("path")
        deadpool = list("deadpool")
        children = list("children")
        leaves = (fields["leaves"]?.array ?? []).compactMap { Leaf($0) }
        heir = Reference(fields["heir"])
        isRoot = fields["root"]?.bool ?? path.isEmpty
        clients = fields["clients"]?.integer ?? 0
        queue = fields["queue"]?.integer ?? 0
        log = fields["log"]?.integer ?? 0
        trouble = fields["unjoined"].flatMap { $0.object == nil ? nil : Self.trouble($0) }
    }

    private static func trouble(_ value: JSONValue) -> String {
        let info = value["info"]?.string ?? "it doesn't say why"
        guard let host = value["hostname"]?.string, let port = value["port"]?.integer else { return info }
        return "the parent at \(Reference(id: nil, host: host, port: port).address) can't be had: \(info)"
    }

    public var reference: Reference { Reference(id: id, host: host, port: port) }
}
