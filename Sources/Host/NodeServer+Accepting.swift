import LogLines
import Tree
import UV
import Wire

/// Who comes in, and who is told at the door that there is no room.
extension NodeServer {
    /// Takes a connection that somebody has opened.
    public func accept(_ stream: Stream) {
        guard connectionAdmission.hasRoom(among: loop.openStreams) else { return turnAway(stream) }
        let peer = stream.peer
        if let balancers {
            // It is gone again, as a balancer's that looked whether somebody listens: nobody knows whose it was.
            guard let peer else { return stream.close() }
            if balancers.contains(peer) { return balancers.accept(stream, from: peer) }
        }
        enter(stream, from: peer)
        stream.startReading()
    }

    /// A newcomer is known to come from an address.
    ///
    /// - Parameters:
    ///   - first: bytes of it that were read already.
    ///   - named: is called with its id before anything else learns of it.
    func enter(
        _ stream: Stream, from peer: SocketAddress?, received first: [UInt8] = [],
        named: (ConnectionID) -> Void = { _ in }
    ) {
        let connection = add(stream)
        named(connection.id)
        // This machine has many addresses, and counts as one: whoever is on it may take any of them.
        let address = peer.map { $0.isLoopback ? .loopback : PeerAddress($0.subscriber) }
        post(.opened(connection.id, from: address ?? .loopback))
        if let silent = connectionAdmission.entered(connection.id, among: loop.openStreams, connections) {
            connectionAdmission.refused += 1
            silent.write { $0.append(contentsOf: ConnectionAdmission.refusal(servers: node.serversWithRoom)) }
            post(.closed(silent.id))
            silent.close(.afterFlush)
        }
        if !first.isEmpty, connections[connection.id] != nil { connection.stream(stream, received: first.span.bytes) }
    }

    /// Where a connection comes from: what a balancer says, or else its other end. Nil if it is gone.
    func peer(of connection: ConnectionID) -> SocketAddress? {
        balancers?.client(of: connection) ?? connections[connection]?.stream.peer
    }

    // MARK: Headers

    /// A balancer's connection has no header.
    func refuseHeader(_ stream: Stream, from balancer: SocketAddress, _ reason: String) {
        logger[.proxyHeaderMissing].warning(
            "refused a connection of \(balancer.host), which is in --proxy-from: no PROXY header: \(reason)",
            metadata: ["fault": "no PROXY header of \(balancer.host)"])
        stream.write(
            Encoding.line(
                of: .invalidMessage(
                    info: "your address is a balancer's, whose connections begin with a PROXY header: \(reason)")))
        stream.finish(within: lingerLimit)
    }

    /// Somebody's first bytes are a header, and no balancer wrote them.
    func refuseForeignHeader(_ connection: Connection) {
        logger[.proxyHeaderForeign].warning(
            "refused a PROXY header of \(peerText(connection)), which is no balancer: see --proxy-from",
            metadata: ["fault": "foreign PROXY header"])
        connection.refuse(
            "a PROXY header is taken from balancers alone: ask the operator of this server (--proxy-from)")
    }

    // MARK: No room

    /// There is no descriptor to spare: a newcomer is told at the door.
    private func turnAway(_ stream: Stream) {
        connectionAdmission.refused += 1
        if connectionAdmission.isNoticeDue(at: Loop.monotonicNanoseconds) {
            logger[.noDescriptors].warning(
                "turning newcomers away: \(loop.openStreams) connections are open, and descriptors run out",
                metadata: ["fault": "no room"])
        }
        stream.write(ConnectionAdmission.refusal(servers: node.serversWithRoom))
        if connectionAdmission.canLinger(among: loop.openStreams) {
            stream.finish(within: lingerLimit)
        } else {
            stream.close()
        }
    }

    /// How long a connection that is being closed may take to read its last answer: less while descriptors are scarce.
    var lingerLimit: Duration {
        connectionAdmission.isTight(among: loop.openStreams) ? settings.shortLingerLimit : settings.lingerLimit
    }
}
