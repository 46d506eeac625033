import DequeModule

/// Knows how far the other side of a link has taken what it was sent: how many bytes are still on their way to it, and
/// up to where in the log everybody behind it has all.
///
/// Both sides count the entries of a link (`PeerProgress`). Here these counts are tied to bytes, times and positions in
/// the log, once for each few kilobytes.
///
/// ```
///   log     [ carried: everybody behind the link has it | stored over there | on its way | not sent ]
///                                                        ^ what the window of the link bounds
/// ```
struct Transit {
    private struct Mark {
        let entries: UInt64
        /// Behind the last of them.
        let position: LogPosition
        let departure: FlowWindow.Departure
    }

    /// How many bytes may be on their way to the other side: what has been handed over can't be overtaken by what is
    /// more urgent.
    private(set) var window: FlowWindow
    private let markBytes: Int

    private var marks: Deque<Mark> = []
    /// So many of the marks, from the first on, are stored over there.
    private var storedMarks = 0
    private var sentEntries: UInt64 = 0
    /// Bytes sent since the last mark.
    private var unmarkedBytes = 0
    private var carriedThrough = LogPosition(0)
    /// So many of them everybody behind the link has, by the other side's word.
    private(set) var carriedThere: UInt64 = 0

    /// How many entries had been received on the link when the log ended at a position.
    private var received: Deque<(count: UInt64, end: LogPosition)> = []
    /// How many of the entries received on the link everybody on this side of it has.
    private(set) var carriedHere: UInt64 = 0

    init(_ limits: Limits) {
        window = FlowWindow(
            target: limits.linkDelay, leastBytes: limits.flowLeastBytes, firstBytes: limits.flowFirstBytes)
        markBytes = limits.flowMarkBytes
    }

    var markCount: Int { marks.count + received.count }

    // MARK: Sending

    /// Entries were sent that not everybody behind the link is said to have.
    var isOwed: Bool { carriedThere < sentEntries }

    /// Whether more may go. One entry always may when nothing is under way.
    var mayGo: Bool {
        let bytes = window.underWay + UInt64(unmarkedBytes)
        return bytes == 0 || bytes < window.bytes
    }

    /// An entry is sent that stands at a position.
    mutating func sends(bytes: Int, from position: LogPosition, at now: Instant) {
        if marks.isEmpty, unmarkedBytes == 0 { carriedThrough = position }
        sentEntries += 1
        unmarkedBytes += bytes
        if unmarkedBytes >= markBytes { mark(position.next, at: now) }
    }

    /// At the end of a turn: what was sent in it counts as one piece.
    mutating func mark(_ cursor: LogPosition, at now: Instant) {
        guard unmarkedBytes > 0 else { return }
        let departure = window.departs(UInt64(unmarkedBytes), at: now)
        marks.append(Mark(entries: sentEntries, position: cursor, departure: departure))
        unmarkedBytes = 0
    }

    /// The other side has stored so many entries of this link, and everybody behind it has so many.
    mutating func acknowledged(stored: UInt64, carried: UInt64, at now: Instant) {
        while storedMarks < marks.count, marks[storedMarks].entries <= stored {
            window.arrives(marks[storedMarks].departure, at: now)
            storedMarks += 1
        }
        carriedThere = max(carriedThere, carried)
        while storedMarks > 0, let first = marks.first, first.entries <= carried {
            carriedThrough = first.position
            marks.removeFirst()
            storedMarks -= 1
        }
    }

    /// Everybody behind the link has what stands in the log before this.
    ///
    /// - Parameter cursor: the link's.
    func frontier(_ cursor: LogPosition) -> LogPosition {
        marks.isEmpty && unmarkedBytes == 0 ? cursor : min(carriedThrough, cursor)
    }

    // MARK: Receiving

    /// At the end of a turn.
    ///
    /// - Parameters:
    ///   - count: of all entries that have come on the link.
    ///   - end: of the log.
    ///   - frontier: everybody behind the other links has what stands before this.
    mutating func received(_ count: UInt64, until end: LogPosition, carriedUpTo frontier: LogPosition) {
        if frontier >= end {
            carriedHere = max(carriedHere, count)
            if !received.isEmpty { received.removeAll() }
            return
        }
        if count > (received.last?.count ?? carriedHere) { received.append((count, end)) }
        while let first = received.first, first.end <= frontier {
            carriedHere = max(carriedHere, first.count)
            received.removeFirst()
        }
    }
}
