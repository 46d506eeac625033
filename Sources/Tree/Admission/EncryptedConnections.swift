/// Connections that nobody listens in on, for whom a certificate vouches, and who has proved to know a node's secret.
///
/// A plain connection has no place here, so a client without TLS costs nothing for it.
struct EncryptedConnections {
    private struct Encrypted {
        let vouchedName: String?
        let isProved: Bool
    }

    private var connections: [ConnectionID: Encrypted] = [:]

    /// - Parameters:
    ///   - name: whose certificate was shown, signed by who says who has which name; nil without one.
    ///   - isProved: whether both sides have proved that they know the secret of the one that was connected to.
    mutating func add(_ connection: ConnectionID, vouchedName name: String?, isProved: Bool) {
        connections[connection] = Encrypted(vouchedName: name, isProved: isProved)
    }

    func contains(_ connection: ConnectionID) -> Bool { !connections.isEmpty && connections[connection] != nil }

    /// Whether both sides have proved that they know a node's secret.
    func isProved(_ connection: ConnectionID) -> Bool { connections[connection]?.isProved == true }

    /// Whether the other end is who has this name, without any secret.
    func vouch(for name: String, on connection: ConnectionID) -> Bool {
        !connections.isEmpty && connections[connection]?.vouchedName == name
    }

    mutating func forget(_ connection: ConnectionID) {
        if !connections.isEmpty { connections[connection] = nil }
    }
}
