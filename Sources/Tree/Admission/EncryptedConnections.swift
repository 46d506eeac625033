/// Connections that nobody listens in on, for whom a certificate vouches, and who has proved to know a node's secret.
///
/// A plain connection has no place here, so a client without TLS costs nothing for it.
struct EncryptedConnections {
    private struct Encrypted {
        let vouchedName: String?
        let isProved: Bool
        let isCertified: Bool
    }

    private var connections: [ConnectionID: Encrypted] = [:]

    /// - Parameters:
    ///   - name: whose certificate was shown, signed by who says who has which name; nil without one.
    ///   - isProved: whether both sides have proved that they know the secret of the one that was connected to.
    ///   - isCertified: whether both have besides shown certificates of nodes.
    mutating func add(_ connection: ConnectionID, vouchedName name: String?, isProved: Bool, isCertified: Bool) {
        connections[connection] = Encrypted(vouchedName: name, isProved: isProved, isCertified: isCertified)
    }

    func contains(_ connection: ConnectionID) -> Bool { !connections.isEmpty && connections[connection] != nil }

    /// Whether both sides have proved that they know a node's secret.
    func isProved(_ connection: ConnectionID) -> Bool { connections[connection]?.isProved == true }

    /// Whether both sides have besides shown certificates of nodes.
    func isCertified(_ connection: ConnectionID) -> Bool { connections[connection]?.isCertified == true }

    /// Whether the other end is who has this name, without any secret.
    func vouch(for name: String, on connection: ConnectionID) -> Bool {
        !connections.isEmpty && connections[connection]?.vouchedName == name
    }

    mutating func forget(_ connection: ConnectionID) {
        if !connections.isEmpty { connections[connection] = nil }
    }
}
