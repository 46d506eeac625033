// Links in clear or without a certificate, and secrets of nodes in clear (docs/protocol.md#encrypted-links). Whoever
// reads them on the way can become a node, so they are refused unless the operator allows them.

extension Node {
    /// Why a node on this connection can't be a neighbour, since it isn't protected as links have to be here; nil if it
    /// can.
    func refusal(ofUnprotectedLink connection: ConnectionID) -> Refusal? {
        switch configuration.linkProtection {
        case .none, .preferred: nil
        case .required where admission.encrypted.isProved(connection): nil
        case .certified where admission.encrypted.isCertified(connection): nil
        case .required:
            Refusal(
                reason: .plain,
                info: "links are encrypted here: start the other node without --plain-links, or this one with it")
        case .certified:
            Refusal(
                reason: .certificate,
                info: "links need certificates: start both nodes with --link-cert, --link-key and --link-ca")
        }
    }

    /// Why a secret of the network on this connection isn't looked at, since others may have read it on the way; nil if
    /// it is. On the machine itself nobody can.
    func refusal(ofPlainNodeSecret connection: ConnectionID) -> Refusal? {
        guard configuration.linkProtection.forbidsPlain, !admission.encrypted.contains(connection),
            !address(of: connection).isLoopback
        else { return nil }
        return Refusal(
            reason: .plain,
            info: "a node's secret from another machine is taken over an encrypted connection alone, since others can "
                + "read it on the way: use coppice tree and coppice account, or start this node with --plain-links")
    }

    /// Warns of a new link that is in clear.
    func notePlainness(of link: Link) {
        guard isPlain(link) else { return }
        report(.plainLink(link.contact))
    }

    /// Whether others may listen in on a link between nodes, although links are encrypted here.
    func isPlain(_ link: Link) -> Bool {
        configuration.linkProtection != .none && link.isNode && !admission.encrypted.isProved(link.connection)
    }
}
