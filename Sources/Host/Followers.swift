import TLS
import Tree
import UV
import WebSocket

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
    private var framed = FanOut(
        framing: FanOut.Framing {
            $0.wholeLines(within: Settings.frameBytes)
        } header: {
            FrameHeader.bytes(.text, payload: $0)
        })
    /// Those that speak TLS.
    private var filtered = FilteredFanOut()
    /// Those on a WebSocket inside of TLS.
    private var framedAndFiltered = FilteredFanOut()
    /// Those that get lines as events of HTTP, in TLS or without: these have names that differ for each.
    private var listeners = FilteredFanOut()
    /// Who is served first: they take turns, since one sweep may use up all the time.
    private var framedAreFirst = false
    private let lagBytes: UInt64

    init(lagBytes: Int) {
        self.lagBytes = UInt64(lagBytes)
    }

    var count: Int { fanOut.count + framed.count + filtered.count + framedAndFiltered.count + listeners.count }
    /// How many of them the kernel takes nothing more for; without those that speak TLS.
    var waiting: Int { fanOut.waiting + framed.waiting }
    var hasWork: Bool {
        fanOut.hasWork || framed.hasWork || filtered.hasWork || framedAndFiltered.hasWork || listeners.hasWork
    }
    /// Without those that speak TLS, which their streams count.
    var bytesWritten: UInt64 { fanOut.bytesWritten + framed.bytesWritten }

    /// How far they lag. It looks at each of them.
    func lag(behind limit: UInt64) -> FanOutLag { fanOut.lag(behind: limit) + filtered.lag(behind: limit) }

    /// How far one of them lags; nil if it doesn't follow the log.
    func lag(of connection: Connection, behind limit: UInt64) -> UInt64? {
        let stream = connection.stream
        let position: UInt64? =
            if connection.form == .call {
                listeners.position(of: stream)
            } else {
                switch (stream.isFiltered, connection.isFramed) {
                case (false, false): fanOut.position(of: stream)
                case (false, true): framed.position(of: stream)
                case (true, false): filtered.position(of: stream)
                case (true, true): framedAndFiltered.position(of: stream)
                }
            }
        return position.map { limit > $0 ? limit - $0 : 0 }
    }

    mutating func add(_ connection: Connection, from cursor: UInt64) {
        let (stream, tag) = (connection.stream, UInt32(connection.id.slot))
        if connection.form == .call { return listeners.add(stream, tag: tag, at: cursor) }
        switch (stream.isFiltered, connection.isFramed) {
        case (false, false): fanOut.add(stream, tag: tag, at: cursor)
        case (false, true): framed.add(stream, tag: tag, at: cursor)
        case (true, false): filtered.add(stream, tag: tag, at: cursor)
        case (true, true): framedAndFiltered.add(stream, tag: tag, at: cursor)
        }
    }

    mutating func remove(_ connection: Connection) {
        if connection.form == .call { return listeners.remove(connection.stream) }
        switch (connection.stream.isFiltered, connection.isFramed) {
        case (false, false): fanOut.remove(connection.stream)
        case (false, true): framed.remove(connection.stream)
        case (true, false): filtered.remove(connection.stream)
        case (true, true): framedAndFiltered.remove(connection.stream)
        }
    }

    /// There are new lines: each client has to be served again.
    mutating func beginSweep() {
        fanOut.beginSweep()
        framed.beginSweep()
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
        framedAreFirst.toggle()
        for isFramed in [framedAreFirst, !framedAreFirst] {
            guard isFramed ? framed.hasWork : fanOut.hasWork else { continue }
            let troubles =
                isFramed
                ? framed.serve(
                    from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
                ) { position, give in node.withReadable(from: position, upTo: limit, give) }
                : fanOut.serve(
                    from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
                ) { position, give in node.withReadable(from: position, upTo: limit, give) }
            settle(troubles, node, connections, upTo: limit, &fellBehind)
        }
        for isFramed in [framedAreFirst, !framedAreFirst] {
            let behind =
                isFramed
                ? framedAndFiltered.serve(
                    from: node.readableStart, patientFrom: patience, upTo: limit, until: deadline
                ) { stream, position in
                    node.withReadable(from: position, upTo: limit) { Self.giveFramedRecord($0, to: stream) }
                }
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
        return fellBehind + behind.compactMap { connections[slot: $0] }
    }

    private mutating func settle(
        _ troubles: [FanOut.Trouble], _ node: Node, _ connections: ConnectionTable, upTo limit: UInt64,
        _ fellBehind: inout [Connection]
    ) {
        for trouble in troubles {
            switch trouble {
            case .full(let tag, let begun):
                guard let full = connections[slot: tag] else { continue }
                if full.isFramed {
                    finishMessage(full, node, begun: begun, upTo: limit)
                } else {
                    finishLine(full, node, upTo: limit)
                }
            case .behind(let tag): if let late = connections[slot: tag] { fellBehind.append(late) }
            }
        }
    }

    /// The bytes queued for a client have been sent: it continues from its cursor.
    mutating func advance(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        let stream = connection.stream
        if connection.form == .call {
            return listeners.advance(stream, from: node.readableStart, upTo: limit) { stream, position in
                node.withReadable(from: position, upTo: limit) { Self.giveEvents($0, to: stream) }
            }
        }
        if stream.isFiltered {
            if connection.isFramed {
                return framedAndFiltered.advance(stream, from: node.readableStart, upTo: limit) { stream, position in
                    node.withReadable(from: position, upTo: limit) { Self.giveFramedRecord($0, to: stream) }
                }
            }
            return filtered.advance(stream, from: node.readableStart, upTo: limit) { stream, position in
                node.withReadable(from: position, upTo: limit) { Self.giveRecord($0, to: stream) }
            }
        }
        if connection.isFramed { return advanceFramed(stream, node, upTo: limit) }
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
        if stream.queuedBytes == 0 { advance(connection, node, upTo: limit) }
    }

    /// Writes whole lines; answers how many bytes that is.
    private static func giveRecord(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        let end = lines.wholeLines(within: TLSFilter.recordBytes)
        stream.write(lines.extracting(0..<end))
        return end
    }

    private static func giveFramedRecord(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        let end = lines.wholeLines(within: TLSFilter.recordBytes - FrameHeader.mostBytes)
        stream.write(FrameHeader.bytes(.text, payload: end), before: lines.extracting(0..<end).bytes)
        return end
    }

    private static func giveEvents(_ lines: Span<UInt8>, to stream: UV.Stream) -> Int {
        let end = lines.wholeLines(within: Settings.frameBytes)
        (stream.handler as? Connection)?.hear(lines.extracting(0..<end))
        return end
    }

    // MARK: On a WebSocket

    /// The kernel took only a part of a message: the rest is queued. If it took nothing, one line is queued as a
    /// message, so that no more than needed lies here.
    private mutating func finishMessage(_ connection: Connection, _ node: Node, begun: Int, upTo limit: UInt64) {
        let stream = connection.stream
        guard let cursor = framed.position(of: stream) else { return }
        let length = node.withReadable(from: cursor, upTo: limit) { lines in
            let end = lines.wholeLines(within: begun == 0 ? 1 : Settings.frameBytes)
            let header = FrameHeader.bytes(.text, payload: end)
            let taken = max(0, begun - header.count)
            stream.write(Array(header.dropFirst(begun)), before: lines.extracting(taken..<end).bytes)
            return end
        }
        framed.place(stream, at: cursor + UInt64(length), isWaiting: true)
        // The other side may have read meanwhile: then nothing was queued, and `advance` would never follow.
        if stream.queuedBytes == 0 { advanceFramed(stream, node, upTo: limit) }
    }

    private mutating func advanceFramed(_ stream: UV.Stream, _ node: Node, upTo limit: UInt64) {
        guard var cursor = framed.position(of: stream), cursor >= node.readableStart else { return }
        while cursor < limit {
            cursor += node.withReadable(from: cursor, upTo: limit) { lines in
                let end = lines.wholeLines(within: Settings.frameBytes)
                stream.write(FrameHeader.bytes(.text, payload: end), before: lines.extracting(0..<end).bytes)
                return UInt64(end)
            }
            if stream.queuedBytes > 0 { return framed.place(stream, at: cursor, isWaiting: true) }
        }
        framed.place(stream, at: cursor, isWaiting: false)
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
    fileprivate func wholeLines(within limit: Int) -> Int {
        guard count > limit else { return count }
        var end = limit
        while end > 0, self[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        guard end == 0 else { return end }
        end = limit
        while end < count, self[end - 1] != UInt8(ascii: "\n") { end += 1 }
        return end
    }
}
