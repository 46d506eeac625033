import TLS
import Tree

/// The running node that an operator's tool asks, and what the two prove to each other.
public struct NodeAccess {
    public var address: Address
    /// The node's own secret.
    public var secret: String
    /// What the node has to prove before it is shown the secret; nil for a connection in clear.
    public var tls: TLSContext?
    /// The flags that have named the node, for advice.
    public var flags: ServerFlags

    public init(
        _ address: Address, secret: String, tls: TLSContext?, namedBy flags: ServerFlags = .hostAndPort
    ) {
        self.address = address
        self.secret = secret
        self.tls = tls
        self.flags = flags
    }
}
