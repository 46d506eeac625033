import LogLines
import Tree
import UV

/// Who comes in, and who is told at the door that there is no room.
extension NodeServer {
    /// Takes a connection that somebody has opened.
    public func accept(_ stream: Stream) {
        guard connectionAdmission.hasRoom(among: loop.openStreams) else { return turnAway(stream) }
        // This machine has many addresses, and counts as one: whoever is on it may take any of them.
        let peer = stream.peer.map { $0.isLoopback ? .loopback : PeerAddress($0.subscriber) }
        let connection = add(stream)
        post(.opened(connection.id, from: peer ?? .loopback))
        stream.startReading()
        guard let silent = connectionAdmission.entered(connection.id, among: loop.openStreams, connections) else {
            return
        }
        connectionAdmission.refused += 1
        silent.write { $0.append(contentsOf: ConnectionAdmission.refusal(servers: node.serversWithRoom)) }
        post(.closed(silent.id))
        silent.close(.afterFlush)
    }

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
