import TLS
import Tree
import UV
import Wire

// Connections that the node has asked for: both sides prove that they know the secret before anything is said
// (docs/protocol.md#encrypted-links). What the node says meanwhile waits in the stream.

extension NodeServer {
    func dialled(_ attempt: AttemptID, _ result: Result<Dialler.Made, Dialler.Failure>) {
        let made: Dialler.Made
        switch result {
        case .success(let success): made = success
        case .failure(let failure): return post(.connectFailed(attempt, why: failure.why))
        }
        let stream = made.stream
        stream.setNoDelay()
        stream.setLiveness(settings.liveness)
        let connection = add(stream, isDialled: true)
        dialler?.stands(attempt, as: connection.id)
        if let context = made.context {
            guard let filter = try? TLSFilter(context) else {
                post(.connected(attempt, connection.id))
                post(.closed(connection.id))
                return connection.close(.now)
            }
            // First of all, so that nothing can be written past it.
            connection.beginLink(filter)
        }
        post(.connected(attempt, connection.id))
        if made.context == nil, stream.isFiltered { handshakeDone(connection) }
        stream.startReading()
    }

    /// The other end of a connection that this node made hasn't proved anything: tells the node who is there instead,
    /// as far as the first bytes show.
    func notProved(_ connection: Connection) {
        guard let filter = connection.stream.filter as? TLSFilter, !filter.firstBytes.isEmpty else { return }
        post(.receivedForeign(connection.id, server(behind: filter)))
    }

    private func server(behind filter: TLSFilter) -> ForeignServer {
        if filter.saysKeyIsWrong { return .stranger }
        if let fault = filter.linkFault { return .uncertified(fault.advice) }
        let first = filter.firstBytes
        if let known = ForeignServer.recognised(by: first.span.bytes, isAll: true) { return known }
        // A program of the original system writes two bytes before the line.
        let line = first.drop { $0 != UInt8(ascii: "{") }.prefix { $0 != 10 && $0 != 13 }
        guard let message = try? Decoding.message(line.span.bytes, depthLimit: settings.depth) else { return .plain }
        return ForeignServer(inClear: message)
    }
}

extension LinkFault {
    /// What is wrong with the other node, or with this one, and what to change.
    var advice: String {
        switch self {
        case .noneHere:
            "it wants a link with certificates, and this node has none for links: give it --link-cert, --link-key and "
                + "--link-ca"
        case .noneThere:
            "it takes no links with certificates: give it --link-cert, --link-key and --link-ca, or start all nodes "
                + "without them"
        case .notShown: "it shows no certificate: check --link-cert there"
        case .unbelieved(let words): "\(words): check --link-ca here, and --link-cert there"
        case .disbelieved(let words):
            "it refuses this node's certificate (\(words)): check --link-cert here, and --link-ca there"
        }
    }
}
