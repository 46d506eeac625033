/// Connections that nobody listens in on, and for whom a certificate vouches.
///
/// A plain connection has no place here, so a client without TLS costs nothing for it.
struct EncryptedConnections {
    private var names: [ConnectionID: String?] = [:]

    /// - Parameter name: whose certificate was shown, signed by who says who has which name; nil without one.
    mutating func add(_ connection: ConnectionID, vouchedName name: String?) {
        names[connection] = .some(name)
    }

    func contains(_ connection: ConnectionID) -> Bool { !names.isEmpty && names[connection] != nil }

    /// Whether the other end is who has this name, without any secret.
    func vouch(for name: String, on connection: ConnectionID) -> Bool {
        !names.isEmpty && names[connection] == .some(.some(name))
    }

    mutating func forget(_ connection: ConnectionID) {
        if !names.isEmpty { names[connection] = nil }
    }
}
