// The entries that clients are shown, in their order, and their lines, one after the other, at offsets that only grow.
// In causal order that is the log itself up to its safe mark; in total order it is a second log, of the delivered
// entries. The runner keeps a cursor for each client that follows the lines, and doesn't know the logs behind them.

/// One of the lines that clients read, or several of them that are one piece.
public struct ReadableLine: Hashable, Sendable {
    public let offset: UInt64
    public let length: Int
    /// Whether this reader has already been shown entries with a greater stamp.
    public let isLate: Bool
}

/// What resuming needs to know of an entry, whether clients are shown it or not.
struct ShownRecord {
    let number: Int
    let key: OrderKey
    /// Nil for an entry that clients aren't shown.
    let line: (offset: UInt64, length: Int)?
    let isLate: Bool
}

extension Node {
    /// The offset up to which clients may read.
    public var readableEnd: UInt64 { ordering.total?.delivered.endOffset ?? log.offset(of: log.safe) }

    /// The offset of the first byte that is still kept.
    public var readableStart: UInt64 { ordering.total?.delivered.firstOffset ?? log.firstOffset }

    /// Calls `body` with the lines between two offsets, as far as they are one piece. There has to be at least one
    /// byte.
    public func withReadable<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        if let total = ordering.total { return total.delivered.withLines(from: offset, upTo: limit, body) }
        return log.withLines(from: offset, upTo: limit, body)
    }

    // MARK: Entry by entry

    /// The position after the last entry that clients are shown.
    var shownEnd: LogPosition { ordering.total?.delivered.end ?? log.safe }
    /// The first entry that can still be shown.
    var shownFloor: LogPosition { ordering.total?.delivered.floor ?? log.floor }
    /// How far clients are shown each origin.
    var shownMarks: Marks { ordering.total?.delivered.marks ?? replication.safeMarks }

    /// How far a client has got with each origin once it has read all that is shown now.
    package var shownVector: VersionVector {
        ordering.total?.delivered.marks.vector(of: log.origins) ?? log.vector(at: log.safe)
    }

    func shownRecord(at position: LogPosition) -> ShownRecord {
        if let total = ordering.total { return total.delivered.record(at: position, log.origins) }
        let record = log.record(at: position)
        let line = record.visibility == .shown ? (record.offset, Int(record.length)) : nil
        let origin = log.origins.origins[Int(record.number)]
        return ShownRecord(
            number: Int(record.number),
            key: OrderKey(stamp: record.stamp, origin: origin, sequence: record.sequence), line: line, isLate: false)
    }

    /// Where a client that holds `held` has to begin, and which gaps it meets.
    func shownStart(forReaderOf held: Marks) -> Log.Start {
        ordering.total?.delivered.start(forReaderOf: held, log.origins) ?? log.start(forReaderOf: held)
    }
}
