/// A name in DNS that leads to further nodes: `--seeds dns:NAME:PORT` or `dns:NAME`.
public struct SeedName: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    /// The port of the node at every address of the name. Nil if the records of the service say where the nodes are
    /// (SRV), or, without such records, for the usual port at every address of the name.
    public let port: UInt16?

    public init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// The name of the records that say where the nodes are (RFC 2782).
    var service: String { "_coppice._tcp.\(host)" }

    /// Where a node listens if nothing else was said.
    static let usualPort: UInt16 = 3780

    public var description: String { "dns:\(host)" + (port.map { ":\($0)" } ?? "") }
}
