import DequeModule

/// Tracks how far the other side of a link has taken what it was sent: how many bytes are on their way to it, and up to
/// which position in the log all nodes behind it have all entries.
///
/// Both sides count the entries of a link (`PeerProgress`). Here these counts are related to bytes, times and positions
/// in the log, once every few kilobytes.
///
/// ```
///   log     [ carried: all nodes behind the link have it | stored there | on its way | not sent ]
///                                                                         ^ bounded by the window of the link
/// ```
struct Transit {
    private struct Mark {
        let entries: UInt64
        /// The position after the last of these entries.
        let position: LogPosition
        let departure: FlowWindow.Departure
    }

    /// How many bytes may be on their way to the other side: more urgent messages can't overtake them.
    private(set) var window: FlowWindow
    private let markBytes: Int

    private var marks: Deque<Mark> = []
    /// How many of the marks, from the first on, are stored by the other side.
    private var storedMarks = 0
    private var sentEntries: UInt64 = 0
    /// Bytes sent since the last mark.
    private var unmarkedBytes = 0
    private var carriedThrough = LogPosition(0)
    /// So many of them everybody behind the link has, by the other side's word.
    private(set) var carriedThere: UInt64 = 0

    /// How many entries had been received on the link when the log ended at a position.
    private var received: Deque<(count: UInt64, end: LogPosition)> = []
    /// How many of the entries received on the link all nodes on this side of it have.
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

    /// The entry at a position is sent.
    mutating func sends(bytes: Int, from position: LogPosition, at now: Instant) {
        if marks.isEmpty, unmarkedBytes == 0 { carriedThrough = position }
        sentEntries += 1
        unmarkedBytes += bytes
        if unmarkedBytes >= markBytes { mark(position.next, at: now) }
    }

    /// A turn ends: what was sent in it counts as one piece.
    mutating func mark(_ cursor: LogPosition, at now: Instant) {
        guard unmarkedBytes > 0 else { return }
        let departure = window.departs(UInt64(unmarkedBytes), at: now)
        marks.append(Mark(entries: sentEntries, position: cursor, departure: departure))
        unmarkedBytes = 0
    }

    /// The other side has stored `stored` entries of this link, and all nodes behind it have `carried` of them.
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

    /// All nodes behind the link have the entries before this position.
    ///
    /// - Parameter cursor: the link's cursor.
    func frontier(_ cursor: LogPosition) -> LogPosition {
        marks.isEmpty && unmarkedBytes == 0 ? cursor : min(carriedThrough, cursor)
    }

    // MARK: Receiving

    /// A turn ends.
    ///
    /// - Parameters:
    ///   - count: how many entries have come on the link.
    ///   - end: the end of the log.
    ///   - frontier: all nodes behind the other links have the entries before this position.
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
