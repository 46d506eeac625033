import LogLines
import TLS
import Tree
import UV

// Connections that speak TLS, from their first bytes on (docs/protocol.md#tls).

extension NodeServer {
    /// Whether somebody waits for a handshake that can begin. At its start the node derives the keys that others prove.
    var canShakeHands: Bool { handshakes.hasWork && linkKeys.areReady }

    /// Begins handshakes for a slice of time, or for less while others talk.
    ///
    /// - Returns: whether some are left that can begin in the next turn.
    func beginHandshakes() -> Bool {
        guard canShakeHands else { return false }
        let start = Loop.monotonicNanoseconds
        let isShared = loud.hasQuiet
        let slice = isShared ? handshakes.sharedTime(at: start) : settings.sliceNanoseconds
        var now = start
        while now < start + slice, let id = handshakes.next() {
            guard let connection = connections[id] else { continue }
            begin(connection)
            now = Loop.monotonicNanoseconds
        }
        if isShared {
            handshakes.spent(now - start)
            if handshakes.hasWork { loud.wakeSoon() }
        }
        return !isShared && handshakes.hasWork
    }

    /// Somebody's first bytes are TLS.
    func enqueueHandshake(_ connection: Connection) {
        handshakes.enqueue(connection.id)
    }

    private func begin(_ connection: Connection) {
        let context = certificates?.context ?? linkKeys.withoutCertificate
        context.linkKeys = linkKeys.accepted
        context.links = linkKeys.certificates?.context
        let filter: TLSFilter
        do {
            filter = try TLSFilter(context)
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
        let filter = connection.stream.filter as? TLSFilter
        let isProved = filter?.provedLinkKey ?? false
        handshakes.succeeded(connection.id, isClient: !isProved)
        post(
            .encrypted(
                connection.id, vouchedName: filter?.peerName, isProved: isProved,
                isCertified: filter?.isCertifiedLink ?? false))
    }

    /// TLS has ended a connection, in its handshake or later.
    func filterFailed(_ connection: Connection, _ reason: String) {
        let filter = connection.stream.filter as? TLSFilter
        if filter?.hasNamedWrongKey == true { return post(.namedWrongKey(connection.id)) }
        if connection.isDialled, filter?.hasOpened == false { return notProved(connection) }
        if let fault = filter?.linkFault {
            return logger[.linkCertificate].warning(
                "no link with \(peerText(connection)): \(notices.quoted(fault.advice))",
                metadata: ["fault": "link certificates of \(peerText(connection)): \(fault.advice)"])
        }
        guard certificates != nil || filter?.hasTakenKey == true else {
            return logger[.tlsWithoutCertificate].notice(
                "\(peerText(connection)) speaks TLS, and this node has no certificate (--tls-cert, --tls-key)",
                metadata: ["fault": "no certificate"])
        }
        logger[.tlsFailed].notice(
            "TLS with \(peerText(connection)) failed: \(notices.quoted(reason))", metadata: ["fault": "TLS"])
    }

    func peerText(_ connection: Connection) -> String {
        peer(of: connection.id).map { "\($0.host)" } ?? "a client that is gone"
    }
}
