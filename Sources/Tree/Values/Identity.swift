/// The name of a node: 64 random bits, chosen once and kept in its data directory.
public struct NodeID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: NodeID, b: NodeID) -> Bool { a.value < b.value }
}

/// One life of a node. When a node restarts, it takes a greater incarnation than all its earlier ones: by default the
/// wall-clock milliseconds of its start.
public struct Incarnation: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: Incarnation, b: Incarnation) -> Bool { a.value < b.value }
}

/// The numberer of an entry's sequence: one life of one node.
///
/// A node that forgot entries in a crash can't reuse their numbers by mistake: after the restart it is another origin.
public struct Origin: Hashable, Comparable, Sendable {
    public let node: NodeID
    public let incarnation: Incarnation

    public init(node: NodeID, incarnation: Incarnation) {
        self.node = node
        self.incarnation = incarnation
    }

    public static func < (a: Origin, b: Origin) -> Bool {
        (a.node, a.incarnation) < (b.node, b.incarnation)
    }
}

/// Names a connection. The runner chooses it, and never uses it again for another connection of the same run.
public struct ConnectionID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.value < b.value }
}

/// Names one attempt of this node to connect to another one. Attempts are counted from 1 within an incarnation.
///
/// `AUTHENTICATE` carries it: of two links of one node the link with the greater number is the newer one (rule L6), in
/// whatever order they arrive.
public struct AttemptID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: AttemptID, b: AttemptID) -> Bool { a.value < b.value }
}

/// The address of a server.
public struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let host: String
    /// 1 to 65535.
    public let port: UInt16

    /// - Parameter host: a name or an IP address. It may stand in brackets.
    public init(host: String, port: UInt16) {
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : host
        self.port = port
    }

    /// Whether this can be a host. Some servers announce addresses as their platform prints them: `name/127.0.0.1`.
    public var isPlausible: Bool {
        !host.isEmpty
            && host.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || ".-_:%".unicodeScalars.contains($0)
            }
    }

    /// As on a command line: `localhost:3780`, `[::1]:3780`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    public static func < (a: Address, b: Address) -> Bool { (a.host, a.port) < (b.host, b.port) }
}

/// A secret in clear text. Its description doesn't show it, so no log or trace can.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
}

/// A keyed hash of a secret. Equal secrets have equal digests within one run of a node; outside of it a digest has no
/// use.
public struct SecretDigest: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// How to reach a node, and which node is expected there.
public struct Contact: Hashable, Sendable {
    /// Nil for a configured address at which no node has answered yet.
    public var node: NodeID?
    /// The life of the node that was there; nil if it isn't known.
    public var incarnation: Incarnation?
    public var address: Address
    /// The secret of the node there; nil if it is that of the asker's own network.
    public var secret: Secret?

    public init(node: NodeID? = nil, incarnation: Incarnation? = nil, address: Address, secret: Secret? = nil) {
        self.node = node
        self.incarnation = incarnation
        self.address = address
        self.secret = secret
    }

    /// Nil if the node or its life isn't known.
    public var origin: Origin? {
        guard let node, let incarnation else { return nil }
        return Origin(node: node, incarnation: incarnation)
    }
}
