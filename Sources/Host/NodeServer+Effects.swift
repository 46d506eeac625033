import Tree
import UV
import Wire

// What the node orders, and how this server does it.

extension NodeServer {
    func perform(_ effect: Effect) {
        switch effect {
        case .connect(let attempt, let address, let secret):
            dialler?.dial(
                attempt, address, proving: secret, timeout: node.configuration.limits.connectTimeout)
        case .abandon(let attempt):
            if let id = dialler?.abandon(attempt) { connections[id]?.close(.now) }
        case .send(let id, let message):
            metrics?.sent(message)
            guard let connection = connections[id] else { return answered(message, on: id) }
            connection.noteFarewell(message)
            connection.write { [reader = connection.reader] in Encoding.append(message, for: reader, to: &$0) }
        case .forward(let id, let entry, let hop):
            connections[id]?.write { forward(entry.content, hop, to: &$0) }
        case .show(let id, let line):
            connections[id]?.write { show(line, to: &$0) }
        case .showNumbered(let id, let line, let number):
            connections[id]?.write { bytes in
                node.withReadable(from: line.offset, upTo: line.offset + UInt64(line.length)) {
                    OriginalLines.append($0, number: number, to: &bytes)
                }
            }
        case .serve(let id, let dialect):
            guard let connection = connections[id] else { return }
            connection.dialect = dialect
            if let peer = peer(of: id) {
                post(.located(id, Address(host: peer.host, port: peer.port)))
            }
        case .follow(let id, let offset):
            guard let connection = connections[id] else { return }
            // Bytes written to it before are sent first.
            connection.flush()
            followers.remove(connection)
            followers.add(connection, from: offset)
            followers.beginSweep()
        case .unfollow(let id):
            guard let connection = connections[id], let offset = followers.position(of: connection) else { return }
            followers.remove(connection)
            post(.unfollowed(id, at: offset))
        case .close(let id, let manner):
            guard let connection = connections[id] else { return answered(nil, on: id) }
            connection.close(manner)
        case .pause(let id):
            connections[id]?.pause()
        case .resume(let id):
            guard let connection = connections[id], !connection.isToResume else { return }
            connection.isToResume = true
            enqueueResumed(connection)
        case .prefer(let id):
            connections[id]?.isPreferred = true
        case .hash(let ticket, let secret):
            hashing?.hash(ticket, secret)
        case .verify(let ticket, let secret, let hash):
            hashing?.verify(ticket, secret, against: hash)
        case .vouch(let ticket, let token): tokens?.check(ticket, token)
        case .persist(let ticket, let records):
            keeping?.persist(ticket, records)
        case .persistBans(let ticket, let records): keeping?.persist(ticket, bans: records)
        case .describe(let id, let described):
            var traits: [ConnectionID: ConnectionTraits] = [:]
            for connection in described { traits[connection] = describe(connection) }
            post(.described(id, traits))
        case .askClock(let count, let seen):
            if let clock { clock.ask(count: count, seen: seen) } else { post(.clockSilent) }
        case .remember(let contacts): keeping?.remember(contacts)
        case .report(let notice):
            metrics?.reported(notice, at: Loop.monotonicNanoseconds)
            notices.log(notice) { peer(of: $0) }
        case .tellSettings(let id):
            connections[id]?.write { [text = tellSettings?() ?? ""] in
                Encoding.append(.administered(.settings(text)), to: &$0)
            }
        case .stop(let reason):
            stopReason = reason
        }
    }
}
