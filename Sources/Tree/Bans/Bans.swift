/// Decides who is banned: the latest record of each target, and which of them are on the disk.
///
/// A record is in here once for each target, so they are few: `Limits.bans` may be made, and some more come together
/// when two parts of a network meet.
public struct Bans {
    private var records: [BanTarget: BanRecord] = [:]
    /// The sum of the records' digests.
    private var sum: UInt64 = 0
    /// How many records there are of names and of sessions.
    private var names = 0
    private var sessions = 0
    /// How many records there are of each kind and length of ranges: a client's address is looked up once for each.
    private var shapes: [Shape: Int] = [:]
    /// Records that neighbours told in this turn, and the links by which they came; nil for those made here.
    private var news: [(target: BanTarget, from: ConnectionID?)] = []
    var saving = BanSaving()
    /// Sessions that are to end, since a ban or an operator says so.
    var ends = SessionEnds()
    /// Whether there are bans that clients were not held against yet.
    private var needsEnforcing = false

    private struct Shape: Hashable {
        let family: PeerRange.Family
        let bits: Int
    }

    public init() {}

    public init(_ saved: [BanRecord]) {
        for record in saved { _ = merge(record) }
    }

    // MARK: Looking up

    var isEmpty: Bool { records.isEmpty }
    public var count: Int { records.count }

    /// The records in the order of their targets, which is the same in each run.
    public var sorted: [BanRecord] { records.values.sorted { $0.target < $1.target } }

    subscript(target: BanTarget) -> BanRecord? { records[target] }

    /// Whether there are records of sessions.
    var hasSessions: Bool { sessions > 0 }

    /// Bans that keep somebody out.
    func standing(at milliseconds: UInt64) -> Int { records.values.count { $0.stands(at: milliseconds) } }

    /// The ban that keeps a client out; nil if none does. Of several it is the one that ends last.
    ///
    /// - Parameters:
    ///   - name: nil for a client that has told none yet.
    ///   - session: the same.
    func ban(
        name: NameKey? = nil, address: PeerAddress, session: String? = nil, at milliseconds: UInt64
    ) -> BanRecord? {
        guard !records.isEmpty else { return nil }
        var found: [BanRecord] = []
        if names > 0, let name, let record = records[.name(name.name)] { found.append(record) }
        if sessions > 0, let session, let record = records[.session(session)] { found.append(record) }
        for shape in shapes.keys where shape.family == address.family {
            let range = PeerRange(of: address, family: shape.family, bits: shape.bits)
            if let record = records[.address(range)] { found.append(record) }
        }
        // The order of the shapes differs in each process, so the targets decide where the ends are the same.
        return found.filter { $0.stands(at: milliseconds) }
            .max { ($0.until ?? .max, $0.target) < ($1.until ?? .max, $1.target) }
    }

    // MARK: Changing

    /// Takes a record over if it is later than the one that is known.
    ///
    /// - Returns: whether it was.
    mutating func merge(_ record: BanRecord) -> Bool {
        let before = records[record.target]
        if let before {
            guard (before.version, before.digest) < (record.version, record.digest) else { return false }
            sum &-= before.digest
        } else {
            count(record.target, 1)
        }
        records[record.target] = record
        sum &+= record.digest
        return true
    }

    private mutating func forget(_ record: BanRecord) {
        guard records.removeValue(forKey: record.target) != nil else { return }
        sum &-= record.digest
        count(record.target, -1)
    }

    private mutating func count(_ target: BanTarget, _ change: Int) {
        switch target {
        case .name: names += change
        case .session: sessions += change
        case .address(let range):
            let shape = Shape(family: range.family, bits: range.bits)
            shapes[shape, default: 0] += change
            if shapes[shape] == 0 { shapes[shape] = nil }
        }
    }

    /// Forgets what is over.
    ///
    /// - Returns: whether there was any.
    mutating func forgetOver(at milliseconds: UInt64, memory: UInt64) -> Bool {
        let over = records.values.filter { $0.isOver(at: milliseconds, memory: memory) }
        for record in over { forget(record) }
        return !over.isEmpty
    }

    /// Forgets records until no more than so many are left: those of lifted bans first, and the oldest of each.
    ///
    /// - Returns: how many of them were bans.
    mutating func forgetOldest(beyond limit: Int) -> Int {
        guard records.count > limit else { return 0 }
        let oldest = records.values.sorted { a, b in
            if a.isLifted != b.isLifted { return a.isLifted }
            return (a.version, a.target) < (b.version, b.target)
        }
        let gone = oldest.prefix(records.count - limit)
        for record in gone { forget(record) }
        return gone.count { !$0.isLifted }
    }

    /// The next time at which a ban ends; nil if none does.
    func nextEnd(after milliseconds: UInt64) -> UInt64? {
        records.values.lazy.compactMap { $0.isLifted ? nil : $0.until }.filter { $0 > milliseconds }.min()
    }

    // MARK: Comparing

    /// The same for two nodes with the same records.
    package var digest: UInt64 { sum }

    var digests: [UInt64] { sorted.map(\.digest) }

    /// The records with or without these digests.
    func records(among digests: [UInt64], areThere: Bool) -> [BanRecord] {
        let known = Set(digests)
        return sorted.filter { known.contains($0.digest) == areThere }
    }

    // MARK: Enforcing

    mutating func needEnforcing() { needsEnforcing = true }

    mutating func takeNeedOfEnforcing() -> Bool {
        defer { needsEnforcing = false }
        return needsEnforcing
    }

    // MARK: News

    mutating func noteNews(of target: BanTarget, from link: ConnectionID?) { news.append((target, link)) }

    var hasNews: Bool { !news.isEmpty }

    mutating func takeNews() -> [(target: BanTarget, from: ConnectionID?)] {
        defer { news.removeAll() }
        return news
    }
}

/// Decides when the bans are written to the disk: all of them, after each change, one write at a time.
struct BanSaving {
    /// How often something has changed, and what of it is on the disk.
    private(set) var changes: UInt64 = 0
    private var saved: UInt64 = 0
    private var underWay: (ticket: Ticket, upTo: UInt64)?
    /// Why the last write failed; nil if it didn't.
    private(set) var failure: String?
    private var pausedUntil: Instant?
    private var pause: Duration = .zero

    /// Whether everything is on the disk.
    var isDone: Bool { saved == changes }

    func isSaved(upTo change: UInt64) -> Bool { saved >= change }

    mutating func changed() { changes += 1 }

    func isDue(at now: Instant) -> Bool {
        underWay == nil && !isDone && pausedUntil.map { $0 <= now } ?? true
    }

    mutating func begin(_ ticket: Ticket) {
        underWay = (ticket, changes)
        pausedUntil = nil
    }

    /// - Returns: when the next try may begin; nil if this one has succeeded, or isn't the one under way.
    mutating func ended(
        _ ticket: Ticket, _ reason: String?, at now: Instant, pauses: ClosedRange<Duration>
    ) -> Instant? {
        guard let write = underWay, write.ticket == ticket else { return nil }
        underWay = nil
        failure = reason
        guard reason != nil else {
            saved = max(saved, write.upTo)
            pause = .zero
            return nil
        }
        pause = min(pauses.upperBound, max(pauses.lowerBound, pause * 2))
        pausedUntil = now + pause
        return pausedUntil
    }
}
