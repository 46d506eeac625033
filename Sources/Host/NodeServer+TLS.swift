import LogLines
import TLS
import Tree
import UV

// Connections that speak TLS, from their first bytes on (docs/protocol.md#tls).

extension NodeServer {
    /// Begins handshakes for a slice of time.
    func beginHandshakes() {
        guard handshakes.hasWork else { return }
        let deadline = Loop.monotonicNanoseconds + settings.sliceNanoseconds
        while let id = handshakes.next() {
            guard let connection = connections[id] else { continue }
            begin(connection)
            if Loop.monotonicNanoseconds > deadline { return }
        }
    }

    /// Somebody's first bytes are TLS.
    func enqueueHandshake(_ connection: Connection) {
        handshakes.enqueue(connection.id)
    }

    private func begin(_ connection: Connection) {
        guard let certificates else {
            logger[.tlsWithoutCertificate].notice(
                "\(peerText(connection)) speaks TLS, and this node has no certificate (--tls-cert, --tls-key)",
                metadata: ["fault": "no certificate"])
            return connection.refuseTLS()
        }
        let filter: TLSFilter
        do {
            filter = try TLSFilter(certificates.context)
        } catch {
            logger[.tlsImpossible].warning("no TLS for \(peerText(connection)): \(error)", metadata: ["fault": "TLS"])
            return connection.refuseTLS()
        }
        if let oldest = handshakes.began(connection.id, at: Loop.monotonicNanoseconds) {
            logger[.tlsCrowded].warning(
                "more than \(settings.handshakes) TLS handshakes at a time: the oldest go (--max-handshakes)",
                metadata: ["fault": "many handshakes"])
            post(.closed(oldest))
            connections[oldest]?.close(.now)
        }
        connection.beginTLS(filter)
    }

    /// Ends handshakes that take too long, wherever they come from.
    func endLateHandshakes() {
        let since = Loop.monotonicNanoseconds - UInt64(settings.linePatience.wholeMilliseconds) * 1_000_000
        for id in handshakes.late(since: since) {
            guard let connection = connections[id] else { continue }
            logger[.tlsFailed].notice(
                "TLS with \(peerText(connection)) failed: no handshake within \(settings.linePatience)",
                metadata: ["fault": "TLS"])
            post(.closed(id))
            connection.close(.afterFlush)
        }
    }

    /// A connection is encrypted from now on.
    func handshakeDone(_ connection: Connection) {
        handshakes.succeeded(connection.id)
        let name = (connection.stream.filter as? TLSFilter)?.peerName
        post(.encrypted(connection.id, vouchedName: name))
    }

    /// TLS has ended a connection, in its handshake or later.
    func filterFailed(_ connection: Connection, _ reason: String) {
        logger[.tlsFailed].notice(
            "TLS with \(peerText(connection)) failed: \(notices.quoted(reason))", metadata: ["fault": "TLS"])
    }

    func peerText(_ connection: Connection) -> String {
        peer(of: connection.id).map { "\($0.host)" } ?? "a client that is gone"
    }

    /// The operator wants what is in files to be read again.
    ///
    /// - Returns: what there is of it, for the log.
    public func reload() -> [String] {
        certificates?.look(isOrdered: true)
        tokens?.look(isOrdered: true)
        return (certificates == nil ? [] : ["the certificate"]) + (tokens == nil ? [] : ["the keys for tokens"])
    }
}
