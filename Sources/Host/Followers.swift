import TLS
import Tree
import UV

/// The clients that follow the log: each is a cursor, and no entry is copied for it.
///
/// At the end of a turn each client that is behind gets one write of everything up to the safe mark. If the kernel's
/// buffer is full, the rest of the client's line is queued, and the client continues from its cursor when that has been
/// sent. Until then it only lags, and takes no memory. It may lag by `lagBytes`, or until its cursor lies before the
/// log.
///
/// On a WebSocket the piece of the log is one message, or some if it is long: a header of at most ten bytes is sent
/// before each, by the same system call. The header tells the length of its message, so a message that has begun is
/// sent to its end, and is therefore not long.
struct Followers {
    private var fanOut = FanOut()
    /// Those on a WebSocket.
    private var framed = FanOut(framing: Self.framing(nil))
    /// Those on a WebSocket that take compressed messages.
    private var compressing: FanOut
    /// Those that speak TLS.
    private var filtered = FilteredFanOut()
    /// Those on a WebSocket inside of TLS.
    private var framedAndFiltered = FilteredFanOut()
    /// Those that get lines as events of HTTP, in TLS or without: these have names that differ for each.
    private var listeners = FilteredFanOut()
    /// Who is served first: they take turns, since one sweep may use up all the time.
    private var sweeps = 0
    private let lagBytes: UInt64
    /// Nil if nobody gets compressed messages.
    private let compressed: CompressedPieces?

    init(lagBytes: Int, compressed: CompressedPieces? = nil) {
        self.lagBytes = UInt64(lagBytes)
        self.compressed = compressed
        compressing = FanOut(framing: Self.framing(compressed))
    }

    /// How a client gets lines.
    private enum Way {
        case plain, framed, compressing, filtered, framedAndFiltered, listener
    }

    private func way(of connection: Connection) -> Way {
        if connection.form == .call { return .listener }
        switch (connection.stream.isFiltered, connection.isFramed) {
        case (false, false): return .plain
        case (false, true): return connection.compresses ? .compressing : .framed
        case (true, false): return .filtered
        case (true, true): return .framedAndFiltered
        }
    }

    var count: Int {
        fanOut.count + framed.count + compressing.count + filtered.count + framedAndFiltered.count + listeners.count
    }
    /// How many of them the kernel takes nothing more for; without those that speak TLS.
    var waiting: Int { fanOut.waiting + framed.waiting + compressing.waiting }
    var hasWork: Bool {
        fanOut.hasWork || framed.hasWork || compressing.hasWork || filtered.hasWork || framedAndFiltered.hasWork
            || listeners.hasWork
    }
    /// Without those that speak TLS, which their streams count.
    var bytesWritten: UInt64 { fanOut.bytesWritten + framed.bytesWritten + compressing.bytesWritten }

    /// How far they lag. It looks at each of them.
    func lag(behind limit: UInt64) -> FanOutLag {
        let plain = fanOut.lag(behind: limit) + framed.lag(behind: limit) + compressing.lag(behind: limit)
        return plain + filtered.lag(behind: limit) + framedAndFiltered.lag(behind: limit)
            + listeners.lag(behind: limit)
    }

    /// How far one of them lags; nil if it doesn't follow the log.
    func lag(of connection: Connection, behind limit: UInt64) -> UInt64? {
        position(of: connection).map { limit > $0 ? limit - $0 : 0 }
    }

    /// The offset of what one of them is sent next; nil if it doesn't follow the log.
    func position(of connection: Connection) -> UInt64? {
        let stream = connection.stream
        return switch way(of: connection) {
        case .plain: fanOut.position(of: stream)
        case .framed: framed.position(of: stream)
        case .compressing: compressing.position(of: stream)
        case .filtered: filtered.position(of: stream)
        case .framedAndFiltered: framedAndFiltered.position(of: stream)
        case .listener: listeners.position(of: stream)
        }
    }

    mutating func add(_ connection: Connection, from cursor: UInt64) {
        let (stream, tag) = (connection.stream, UInt32(connection.id.slot))
        switch way(of: connection) {
        case .plain: fanOut.add(stream, tag: tag, at: cursor)
        case .framed: framed.add(stream, tag: tag, at: cursor)
        case .compressing: compressing.add(stream, tag: tag, at: cursor)
        case .filtered: filtered.add(stream, tag: tag, at: cursor)
        case .framedAndFiltered: framedAndFiltered.add(stream, tag: tag, at: cursor)
        case .listener: listeners.add(stream, tag: tag, at: cursor)
        }
    }

    mutating func remove(_ connection: Connection) {
        let stream = connection.stream
        switch way(of: connection) {
        case .plain: fanOut.remove(stream)
        case .framed: framed.remove(stream)
        case .compressing: compressing.remove(stream)
        case .filtered: filtered.remove(stream)
        case .framedAndFiltered: framedAndFiltered.remove(stream)
        case .listener: listeners.remove(stream)
        }
    }

    /// There are new lines: each client has to be served again.
    mutating func beginSweep() {
        fanOut.beginSweep()
        framed.beginSweep()
        compressing.beginSweep()
        filtered.beginSweep()
        framedAndFiltered.beginSweep()
        listeners.beginSweep()
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
        var fellBehind: [Connection] = []
        sweeps &+= 1
        for turn in sweeps..<sweeps + 3 {
            let troubles =
                switch turn % 3 {
                case 0: Self.serve(&fanOut, node, patientFrom: patience, upTo: limit, until: deadline)
                case 1: Self.serve(&framed, node, patientFrom: patience, upTo: limit, until: deadline)
                default: Self.serve(&compressing, node, patientFrom: patience, upTo: limit, until: deadline)
                }
            settle(troubles, node, connections, upTo: limit, &fellBehind)
        }
        for turn in sweeps..<sweeps + 2 {
            let behind =
                turn % 2 == 0
                ? framedAndFiltered.serve(
                    from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
                ) { [compressed] in Self.giveFramedRecord(node, upTo: limit, compressed, to: $0, at: $1) }
                : filtered.serve(
                    from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
                ) { stream, position in
                    node.withReadable(from: position, upTo: limit) { Self.giveRecord($0, to: stream) }
                }
            fellBehind += behind.compactMap { connections[slot: $0] }
        }
        let behind = listeners.serve(
            from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
        ) { stream, position in
            node.withReadable(from: position, upTo: limit) { Self.giveEvents($0, to: stream) }
        }
        if !hasWork { compressed?.removeAll() }
        return fellBehind + behind.compactMap { connections[slot: $0] }
    }

    private static func serve(
        _ fanOut: inout FanOut, _ node: Node, patientFrom patience: UInt64, upTo limit: UInt64, until deadline: UInt64
    ) -> [FanOut.Trouble] {
        guard fanOut.hasWork else { return [] }
        return fanOut.serve(
            from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
        ) { position, give in node.withReadable(from: position, upTo: limit, give) }
    }

    private mutating func settle(
        _ troubles: [FanOut.Trouble], _ node: Node, _ connections: ConnectionTable, upTo limit: UInt64,
        _ fellBehind: inout [Connection]
    ) {
        for trouble in troubles {
            switch trouble {
            case .full(let tag, let begun):
                guard let full = connections[slot: tag] else { continue }
                switch way(of: full) {
                case .framed: Self.finishMessage(&framed, nil, full.stream, node, begun: begun, upTo: limit)
                case .compressing:
                    Self.finishMessage(&compressing, compressed, full.stream, node, begun: begun, upTo: limit)
                default: finishLine(full, node, upTo: limit)
                }
            case .behind(let tag): if let late = connections[slot: tag] { fellBehind.append(late) }
            }
        }
    }

    /// The bytes queued for a client have been sent: it continues from its cursor.
    mutating func advance(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        let stream = connection.stream
        switch way(of: connection) {
        case .plain: advancePlain(stream, node, upTo: limit)
        case .framed: Self.advance(&framed, nil, stream, node, upTo: limit)
        case .compressing: Self.advance(&compressing, compressed, stream, node, upTo: limit)
        case .filtered:
            filtered.advance(stream, from: node.readableStart, upTo: limit) { stream, position in
                node.withReadable(from: position, upTo: limit) { Self.giveRecord($0, to: stream) }
            }
        case .framedAndFiltered:
            framedAndFiltered.advance(stream, from: node.readableStart, upTo: limit) { [compressed] in
                Self.giveFramedRecord(node, upTo: limit, compressed, to: $0, at: $1)
            }
        case .listener:
            listeners.advance(stream, from: node.readableStart, upTo: limit) { stream, position in
                node.withReadable(from: position, upTo: limit) { Self.giveEvents($0, to: stream) }
            }
        }
    }

    private mutating func advancePlain(_ stream: UV.Stream, _ node: Node, upTo limit: UInt64) {
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

    /// The kernel took only a part: the rest of the line is queued, and `advance` follows when it has been sent.
    private mutating func finishLine(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        let stream = connection.stream
        guard let cursor = fanOut.position(of: stream) else { return }
        let length = node.withReadable(from: cursor, upTo: limit) { queueLine($0, stream) }
        fanOut.place(stream, at: cursor + UInt64(length), isWaiting: true)
        // The other side may have read meanwhile: then nothing was queued, and `advance` would never follow.
        if stream.queuedBytes == 0 { advancePlain(stream, node, upTo: limit) }
    }

    /// Writes whole lines; answers how many bytes that is.
    private static func giveRecord(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        let end = lines.wholeLines(within: TLSFilter.recordBytes)
        stream.write(lines.extracting(0..<end))
        return end
    }

    private static func giveEvents(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        let end = lines.wholeLines(within: Settings.frameBytes)
        (stream.handler as? Connection)?.hear(lines.extracting(0..<end))
        return end
    }

    // MARK: Lines

    /// Writes up to the first line end, since something else may be written next; answers how much that is.
    private func queueLine(_ lines: Span<UInt8>, _ stream: UV.Stream) -> Int {
        var end = 1
        while end < lines.count && lines[end - 1] != UInt8(ascii: "\n") { end += 1 }
        stream.write(lines.extracting(0..<end))
        return end
    }
}

extension Span<UInt8> {
    /// How many bytes the whole lines have that fit into so many bytes, or the first line, if that is longer.
    func wholeLines(within limit: Int) -> Int {
        guard count > limit else { return count }
        var end = limit
        while end > 0, self[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        guard end == 0 else { return end }
        end = limit
        while end < count, self[end - 1] != UInt8(ascii: "\n") { end += 1 }
        return end
    }
}
