// What clients are shown: entries in an order, and their lines, one behind the other, at offsets that only grow. In
// causal order that is the log itself up to its safe mark, in total order a second log of what was delivered. Whoever
// runs the node keeps a cursor for each client that follows the lines, and knows nothing of the logs behind.

/// One line of those that clients read.
public struct ReadableLine: Hashable, Sendable {
    public let offset: UInt64
    public let length: Int
    /// It comes to this reader below what the reader has seen already.
    public let isLate: Bool
}

/// What resuming needs to know of an entry that is shown, or passed over.
struct ShownRecord {
    let number: Int
    let key: OrderKey
    /// Nil for what clients aren't shown.
    let line: (offset: UInt64, length: Int)?
    let isLate: Bool
}

extension Node {
    /// Clients may read up to here.
    public var readableEnd: UInt64 { ordering.total?.delivered.endOffset ?? log.offset(of: log.safe) }

    /// What lies before is no longer kept.
    public var readableStart: UInt64 { ordering.total?.delivered.firstOffset ?? log.firstOffset }

    /// The lines between two offsets, as far as they are one piece. There has to be something between them.
    public func withReadable<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        if let total = ordering.total { return total.delivered.withLines(from: offset, upTo: limit, body) }
        return log.withLines(from: offset, upTo: limit, body)
    }

    // MARK: Entry by entry

    /// The position behind the last entry that clients are shown.
    var shownEnd: LogPosition { ordering.total?.delivered.end ?? log.safe }
    /// The first entry that can still be shown.
    var shownFloor: LogPosition { ordering.total?.delivered.floor ?? log.floor }
    /// How far clients are shown every origin.
    var shownMarks: Marks { ordering.total?.delivered.marks ?? replication.safeMarks }

    /// How far a client has got that reads from here on.
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

    /// Where a client that holds `held` has to begin, and what of it is no longer here.
    func shownStart(forReaderOf held: Marks) -> Log.Start {
        ordering.total?.delivered.start(forReaderOf: held, log.origins) ?? log.start(forReaderOf: held)
    }
}
