// How two nodes find out that they have different entries under one id (docs/protocol.md#entries-that-differ).
//
// An origin numbers each of its entries once, so this can't be unless a node is broken, lies, or runs twice with one
// identity. Then the two parts of a network show different things under one id, and nothing else would ever notice:
// vectors count ids only. In the idle exchange a child shows its parent digests of what it has stored since the last
// one. Where they differ both sides divide the range, down to the id. An entry that comes twice is compared at once.
//
// It is told, and nothing is changed: clients have been shown one of the two, and can't be made to forget it. A node
// that has none of the two takes the one that comes first.

/// Entries of one origin without a hole between them, and a digest of them all.
public struct EntryRange: Hashable, Sendable {
    public var origin: Origin
    public var from: UInt64
    public var through: UInt64
    public var digest: UInt64

    public init(origin: Origin, from: UInt64, through: UInt64, digest: UInt64) {
        self.origin = origin
        self.from = from
        self.through = through
        self.digest = digest
    }
}

/// Knows which entries were compared over one link, and how much may still be.
struct EntryComparison {
    private struct ID: Equatable {
        let origin: Origin
        let sequence: UInt64
    }

    /// What lies before it was shown to the other side.
    private(set) var position = LogPosition(0)
    /// The bytes of entries that may still be read for the other side, until the next exchange.
    private var budget = 0
    /// Entries that are known to differ, the latest last.
    private var conflicts: [ID] = []

    mutating func began(bytes: Int) { budget = bytes }

    mutating func shown(upTo position: LogPosition) { self.position = position }

    /// Whether entries of so many bytes may be read.
    mutating func mayRead(_ bytes: Int) -> Bool {
        guard budget > 0 else { return false }
        budget -= bytes
        return true
    }

    /// An entry differs from that of the other side.
    ///
    /// - Returns: whether that was unknown.
    mutating func differs(_ origin: Origin, _ sequence: UInt64) -> Bool {
        let id = ID(origin: origin, sequence: sequence)
        guard !conflicts.contains(id) else { return false }
        conflicts.append(id)
        if conflicts.count > Limits.rememberedConflicts { conflicts.removeFirst() }
        return true
    }
}

extension Node {
    // MARK: Showing

    /// Shows the parent digests of the safe entries that it wasn't shown yet.
    func compareEntries(on link: Link) {
        link.entries.began(bytes: Limits.comparedBytes * 4)
        // Nodes of version 1 know no such message.
        guard link.role == .parent, link.versions.newest >= 2 else { return }
        var position = max(link.entries.position, log.floor)
        var ranges: [EntryRange] = []
        /// The range that is open of each origin number.
        var open: [Int: Int] = [:]
        var bytes = 0
        while position < log.safe, bytes < Limits.comparedBytes, ranges.count < Limits.comparedRanges {
            let record = log.record(at: position)
            let number = Int(record.number)
            if let index = open[number], ranges[index].through + 1 == record.sequence {
                ranges[index].through += 1
                ranges[index].digest &+= log.digest(at: position)
            } else {
                open[number] = ranges.count
                ranges.append(
                    EntryRange(
                        origin: log.origin(at: position), from: record.sequence, through: record.sequence,
                        digest: log.digest(at: position)))
            }
            bytes += cost(of: record)
            position = position.next
        }
        link.entries.shown(upTo: position)
        if !ranges.isEmpty { send(.compareEntries(ranges), to: link.connection) }
    }

    private func cost(of record: Log.Record) -> Int { Int(record.length) + 64 }

    // MARK: Comparing

    /// The other side shows digests of what it has. Of what differs it is shown this node's digests of the two halves,
    /// until the entry is found.
    func compare(_ ranges: [EntryRange], with link: Link) {
        var answer: [EntryRange] = []
        for range in ranges.prefix(Limits.comparedRanges) {
            guard let mine = digest(of: range.origin, range.from, range.through, for: link) else { continue }
            guard mine != range.digest else { continue }
            if range.from == range.through {
                guard link.entries.differs(range.origin, range.from) else { continue }
                reportConflict(range.origin, range.from, with: link)
                answer.append(EntryRange(origin: range.origin, from: range.from, through: range.from, digest: mine))
                continue
            }
            let middle = range.from + (range.through - range.from) / 2
            for (from, through) in [(range.from, middle), (middle + 1, range.through)] {
                guard let half = digest(of: range.origin, from, through, for: link) else { continue }
                answer.append(EntryRange(origin: range.origin, from: from, through: through, digest: half))
            }
        }
        answer.removeLast(max(0, answer.count - Limits.comparedRanges))
        if !answer.isEmpty { send(.compareEntries(answer), to: link.connection) }
    }

    /// Nil if some of them aren't here, or too much was read for this link.
    private func digest(of origin: Origin, _ from: UInt64, _ through: UInt64, for link: Link) -> UInt64? {
        guard from > 0, from <= through, through - from < Limits.comparedEntries,
            let number = log.knownNumber(of: origin)
        else { return nil }
        var sum: UInt64 = 0
        for sequence in from...through {
            guard let position = log.position(of: number, sequence), position < log.safe,
                link.entries.mayRead(cost(of: log.record(at: position)))
            else { return nil }
            sum &+= log.digest(at: position)
        }
        return sum
    }

    /// An entry has come whose id is stored already.
    func compareStored(_ entry: Entry, _ number: Int, from link: Link) {
        guard mutation != .conflictsOverlooked, let position = log.position(of: number, entry.sequence),
            log.digest(of: entry) != log.digest(at: position), link.entries.differs(entry.origin, entry.sequence)
        else { return }
        reportConflict(entry.origin, entry.sequence, with: link)
    }

    private func reportConflict(_ origin: Origin, _ sequence: UInt64, with link: Link) {
        counters.foundConflict()
        report(.entriesDiffer(link.contact, origin, sequence: sequence))
    }
}

extension Log {
    /// A digest of an entry, the same wherever it is stored: of its line, without the digit of the copies, or of the
    /// change that it makes.
    func digest(at position: LogPosition) -> UInt64 {
        let record = record(at: position)
        guard record.visibility == .shown, record.length > 0 else {
            if case .entry(let entry) = content(at: position) { return digest(of: entry) }
            return 0
        }
        return withLines(from: record.offset, upTo: record.offset + UInt64(record.length)) { digest(ofLine: $0) }
    }

    func digest(of entry: Entry) -> UInt64 {
        switch entry.body {
        case .activity:
            var line: [UInt8] = []
            format.appendLine(of: entry, to: &line)
            return digest(ofLine: line.span)
        case .account(let change):
            var hash = StableHash()
            switch change {
            case .registered(let account): hash.add(AccountRecord(account).digest)
            case .removed(let name, let removal): hash.add(AccountRecord(name: name, removal: removal).digest)
            }
            hash.add(entry.stamp.value)
            return hash.value
        }
    }

    /// Eight bytes at a time, each word mixed by the last steps of SplitMix64: entries are long, and there are many.
    private func digest(ofLine line: Span<UInt8>) -> UInt64 {
        let copies = line.count - format.copiesFromEnd
        var digest = UInt64(line.count)
        var word: UInt64 = 0
        for index in 0..<line.count {
            if index != copies { word |= UInt64(line[index]) << UInt64(8 * (index & 7)) }
            guard index & 7 == 7 || index == line.count - 1 else { continue }
            digest = (digest ^ word) &* 0xBF58_476D_1CE4_E5B9
            digest ^= digest >> 31
            word = 0
        }
        digest = (digest ^ (digest >> 27)) &* 0x94D0_49BB_1331_11EB
        return digest ^ (digest >> 31)
    }
}
