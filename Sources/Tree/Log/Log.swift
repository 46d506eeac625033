import DequeModule

/// A position in a node's log, counted in entries from the first that the node ever stored.
///
/// Positions are a node's own: the same entry stands at another one elsewhere.
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
/// Every reader is a cursor into the one log: a link to another node, a client, a client that catches up.
///
/// ```
///   floor                    safe              stored
///     |  clients read up to   |  links read up to |
///     v                       v                   v
///     [ entries that k+1 hold ][ not known to be  ]
/// ```
/// The log does not know its readers, and never waits for one: a reader behind the floor has a gap.
public struct Log {
    /// What the log keeps of an entry besides its line.
    struct Record {
        let number: Int32
        /// How many steps the entry had made when it was stored here: 0 for an entry that was accepted here. At least
        /// `hop + 1` nodes have stored it. Set to 0 when the link it came by closes before it is safe.
        var hop: UInt8
        let visibility: Visibility
        /// Of the link that it came by; 0 for an entry that was accepted here.
        let arrival: UInt32
        let length: UInt32
        let sequence: UInt64
        let stamp: Stamp
        let offset: UInt64
        let storedAt: Instant

        /// What is passed on of it, if it has a line that clients read.
        var lineContent: Content? {
            visibility == .shown ? .line(offset: offset, length: Int(length)) : nil
        }
    }

    enum Visibility: UInt8 {
        case shown
        /// A retry of what clients have been shown under another id. It is passed on, and not shown.
        case retry
        /// For nodes alone.
        case control
    }

    /// What is passed on of an entry.
    public enum Content: Hashable, Sendable {
        /// Its line stands in the bytes that clients read.
        case line(offset: UInt64, length: Int)
        /// It has no line there.
        indirect case entry(Entry)
    }

    /// What the records and indices of one entry take, besides its line.
    private static let overheadBytes = MemoryLayout<Record>.stride + MemoryLayout<UInt64>.stride

    let format: any EntryFormat
    private(set) var origins = OriginTable()
    private var runs = OriginRuns()
    /// The latest life of each node of which something was stored.
    private var latestLives: [NodeID: Incarnation] = [:]
    private var records: Deque<Record> = []
    private var withoutLine: [UInt64: Entry] = [:]
    private var segments = Segments()

    /// The oldest entry that is still here, or the end.
    public private(set) var floor = LogPosition(0)
    /// The end: where the next entry will stand.
    public var stored: LogPosition { LogPosition(floor.value + UInt64(records.count)) }
    /// Every entry before it is known to be held by as many nodes as was asked for.
    public private(set) var safe = LogPosition(0)

    init(format: any EntryFormat) {
        self.format = format
    }

    public var count: Int { records.count }

    /// What the log takes in memory, nearly.
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

    /// Nothing of an origin is here any more, or ever was.
    func isEmpty(of number: Int) -> Bool {
        runs.isEmpty(of: number)
    }

    /// A later life of the same node has spoken: this one won't number anything more.
    func isSuperseded(_ number: Int) -> Bool {
        let origin = origins.origins[number]
        return latestLives[origin.node].map { origin.incarnation < $0 } ?? false
    }

    private mutating func note(lifeOf number: Int) {
        let origin = origins.origins[number]
        latestLives[origin.node] = max(latestLives[origin.node] ?? origin.incarnation, origin.incarnation)
    }

    /// What is stored, by origin number.
    var marks: Marks {
        var marks = Marks()
        for (number, last) in runs.lasts.enumerated() { marks.raise(number, to: last) }
        return marks
    }

    /// What is stored, of every origin.
    public var vector: VersionVector {
        runs.vector(of: origins)
    }

    /// What was stored, of every origin, when the log ended at a position.
    public func vector(at position: LogPosition) -> VersionVector {
        guard position < stored else { return vector }
        var sequences = runs.lasts
        for record in records[index(of: max(position, floor))...] {
            let number = Int(record.number)
            sequences[number] = min(sequences[number], record.sequence - 1)
        }
        return VersionVector(
            sequences.indices.map { .init(origin: origins.origins[$0], sequence: sequences[$0]) })
    }

    // MARK: Appending

    /// Stores an entry. It has to be the next one of its origin.
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

    /// An origin's entries up to a sequence are gone for good: what comes next of it is the one after.
    mutating func skip(_ number: Int, to sequence: UInt64) {
        if runs.last(of: number) == 0 { note(lifeOf: number) }
        runs.skip(number, to: sequence, at: stored)
    }

    // MARK: The safe mark

    /// The entry at the safe mark is held by so many nodes: the mark passes it.
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

    /// The entries that came by a link and aren't safe yet have lost the nodes that held them before this one did.
    mutating func forgetHops(arrival: UInt32) {
        for index in index(of: safe)..<records.count where records[index].arrival == arrival {
            records[index].hop = 0
        }
    }

    // MARK: Reading

    func record(at position: LogPosition) -> Record { records[index(of: position)] }

    public func content(at position: LogPosition) -> Content {
        records[index(of: position)].lineContent ?? .entry(withoutLine[position.value]!)
    }

    public func origin(at position: LogPosition) -> Origin {
        origins.origins[Int(records[index(of: position)].number)]
    }

    public func sequence(at position: LogPosition) -> UInt64 { records[index(of: position)].sequence }
    public func stamp(at position: LogPosition) -> Stamp { records[index(of: position)].stamp }

    /// Where the bytes of the entry at a position begin; the end of the bytes for the end of the log.
    public func offset(of position: LogPosition) -> UInt64 {
        let kept = max(position, floor)
        return kept < stored ? records[index(of: kept)].offset : segments.end
    }

    /// The bytes that clients can still read begin here.
    public var firstOffset: UInt64 { segments.start }

    /// The lines between two offsets, as far as they are one piece. There has to be something between them.
    public func withLines<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        segments.withPiece(from: offset, upTo: limit, body)
    }

    private func index(of position: LogPosition) -> Int {
        precondition(position >= floor && position <= stored, "\(position) outside of the log")
        return Int(position.value - floor.value)
    }

    // MARK: Catching up

    /// A stretch of an origin that a reader lacks and that is no longer here.
    public struct Gap: Hashable, Sendable {
        public let origin: Origin
        public let from: UInt64
        public let through: UInt64

        public init(origin: Origin, from: UInt64, through: UInt64) {
            self.origin = origin
            self.from = from
            self.through = through
        }

        public var count: UInt64 { through - from + 1 }
    }

    /// Where a reader has to begin, and what it is told of.
    struct Start {
        var position: LogPosition
        /// Behind the last entry that the reader has already: from here on everything is new to it.
        var newFrom = LogPosition(0)
        /// No longer here: told before anything else.
        var gaps: [Gap] = []
        /// Never was here, and lies behind what is: told when the reader has come so far. Ascending.
        var later: [(at: LogPosition, gap: Gap)] = []
    }

    /// Where a reader that holds `held` has to begin, and what of it is no longer here.
    func start(forReaderOf held: Marks) -> Start {
        runs.start(forReaderOf: held, end: stored, origins)
    }

    // MARK: Retention

    /// Drops the oldest safe entries while they may go; answers how many.
    ///
    /// - Parameters:
    ///   - limitBytes: the log must not be larger, although later readers may lack what goes.
    ///   - oldest: entries stored earlier go if everybody holds them; nil for none.
    ///   - held: what everybody holds.
    ///   - cap: entries stored earlier go although somebody lacks them; nil for none.
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
