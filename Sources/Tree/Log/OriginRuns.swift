import DequeModule

/// The positions of each origin's entries in a log, and the gaps between them.
///
/// The entries of an origin are nearly always one run: sequences that follow one another without a hole.
struct OriginRuns {
    /// Entries of one origin without a hole: `first ... last`.
    private struct Run {
        var first: UInt64 = 1
        var positions: Deque<UInt64> = []
        /// Where the log ended when this node learnt of the gap before this run.
        var begins = LogPosition(0)
        var last: UInt64 { first + UInt64(positions.count) - 1 }
    }

    private struct Runs {
        /// The runs before the last gap, while an entry of the first of them is kept. Others may be empty: a gap that
        /// was learnt of in two parts is told in two parts, each at its position.
        var older: Deque<Run> = []
        var latest = Run()
    }

    private var origins: [Runs] = []

    mutating func makeRoom(for number: Int) {
        while origins.count <= number { origins.append(Runs()) }
    }

    /// The highest sequence of an origin that is stored or known to be gone; 0 for none.
    func last(of number: Int) -> UInt64 { number < origins.count ? origins[number].latest.last : 0 }

    /// Where an entry stands; nil if it isn't kept.
    func position(of number: Int, _ sequence: UInt64) -> LogPosition? {
        guard number < origins.count else { return nil }
        for run in [origins[number].latest] + origins[number].older
        where sequence >= run.first && !run.positions.isEmpty && sequence <= run.last {
            return LogPosition(run.positions[Int(sequence - run.first)])
        }
        return nil
    }

    /// Whether no entry of an origin is kept, any more or ever.
    func isEmpty(of number: Int) -> Bool {
        number >= origins.count || (origins[number].older.isEmpty && origins[number].latest.positions.isEmpty)
    }

    /// The highest sequence of each origin, by number.
    var marks: Marks { Marks(origins.map(\.latest.last)) }

    func vector(of table: OriginTable) -> VersionVector {
        VersionVector(
            origins.indices.map { .init(origin: table.origins[$0], sequence: origins[$0].latest.last) })
    }

    // MARK: Changing

    /// Notes the position of the next entry of an origin.
    mutating func append(_ number: Int, at position: LogPosition) {
        origins[number].latest.positions.append(position.value)
    }

    /// Notes that no node keeps an origin's entries up to a sequence: its next entry here is the one after that.
    mutating func skip(_ number: Int, to sequence: UInt64, at end: LogPosition) {
        makeRoom(for: number)
        let latest = origins[number].latest
        guard sequence > latest.last else { return }
        if !latest.positions.isEmpty || !origins[number].older.isEmpty { origins[number].older.append(latest) }
        origins[number].latest = Run(first: sequence + 1, begins: end)
    }

    /// Forgets the oldest entry of an origin.
    mutating func forgetFirst(of number: Int) {
        guard !origins[number].older.isEmpty else {
            origins[number].latest.positions.removeFirst()
            origins[number].latest.first += 1
            return
        }
        origins[number].older[0].positions.removeFirst()
        origins[number].older[0].first += 1
        while origins[number].older.first?.positions.isEmpty == true { origins[number].older.removeFirst() }
    }

    // MARK: Catching up

    /// The position of the last entry of an origin up to a sequence; nil for none. The sequence itself may lie in a
    /// gap.
    private func position(upTo sequence: UInt64, _ number: Int) -> LogPosition? {
        func position(in run: Run) -> LogPosition? {
            guard sequence >= run.first, !run.positions.isEmpty else { return nil }
            return LogPosition(run.positions[Int(min(sequence, run.last) - run.first)])
        }
        if let position = position(in: origins[number].latest) { return position }
        return origins[number].older.reversed().lazy.compactMap { position(in: $0) }.first
    }

    /// Where a reader that holds `held` has to begin in a log that ends at a position, and which gaps it meets.
    func start(forReaderOf held: Marks, end: LogPosition, _ table: OriginTable) -> Log.Start {
        var start = Log.Start(position: end)
        for number in origins.indices {
            var sequence = held[number]
            if let position = position(upTo: sequence, number) { start.newFrom = max(start.newFrom, position.next) }
            guard sequence < origins[number].latest.last else { continue }
            var isBehindEntries = false
            for run in origins[number].older + [origins[number].latest] {
                if sequence + 1 < run.first {
                    let gap = Log.Gap(origin: table.origins[number], from: sequence + 1, through: run.first - 1)
                    if isBehindEntries { start.later.append((run.begins, gap)) } else { start.gaps.append(gap) }
                    sequence = run.first - 1
                }
                guard sequence < run.last else { continue }
                if !isBehindEntries {
                    start.position = min(start.position, LogPosition(run.positions[Int(sequence + 1 - run.first)]))
                }
                isBehindEntries = true
                sequence = run.last
            }
        }
        start.later.sort { ($0.at, $0.gap.origin) < ($1.at, $1.gap.origin) }
        return start
    }
}
