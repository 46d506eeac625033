import DequeModule

/// In total order: the entries that clients are shown, in the order in which they are shown, as the lines that clients
/// read.
///
/// It is a second log beside `Log`, whose entries stand in the order in which they were stored. It has the same kinds
/// of cursors: a client follows it by an offset into its bytes, or resumes entry by entry.
///
/// ```
///   log        [ 17 | 12 | 15 | 21 | 13 | 24 ]     by stamps; up to 15 all inputs have promised
///   delivered  [ 12 | 13 | 15 ]                    the rest waits in a heap
/// ```
struct Delivered {
    private struct Record {
        let number: Int32
        let isLate: Bool
        /// 0 for entries that clients aren't shown: retries, and entries for nodes alone.
        let length: UInt32
        let sequence: UInt64
        let stamp: Stamp
        let offset: UInt64
        let deliveredAt: Instant
    }

    private static let overheadBytes = MemoryLayout<Record>.stride + MemoryLayout<UInt64>.stride

    private var records: Deque<Record> = []
    private var runs = OriginRuns()
    private var segments = Segments()
    /// How far each origin was delivered or passed over.
    private(set) var marks = Marks()
    private(set) var floor = LogPosition(0)

    var end: LogPosition { LogPosition(floor.value + UInt64(records.count)) }
    var endOffset: UInt64 { segments.end }
    var firstOffset: UInt64 { segments.start }
    /// Where the line of the first entry that is kept begins. Lines before it are kept a little longer.
    var floorOffset: UInt64 { records.first?.offset ?? segments.end }

    /// About how many bytes of memory it takes.
    var bytes: Int { segments.count + records.count * Self.overheadBytes }

    // MARK: Appending

    /// Delivers an entry, which has to be the next one of its origin.
    ///
    /// - Parameters:
    ///   - isShown: whether clients are shown it; if not, `write` isn't called.
    ///   - lineBytes: the greatest length of its line.
    ///   - write: appends its line.
    mutating func append(
        _ key: OrderKey, number: Int, isLate: Bool, isShown: Bool, at instant: Instant, atMost lineBytes: Int,
        write: (inout [UInt8]) -> Void
    ) {
        precondition(marks[number] + 1 == key.sequence, "\(key) is delivered after \(marks[number])")
        var offset = segments.end
        var length = 0
        if isShown {
            offset = segments.append(atMost: lineBytes) { bytes in
                let before = bytes.count
                write(&bytes)
                length = bytes.count - before
            }
        }
        runs.makeRoom(for: number)
        runs.append(number, at: end)
        marks.raise(number, to: key.sequence)
        records.append(
            Record(
                number: Int32(number), isLate: isLate, length: UInt32(length), sequence: key.sequence, stamp: key.stamp,
                offset: offset, deliveredAt: instant))
    }

    /// Notes that no node keeps an origin's entries up to a sequence.
    mutating func skip(_ number: Int, to sequence: UInt64) {
        if marks.raise(number, to: sequence) { runs.skip(number, to: sequence, at: end) }
    }

    // MARK: Reading

    func record(at position: LogPosition, _ table: OriginTable) -> ShownRecord {
        let record = records[Int(position.value - floor.value)]
        return ShownRecord(
            number: Int(record.number),
            key: OrderKey(
                stamp: record.stamp, origin: table.origins[Int(record.number)], sequence: record.sequence),
            line: record.length > 0 ? (record.offset, Int(record.length)) : nil, isLate: record.isLate)
    }

    /// The first position whose entry's line, if it has one, begins at an offset or behind it.
    func position(at offset: UInt64) -> LogPosition {
        LogPosition(floor.value + UInt64(records.partitioningIndex { $0.offset >= offset }))
    }

    /// How far each origin was delivered when the end was at a position.
    func marks(at position: LogPosition) -> Marks {
        var before = marks
        for record in records[Int(max(position, floor).value - floor.value)...] {
            before.set(Int(record.number), to: min(before[Int(record.number)], record.sequence - 1))
        }
        return before
    }

    func withLines<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        segments.withPiece(from: offset, upTo: limit, body)
    }

    /// Where a reader that holds `held` has to begin, and which gaps it meets.
    func start(forReaderOf held: Marks, _ table: OriginTable) -> Log.Start {
        runs.start(forReaderOf: held, end: end, table)
    }

    // MARK: Retention

    /// Drops the oldest entries, until at most `limitBytes` are left and none was delivered before `oldest`. Later
    /// readers may have a gap.
    mutating func trim(toBytes limitBytes: Int, olderThan oldest: Instant?) {
        var hasDropped = false
        while let first = records.first {
            let size = records.count * Self.overheadBytes + Int(segments.end - first.offset)
            guard size > limitBytes || oldest.map({ first.deliveredAt < $0 }) ?? false else { break }
            runs.forgetFirst(of: Int(first.number))
            records.removeFirst()
            floor = floor.next
            hasDropped = true
        }
        if hasDropped { segments.drop(before: records.first?.offset ?? segments.end) }
    }
}
