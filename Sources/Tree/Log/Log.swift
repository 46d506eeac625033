import DequeModule

/// A position in a node's log: the number of entries that the node had stored before this one.
///
/// Each node has its own positions: the same entry has another one on another node.
public struct LogPosition: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public var next: LogPosition { LogPosition(value + 1) }

    public static func < (a: LogPosition, b: LogPosition) -> Bool { a.value < b.value }
}

/// The entries that a node has stored, in the order in which it stored them.
///
/// Every reader is a cursor into this one log: a link to another node, a client, or a client that catches up.
///
/// ```
///   floor                    safe              stored
///     |  clients read up to   |  links read up to |
///     v                       v                   v
///     [ entries that k+1 hold ][ not known to be  ]
/// ```
/// The log does not know its readers, and never waits for one: a reader behind the floor has a gap.
public struct Log {
    /// The log's data of an entry, besides its line.
    struct Record {
        let number: Int32
        /// How many links the entry had crossed when it was stored here: 0 for an entry that was accepted here. At
        /// least `hop + 1` nodes have stored it. Set to 0 if the link that it came by closes before it is safe.
        var hop: UInt8
        let visibility: Visibility
        /// The serial of the link that it came by; 0 for an entry that was accepted here.
        let arrival: UInt32
        let length: UInt32
        let sequence: UInt64
        let stamp: Stamp
        let offset: UInt64
        let storedAt: Instant

        /// The part that is sent on, if the entry has a line that clients read.
        var lineContent: Content? {
            visibility == .shown ? .line(offset: offset, length: Int(length)) : nil
        }
    }

    enum Visibility: UInt8 {
        case shown
        /// A retry of an activity that clients have been shown under another id. It is sent to other nodes, and not
        /// shown.
        case retry
        /// For nodes alone.
        case control
    }

    /// The part of an entry that is sent on.
    public enum Content: Hashable, Sendable {
        /// The entry has a line in the bytes that clients read.
        case line(offset: UInt64, length: Int)
        /// The entry has no line there.
        indirect case entry(Entry)
    }

    /// Bytes that the record and the index of one entry take, besides its line.
    private static let overheadBytes = MemoryLayout<Record>.stride + MemoryLayout<UInt64>.stride

    let format: any EntryFormat
    private(set) var origins = OriginTable()
    private var runs = OriginRuns()
    /// The latest life of each node that has entries here.
    private var latestLives: [NodeID: Incarnation] = [:]
    private var records: Deque<Record> = []
    private var withoutLine: [UInt64: Entry] = [:]
    private var segments = Segments()

    /// The position of the oldest entry that is still kept; the end if there is none.
    public private(set) var floor = LogPosition(0)
    /// The end: where the next entry will stand.
    public var stored: LogPosition { LogPosition(floor.value + UInt64(records.count)) }
    /// The safe mark: every entry before it is safe.
    public private(set) var safe = LogPosition(0)

    init(format: any EntryFormat) {
        self.format = format
    }

    /// How many entries are kept.
    public var count: Int { records.count }

    /// About how many bytes of memory the log takes.
    public var bytes: Int { segments.count + records.count * Self.overheadBytes }

    // MARK: Origins

    mutating func number(of origin: Origin) -> Int {
        let number = origins.number(of: origin)
        runs.makeRoom(for: number)
        return number
    }

    /// Nil for an origin that was never heard of: it is not given a number.
    func knownNumber(of origin: Origin) -> Int? { origins.knownNumber(of: origin) }

    /// The highest sequence stored of an origin; 0 for none.
    func storedSequence(of number: Int) -> UInt64 {
        runs.last(of: number)
    }

    /// Where an entry stands; nil if it isn't kept here.
    func position(of number: Int, _ sequence: UInt64) -> LogPosition? { runs.position(of: number, sequence) }

    /// Whether no entry of an origin is kept here, any more or ever.
    func isEmpty(of number: Int) -> Bool {
        runs.isEmpty(of: number)
    }

    /// Whether a later life of the same node has entries here: this origin will number nothing more.
    func isSuperseded(_ number: Int) -> Bool {
        let origin = origins.origins[number]
        return latestLives[origin.node].map { origin.incarnation < $0 } ?? false
    }

    private mutating func note(lifeOf number: Int) {
        let origin = origins.origins[number]
        latestLives[origin.node] = max(latestLives[origin.node] ?? origin.incarnation, origin.incarnation)
    }

    /// How far each origin is stored, by origin number.
    var marks: Marks { runs.marks }

    /// How far each origin is stored.
    public var vector: VersionVector {
        runs.vector(of: origins)
    }

    /// How far each origin was stored when the log ended at a position.
    public func vector(at position: LogPosition) -> VersionVector {
        position < stored ? marks(at: position).vector(of: origins) : vector
    }

    /// The same by the origins' numbers.
    func marks(at position: LogPosition) -> Marks {
        var marks = runs.marks
        guard position < stored else { return marks }
        for record in records[index(of: max(position, floor))...] {
            let number = Int(record.number)
            marks.set(number, to: min(marks[number], record.sequence - 1))
        }
        return marks
    }

    // MARK: Appending

    /// Stores an entry, which has to be the next one of its origin.
    mutating func append(
        _ entry: Entry, number: Int, hop: UInt8, arrival: UInt32, visibility: Visibility, at instant: Instant
    ) -> LogPosition {
        precondition(
            entry.sequence == runs.last(of: number) + 1,
            "entry \(entry.sequence) of \(entry.origin) would leave a hole after \(runs.last(of: number))")
        if runs.last(of: number) == 0 { note(lifeOf: number) }
        let position = stored
        var length = 0
        var offset = segments.end
        if case .activity(let activity) = entry.body, visibility == .shown {
            let format = format
            offset = segments.append(atMost: activity.text.count + 512) { bytes in
                let before = bytes.count
                format.appendLine(of: entry, to: &bytes)
                length = bytes.count - before
            }
        } else {
            withoutLine[position.value] = entry
        }
        records.append(
            Record(
                number: Int32(number), hop: hop, visibility: visibility, arrival: arrival, length: UInt32(length),
                sequence: entry.sequence, stamp: entry.stamp, offset: offset, storedAt: instant))
        runs.append(number, at: position)
        return position
    }

    /// Notes that no node keeps an origin's entries up to a sequence: its next entry here is the one after that.
    mutating func skip(_ number: Int, to sequence: UInt64) {
        if runs.last(of: number) == 0 { note(lifeOf: number) }
        runs.skip(number, to: sequence, at: stored)
    }

    // MARK: The safe mark

    /// Moves the safe mark past one entry, which this many nodes hold.
    mutating func passSafe(copies: Int) -> Record {
        precondition(safe < stored, "nothing behind the safe mark \(safe)")
        let record = records[index(of: safe)]
        if record.length > 0, copies > 1 {
            segments.set(
                UInt8(ascii: "0") + UInt8(min(9, copies)),
                at: record.offset + UInt64(record.length) - UInt64(format.copiesFromEnd))
        }
        safe = safe.next
        return record
    }

    /// Notes that a link has closed: the nodes behind it no longer count as holding the entries that came by it and
    /// aren't safe yet.
    mutating func forgetHops(arrival: UInt32) {
        for index in index(of: safe)..<records.count where records[index].arrival == arrival {
            records[index].hop = 0
        }
    }

    // MARK: Reading

    func record(at position: LogPosition) -> Record { records[index(of: position)] }

    /// The part of an entry that is sent on. The position has to be one of an entry that is kept.
    public func content(at position: LogPosition) -> Content {
        records[index(of: position)].lineContent ?? .entry(withoutLine[position.value]!)
    }

    public func origin(at position: LogPosition) -> Origin {
        origins.origins[Int(records[index(of: position)].number)]
    }

    public func sequence(at position: LogPosition) -> UInt64 { records[index(of: position)].sequence }
    public func stamp(at position: LogPosition) -> Stamp { records[index(of: position)].stamp }

    /// The offset of the first byte of the entry at a position; at the end of the log, the end of the bytes.
    public func offset(of position: LogPosition) -> UInt64 {
        let kept = max(position, floor)
        return kept < stored ? records[index(of: kept)].offset : segments.end
    }

    /// The first position whose entry's line, if it has one, begins at an offset or behind it.
    func position(at offset: UInt64) -> LogPosition {
        LogPosition(floor.value + UInt64(records.partitioningIndex { $0.offset >= offset }))
    }

    /// The offset of the first byte that is still kept.
    public var firstOffset: UInt64 { segments.start }

    /// Calls `body` with the lines between two offsets, as far as they are one piece. There has to be at least one
    /// byte.
    public func withLines<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        segments.withPiece(from: offset, upTo: limit, body)
    }

    private func index(of position: LogPosition) -> Int {
        precondition(position >= floor && position <= stored, "\(position) outside of the log")
        return Int(position.value - floor.value)
    }

    // MARK: Catching up

    /// Consecutive entries of an origin that a reader lacks and this node no longer keeps.
    public struct Gap: Hashable, Sendable {
        public let origin: Origin
        public let from: UInt64
        public let through: UInt64

        public init(origin: Origin, from: UInt64, through: UInt64) {
            self.origin = origin
            self.from = from
            self.through = through
        }

        /// How many entries are missing.
        public var count: UInt64 { through - from + 1 }
    }

    /// Where a reader has to begin, and the gaps that it is told of.
    struct Start {
        var position: LogPosition
        /// The position after the last entry that the reader has: from here on every entry is new to it.
        var newFrom = LogPosition(0)
        /// Gaps that the reader is told before any entry.
        var gaps: [Gap] = []
        /// Gaps between entries that are here: the reader is told of each when it reaches this position. Ascending.
        var later: [(at: LogPosition, gap: Gap)] = []
    }

    /// Where a reader that holds `held` has to begin, and which gaps it meets.
    func start(forReaderOf held: Marks) -> Start {
        runs.start(forReaderOf: held, end: stored, origins)
    }

    // MARK: Retention

    /// Drops the oldest safe entries while they may go. Returns how many it dropped.
    ///
    /// - Parameters:
    ///   - limitBytes: the log must not be larger, even if readers will then have a gap.
    ///   - oldest: entries stored before this go if all nodes hold them; nil for none.
    ///   - held: what all nodes hold.
    ///   - cap: entries stored before this go even if a node lacks them; nil for none.
    ///   - limit: the first entry that has to stay, at most the safe mark.
    mutating func trim(
        toBytes limitBytes: Int, olderThan oldest: Instant?, heldByAll held: Marks, evenIfLacking cap: Instant?,
        upTo limit: LogPosition
    ) -> Int {
        var dropped = 0
        while let first = records.first, floor < limit {
            let number = Int(first.number)
            let size = records.count * Self.overheadBytes + Int(segments.end - first.offset)
            let isOld = oldest.map { first.storedAt < $0 } ?? false && held[number] >= first.sequence
            let isPastCap = cap.map { first.storedAt < $0 } ?? false
            guard size > limitBytes || isOld || isPastCap else { break }
            runs.forgetFirst(of: number)
            if first.visibility != .shown { withoutLine[floor.value] = nil }
            records.removeFirst()
            floor = floor.next
            dropped += 1
        }
        if dropped > 0 { segments.drop(before: records.first?.offset ?? segments.end) }
        return dropped
    }
}
