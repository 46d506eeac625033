import Tree
import UV

/// The clients that read the log by themselves: cursors, and nothing else an entry would have to be copied into.
///
/// At the end of a turn each one that is behind gets one write of everything up to the safe mark. A client whose kernel
/// buffer is full gets the rest of its line queued, and goes on from its cursor when that has gone. Until then it is a
/// cursor that lags, and costs nobody anything; it may do so by `lagBytes`, or until it falls off the log.
struct Followers {
    private var fanOut = FanOut()
    private let lagBytes: UInt64

    init(lagBytes: Int) {
        self.lagBytes = UInt64(lagBytes)
    }

    var count: Int { fanOut.count }
    var hasWork: Bool { fanOut.hasWork }

    mutating func add(_ connection: Connection, from cursor: UInt64) {
        fanOut.add(connection.stream, tag: UInt32(connection.id.slot), at: cursor)
    }

    mutating func remove(_ connection: Connection) {
        fanOut.remove(connection.stream)
    }

    /// Something new can be read: everybody is to be looked at once more.
    mutating func beginSweep() {
        fanOut.beginSweep()
    }

    /// Serves clients until all are served or the time is up.
    ///
    /// - Parameters:
    ///   - limit: the end of what clients may read.
    ///   - deadline: on the monotonic clock, in nanoseconds.
    /// - Returns: those who lag too far.
    mutating func serve(
        _ node: Node, _ connections: ConnectionTable, upTo limit: UInt64, until deadline: UInt64
    ) -> [Connection] {
        let patience = limit > lagBytes ? limit - lagBytes : 0
        let troubles = fanOut.serve(
            from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
        ) { position, give in
            node.withReadable(from: position, upTo: limit, give)
        }
        var fellBehind: [Connection] = []
        for trouble in troubles {
            switch trouble {
            case .full(let tag): if let full = connections[slot: tag] { finishLine(full, node, upTo: limit) }
            case .behind(let tag): if let late = connections[slot: tag] { fellBehind.append(late) }
            }
        }
        return fellBehind
    }

    /// What was queued for a client has gone: it goes on from its cursor.
    mutating func goOn(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        guard var cursor = fanOut.position(of: connection.stream), cursor >= node.readableStart else { return }
        while cursor < limit {
            let (taken, count) = node.withReadable(from: cursor, upTo: limit) { lines in
                // An error shows itself by the stream's end.
                ((try? connection.stream.tryWrite(lines)) ?? 0, lines.count)
            }
            cursor += UInt64(taken)
            if taken < count {
                fanOut.place(connection.stream, at: cursor, isWaiting: true)
                return finishLine(connection, node, upTo: limit)
            }
        }
        fanOut.place(connection.stream, at: cursor, isWaiting: false)
    }

    /// Queues the rest of the line at a client's cursor: something else may be written to it next, and when this has gone
    /// there is room again.
    private mutating func finishLine(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        guard let cursor = fanOut.position(of: connection.stream), cursor < limit else { return }
        let end = node.withReadable(from: cursor, upTo: limit) { lines in
            var end = 1
            while end < lines.count && lines[end - 1] != UInt8(ascii: "\n") { end += 1 }
            connection.stream.write(lines.extracting(0..<end))
            return cursor + UInt64(end)
        }
        fanOut.place(connection.stream, at: end, isWaiting: true)
    }
}
