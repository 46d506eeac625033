import JSON
import Tree

/// A node's answer to `STATUS` as a tool reads it (docs/protocol.md#status): what the node knows of the whole tree.
public struct TreeStatus: Equatable, Sendable {
    /// The nodes of the tree, at least one. The first is the node that was asked.
    public let nodes: [Node]
    /// False if some branch didn't answer in time.
    public let isComplete: Bool

    public init(nodes: [Node], isComplete: Bool) {
        precondition(!nodes.isEmpty, "a status without the asked node")
        self.nodes = nodes
        self.isComplete = isComplete
    }

    public var asked: Node { nodes[0] }

    /// Another node, as lists name it.
    public struct Reference: Equatable, Sendable {
        /// Nil where only an address is known.
        public let id: String?
        public let host: String
        public let port: Int64

        public init(id: String?, host: String, port: Int64) {
            self.id = id
            self.host = host
            self.port = port
        }

        public var address: String { Address(host: host, port: UInt16(clamping: port)).description }
    }

    /// A server that is no node and has attached below one.
    public struct BaseServer: Equatable, Sendable {
        /// The protocol that it speaks: `base` or `original`.
        public let dialect: String
        public let reference: Reference
    }

    /// Why a node isn't in the tree that it should have joined.
    public struct Trouble: Equatable, Sendable {
        /// The parent that it should have joined.
        public let parent: Reference?
        public let info: String?
    }

    /// What slow links mean at a node.
    public struct Lag: Equatable, Sendable {
        /// For how many milliseconds clients have been held back; nil if they aren't.
        public let waitedMilliseconds: Int64?
        /// The node at the other end of the slow link; nil if the clients wait for copies or stamps.
        public let waitsFor: Reference?
        /// Children that miss the entries that their links can't take.
        public let leftBehind: [Reference]
    }

    /// What a node has done since its start, counted at one moment.
    public struct Work: Equatable, Sendable {
        /// When it was counted, in milliseconds of the node's own.
        public let sampledMilliseconds: Int64
        /// Messages that were accepted there.
        public let accepted: Int64
        /// Entries times the clients that could be shown them.
        public let deliveries: Int64
        public let bytesRead: Int64
        public let bytesWritten: Int64
        /// How many bytes the slowest client lags.
        public let slowestBytes: Int64
        /// Microseconds of the longest turn lately.
        public let longestTurn: Int64

        public init(
            sampledMilliseconds: Int64, accepted: Int64, deliveries: Int64, bytesRead: Int64, bytesWritten: Int64,
            slowestBytes: Int64, longestTurn: Int64
        ) {
            self.sampledMilliseconds = sampledMilliseconds
            self.accepted = accepted
            self.deliveries = deliveries
            self.bytesRead = bytesRead
            self.bytesWritten = bytesWritten
            self.slowestBytes = slowestBytes
            self.longestTurn = longestTurn
        }
    }

    /// A link of a node.
    public struct Link: Equatable, Sendable {
        public let peer: Reference
        /// What the other side is: `parent`, `child`, `base`, or what a newer node says.
        public let role: String
        /// `open`, `synchronising`, `congested`, or what a newer node says.
        public let state: String
        /// Entries that wait for the link.
        public let behind: Int64
    }

    public struct Node: Equatable, Sendable {
        public let id: String
        public let host: String
        public let port: Int64
        public let isRoot: Bool
        /// Whether others may listen in on the link to its parent.
        public let isPlain: Bool
        /// Whether an operator drains it of its clients.
        public let isDraining: Bool
        /// From the parent up to the root.
        public let path: [Reference]
        /// The nodes that this node asks when it loses its parent, in this order.
        public let deadpool: [Reference]
        /// The node that becomes root when the root is lost, as far as this node knows.
        public let heir: Reference?
        public let children: [Reference]
        /// Servers that are no nodes and have attached below this node.
        public let baseServers: [BaseServer]
        public let clients: Int64
        /// How many messages were accepted there and aren't safe yet.
        public let queue: Int64
        /// How many entries the node keeps.
        public let log: Int64
        /// Nil if the node is in its tree.
        public let trouble: Trouble?
        /// Nil if no client waits for a slow link, and no child is left behind.
        public let lag: Lag?
        /// Nil if the node is too old to tell.
        public let work: Work?
        public let links: [Link]
        /// All fields that came, those of later versions included.
        public let fields: JSONMembers

        public var reference: Reference { Reference(id: id, host: host, port: port) }
    }
}

// MARK: Reading

extension TreeStatus {
    /// Nil if this is no answer to `STATUS`, or if one of the nodes is not understood.
    package init?(_ object: borrowing JSONObject) {
        guard object.string("command", is: Command.status.rawValue), let list = object.array("nodes") else {
            return nil
        }
        let nodes = list.compactMap { Node($0) }
        guard !nodes.isEmpty, nodes.count == list.count else { return nil }
        self.init(nodes: nodes, isComplete: object.bool("complete") ?? true)
    }
}

extension TreeStatus.Reference {
    fileprivate init?(_ value: JSONValue?) {
        guard let value, let host = value["hostname"]?.string, let port = value["port"]?.integer else { return nil }
        self.init(id: value["id"]?.string, host: host, port: port)
    }
}

extension TreeStatus.BaseServer {
    fileprivate init?(_ value: JSONValue) {
        guard let dialect = value["protocol"]?.string, let reference = TreeStatus.Reference(value) else { return nil }
        self.init(dialect: dialect, reference: reference)
    }
}

extension TreeStatus.Node {
    package init?(_ value: JSONValue) {
        guard let fields = value.object, let id = fields["id"]?.string, let own = TreeStatus.Reference(value) else {
            return nil
        }
        func list(_ key: String) -> [TreeStatus.Reference] {
            (fields[key]?.array ?? []).compactMap { TreeStatus.Reference($0) }
        }
        let path = list("path")
        self.init(
            id: id, host: own.host, port: own.port, isRoot: fields["root"]?.bool ?? path.isEmpty,
            isPlain: fields["plain"]?.bool ?? false, isDraining: fields["draining"]?.bool ?? false, path: path,
            deadpool: list("deadpool"), heir: TreeStatus.Reference(fields["heir"]), children: list("children"),
            baseServers: (fields["leaves"]?.array ?? []).compactMap { TreeStatus.BaseServer($0) },
            clients: fields["clients"]?.integer ?? 0, queue: fields["queue"]?.integer ?? 0,
            log: fields["log"]?.integer ?? 0, trouble: fields["unjoined"].flatMap { TreeStatus.Trouble($0) },
            lag: fields["lag"].flatMap { TreeStatus.Lag($0) }, work: fields["work"].flatMap { TreeStatus.Work($0) },
            links: (fields["links"]?.array ?? []).compactMap { TreeStatus.Link($0) }, fields: fields)
    }
}

extension TreeStatus.Work {
    fileprivate init?(_ value: JSONValue) {
        guard let fields = value.object, let sampled = fields["sampled_ms"]?.integer else { return nil }
        func number(_ key: String) -> Int64 { fields[key]?.integer ?? 0 }
        self.init(
            sampledMilliseconds: sampled, accepted: number("accepted"), deliveries: number("deliveries"),
            bytesRead: number("bytes_read"), bytesWritten: number("bytes_written"),
            slowestBytes: number("slowest_bytes"), longestTurn: number("longest_turn"))
    }
}

extension TreeStatus.Link {
    fileprivate init?(_ value: JSONValue) {
        guard let fields = value.object, let peer = TreeStatus.Reference(value) else { return nil }
        self.init(
            peer: peer, role: fields["role"]?.string ?? "", state: fields["state"]?.string ?? "",
            behind: fields["behind"]?.integer ?? 0)
    }
}

extension TreeStatus.Lag {
    fileprivate init?(_ value: JSONValue) {
        guard let fields = value.object else { return nil }
        self.init(
            waitedMilliseconds: fields["waited_ms"]?.integer, waitsFor: TreeStatus.Reference(fields["waits_for"]),
            leftBehind: (fields["left_behind"]?.array ?? []).compactMap { TreeStatus.Reference($0) })
    }
}

extension TreeStatus.Trouble {
    fileprivate init?(_ value: JSONValue) {
        guard value.object != nil else { return nil }
        let parent = TreeStatus.Reference(value)
        self.init(
            parent: parent.map { TreeStatus.Reference(id: nil, host: $0.host, port: $0.port) },
            info: value["info"]?.string)
    }
}
