import TLS
import Tree
import UV

/// The clients that follow the log: each is a cursor, and no entry is copied for it.
///
/// At the end of a turn each client that is behind gets one write of everything up to the safe mark. If the kernel's
/// buffer is full, the rest of the client's line is queued, and the client continues from its cursor when that has been
/// sent. Until then it only lags, and takes no memory. It may lag by `lagBytes`, or until its cursor lies before the
/// log.
struct Followers {
    private var fanOut = FanOut()
    /// Those that speak TLS.
    private var filtered = FilteredFanOut()
    private let lagBytes: UInt64

    init(lagBytes: Int) {
        self.lagBytes = UInt64(lagBytes)
    }

    var count: Int { fanOut.count + filtered.count }
    /// How many of them the kernel takes nothing more for; without those that speak TLS.
    var waiting: Int { fanOut.waiting }
    var hasWork: Bool { fanOut.hasWork || filtered.hasWork }
    /// Without those that speak TLS, which their streams count.
    var bytesWritten: UInt64 { fanOut.bytesWritten }

    mutating func add(_ connection: Connection, from cursor: UInt64) {
        let tag = UInt32(connection.id.slot)
        if connection.stream.isFiltered {
            filtered.add(connection.stream, tag: tag, at: cursor)
        } else {
            fanOut.add(connection.stream, tag: tag, at: cursor)
        }
    }

    mutating func remove(_ connection: Connection) {
        if connection.stream.isFiltered {
            filtered.remove(connection.stream)
        } else {
            fanOut.remove(connection.stream)
        }
    }

    /// There are new lines: each client has to be served again.
    mutating func beginSweep() {
        fanOut.beginSweep()
        filtered.beginSweep()
    }

    /// Serves clients until all are served or the deadline has passed.
    ///
    /// - Parameters:
    ///   - limit: the end of what clients may read.
    ///   - deadline: in nanoseconds of the monotonic clock.
    /// - Returns: clients that lag too far.
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
        guard filtered.hasWork else { return fellBehind }
        let behind = filtered.serve(
            from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
        ) { stream, position in
            node.withReadable(from: position, upTo: limit) { Self.giveRecord($0, to: stream) }
        }
        return fellBehind + behind.compactMap { connections[slot: $0] }
    }

    /// The bytes queued for a client have been sent: it continues from its cursor.
    mutating func goOn(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        let stream = connection.stream
        if stream.isFiltered {
            return filtered.goOn(stream, from: node.readableStart, upTo: limit) { stream, position in
                node.withReadable(from: position, upTo: limit) { Self.giveRecord($0, to: stream) }
            }
        }
        guard var cursor = fanOut.position(of: stream), cursor >= node.readableStart else { return }
        while cursor < limit {
            cursor += node.withReadable(from: cursor, upTo: limit) { lines in
                // After an error the stream ends, which is handled elsewhere.
                let taken = (try? stream.tryWrite(lines)) ?? 0
                if taken == lines.count { return UInt64(taken) }
                return UInt64(taken + queueLine(lines.extracting(taken..<lines.count), stream))
            }
            if stream.queuedBytes > 0 { return fanOut.place(stream, at: cursor, isWaiting: true) }
        }
        fanOut.place(stream, at: cursor, isWaiting: false)
    }

    /// The kernel took only a part: the rest of the line is queued, and `goOn` follows when it has been sent.
    private mutating func finishLine(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        let stream = connection.stream
        guard let cursor = fanOut.position(of: stream) else { return }
        let length = node.withReadable(from: cursor, upTo: limit) { queueLine($0, stream) }
        fanOut.place(stream, at: cursor + UInt64(length), isWaiting: true)
        // The other side may have read meanwhile: then nothing was queued, and `goOn` would never follow.
        if stream.queuedBytes == 0 { goOn(connection, node, upTo: limit) }
    }

    /// Writes as many whole lines as fit into one record, or one longer line; answers how many bytes that is. Whole
    /// lines, since something else may be written next.
    private static func giveRecord(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        var end = min(lines.count, TLSFilter.recordBytes)
        if end < lines.count {
            while end > 0, lines[end - 1] != UInt8(ascii: "\n") { end -= 1 }
            if end == 0 {
                end = TLSFilter.recordBytes
                while end < lines.count, lines[end - 1] != UInt8(ascii: "\n") { end += 1 }
            }
        }
        stream.write(lines.extracting(0..<end))
        return end
    }

    /// Writes up to the first line end, since something else may be written next; answers how much that is.
    private func queueLine(_ lines: Span<UInt8>, _ stream: UV.Stream) -> Int {
        var end = 1
        while end < lines.count && lines[end - 1] != UInt8(ascii: "\n") { end += 1 }
        stream.write(lines.extracting(0..<end))
        return end
    }
}
