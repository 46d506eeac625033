/// The name of a node: 64 random bits, chosen once and kept in its data directory.
public struct NodeID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: NodeID, b: NodeID) -> Bool { a.value < b.value }
}

/// One life of a node. A node that starts again takes a greater incarnation than every earlier one of its own:
/// by default the wall-clock milliseconds of its start.
public struct Incarnation: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: Incarnation, b: Incarnation) -> Bool { a.value < b.value }
}

/// Who counts an entry's sequence: one life of one node.
///
/// What a node forgot in a crash it can't number again by mistake, since after the restart it is another origin.
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

/// An open connection, named by whoever runs the node. Never used again for another connection of the same run.
public struct ConnectionID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.value < b.value }
}

/// One try of this node to reach another, counted up from 1 within an incarnation.
///
/// It travels in `AUTHENTICATE`: of two links of one node the one with the greater number is the newer (rule L6),
/// whatever the order in which they arrive.
public struct AttemptID: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: AttemptID, b: AttemptID) -> Bool { a.value < b.value }
}

/// Where a node listens.
public struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let host: String
    /// 1 to 65535.
    public let port: UInt16

    /// - Parameter host: a name, or an address in digits, which may stand in brackets.
    public init(host: String, port: UInt16) {
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : host
        self.port = port
    }

    /// Whether a host can look so. Some servers announce what their platform prints of an address: `name/127.0.0.1`.
    public var isPlausible: Bool {
        !host.isEmpty
            && host.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || ".-_:%".unicodeScalars.contains($0)
            }
    }

    /// As in `localhost:3780` and `[::1]:3780`, which is also how it is given on a command line.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    public static func < (a: Address, b: Address) -> Bool { (a.host, a.port) < (b.host, b.port) }
}

/// A secret in clear. Its description shows nothing, so that no log or trace can.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
}

/// A keyed hash of a secret: equal for equal secrets within one run of a node, and of no use outside of it.
public struct SecretDigest: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// How to reach a node, and who is expected there.
public struct Contact: Hashable, Sendable {
    /// Nil for an address that somebody configured and nobody has answered at yet.
    public var node: NodeID?
    public var incarnation: Incarnation?
    public var address: Address
    /// What the node there wants to be shown, where it differs from the secret of the asker's own network.
    public var secret: Secret?

    public init(node: NodeID? = nil, incarnation: Incarnation? = nil, address: Address, secret: Secret? = nil) {
        self.node = node
        self.incarnation = incarnation
        self.address = address
        self.secret = secret
    }

    public var origin: Origin? {
        guard let node, let incarnation else { return nil }
        return Origin(node: node, incarnation: incarnation)
    }
}
