import DequeModule
import HeapModule

/// Decides which entry clients are shown next in the total order, that of the stamps (docs/protocol.md#total-order).
///
/// Every input has promised a watermark: no entry at or below it comes any more. So the entries up to the least
/// watermark are complete, and can be shown in the order of their stamps. The inputs are the links, this node's own
/// clients, and, for a moment, lost links whose entries may come back by another way.
///
/// ```
///   own clients  ────────────────▶ 24            (the lower bound)
///   link         ───────▶ 15                       least: 15     ┌───────────┐
///   link         ──────────▶ 18                  ──────────────▶ │ delivered │ up to 15
///   lost link    ─────────▶ 17 for up to 1 s                     └───────────┘
/// It knows neither nodes nor links: the node tells it what they have promised.
final class TotalOrder {
    /// An entry that waits for its turn.
    struct Waiting: Comparable {
        let key: OrderKey
        let position: LogPosition
        let number: Int
        /// The sender's own number of the message, and the sender; nil if it isn't numbered.
        let retry: (key: RetryKey, user: String)?

        static func < (a: Waiting, b: Waiting) -> Bool { a.key < b.key }
        static func == (a: Waiting, b: Waiting) -> Bool { a.key == b.key }
    }

    /// An input that was lost or has promised nothing yet. Until it is back, no entry above its last promise is shown.
    struct Hold {
        enum Reason {
            /// The link to this node is lost. The hold ends early when the node links again, or, if a parent left in
            /// order, when the next parent makes its first promise. For a parent that was lost it doesn't end then: the
            /// next parent may be new itself, and get its entries from a node that hasn't come yet.
            case lost(Origin, parentLeft: Bool)
            /// This link brings entries from elsewhere. The hold ends with its first promise.
            case synchronising(ConnectionID)
        }

        let reason: Reason
        let contact: Contact
        let promise: Stamp
        let until: Instant
    }

    private(set) var delivered = Delivered()
    private var holds: [Hold] = []
    /// Entries that are stored and not delivered, by their keys.
    private var waiting = Heap<Waiting>()
    /// Entries that came after one with a greater key was shown. They are shown as soon as they are safe.
    private var late: Deque<Waiting> = []
    /// The greatest key that was delivered in time.
    private var mark: OrderKey?
    /// The greatest stamp that is stored here, or that other nodes have stored of entries that this node had to pass
    /// over. Other nodes may wait for this node's promise up to there.
    private(set) var greatest = Stamp.zero
    /// Whether each entry from `firstWaiting` on was delivered.
    private var isDelivered: Deque<Bool> = []
    /// All entries before this position were delivered.
    private(set) var firstWaiting: LogPosition
    /// Recognises copies of activities that clients were shown.
    private var shownRetries: DuplicateFilter
    /// Gaps that begin after the entries that were delivered.
    private var gapsAhead: [(number: Int, gap: Log.Gap)] = []
    /// False while a joining node fetches the earlier entries.
    private(set) var isOpen: Bool

    init(retries: DuplicateFilter, isOpen: Bool, at position: LogPosition) {
        shownRetries = retries
        self.isOpen = isOpen
        firstWaiting = position
    }

    /// The least stamp of those that wait for promises; nil if none does.
    var firstStampWaiting: Stamp? { waiting.min?.key.stamp }

    var waitingCount: Int { waiting.count + late.count }

    /// Whether each later entry has a greater key than this, or is marked as late.
    func hasPassed(_ key: OrderKey?) -> Bool {
        guard let key else { return true }
        return mark.map { key <= $0 } ?? false
    }

    /// Allows delivery: the earlier entries are here, or there is no other node to wait for.
    func open() { isOpen = true }

    // MARK: Entries

    /// An entry was stored at the end of the log.
    func add(_ stored: Entry, at position: LogPosition, number: Int) {
        var retry: (key: RetryKey, user: String)?
        if case .activity(let activity) = stored.body, let key = activity.retry { retry = (key, activity.sender) }
        let entry = Waiting(
            key: OrderKey(stamp: stored.stamp, origin: stored.origin, sequence: stored.sequence), position: position,
            number: number, retry: retry)
        isDelivered.append(false)
        greatest = max(greatest, entry.key.stamp)
        if let mark, entry.key < mark { late.append(entry) } else { waiting.insert(entry) }
    }

    /// This node has passed over entries with stamps up to this one.
    func noteMissing(_ stamp: Stamp) { greatest = max(greatest, stamp) }

    /// Takes the next entry to deliver.
    ///
    /// - Parameters:
    ///   - limit: the least watermark of all inputs.
    ///   - safe: the log's safe mark.
    /// - Returns: nil if no entry may be shown now.
    func takeNext(upTo limit: Stamp, before safe: LogPosition) -> (entry: Waiting, isLate: Bool)? {
        guard isOpen else { return nil }
        if let first = late.first, first.position < safe {
            late.removeFirst()
            passed(first.position)
            return (first, true)
        }
        guard let first = waiting.min, first.key.stamp <= limit, first.position < safe else { return nil }
        waiting.removeMin()
        mark = first.key
        passed(first.position)
        return (first, false)
    }

    private func passed(_ position: LogPosition) {
        isDelivered[Int(position.value - firstWaiting.value)] = true
        while isDelivered.first == true {
            isDelivered.removeFirst()
            firstWaiting = firstWaiting.next
        }
    }

    /// Appends an entry to those that clients are shown. It is not shown itself if it is for nodes alone, or if a copy
    /// of it was shown. Of two copies clients are shown the one with the smaller stamp, since it is delivered first.
    ///
    /// - Parameters:
    ///   - record: the log's record of the entry.
    ///   - write: appends the line that clients read.
    func deliver(
        _ entry: Waiting, _ record: Log.Record, isLate: Bool, at now: Instant, write: (inout [UInt8]) -> Void
    ) {
        var isShown = record.visibility == .shown
        if isShown, let retry = entry.retry {
            if shownRetries.isRetry(retry.key, by: retry.user) {
                isShown = false
            } else {
                shownRetries.record(retry.key, by: retry.user, stamp: entry.key.stamp)
            }
        }
        delivered.append(
            entry.key, number: entry.number, isLate: isLate, isShown: isShown, at: now,
            atMost: Int(record.length) + Self.lateMarkBytes, write: write)
    }

    /// How many bytes the mark of lateness adds to a line at most.
    private static let lateMarkBytes = 16

    /// Drops the entries that were delivered longest ago.
    func trim(toBytes limitBytes: Int, olderThan oldest: Instant?) {
        delivered.trim(toBytes: limitBytes, olderThan: oldest)
    }

    // MARK: Gaps

    /// No node brings these entries any more. Earlier entries of their origin are shown before the gap.
    func learnt(of gap: Log.Gap, _ number: Int) { gapsAhead.append((number, gap)) }

    /// Passes over a gap if all earlier entries of its origin were shown; nil if there is no such gap.
    func takeGapDue() -> Log.Gap? {
        guard !gapsAhead.isEmpty,
            let index = gapsAhead.firstIndex(where: { delivered.marks[$0.number] + 1 >= $0.gap.from })
        else { return nil }
        let (number, gap) = gapsAhead.remove(at: index)
        delivered.skip(number, to: gap.through)
        return gap
    }

    // MARK: Holds

    /// Whether an input was lost, or has promised nothing yet.
    var isHolding: Bool { !holds.isEmpty }

    /// The least promise of all inputs that are waited for.
    var heldBound: Stamp {
        var least = Stamp.limit
        for hold in holds { least = min(least, hold.promise) }
        return least
    }

    /// Adds a hold: no entry above its promise is shown until it ends.
    func wait(_ hold: Hold) { holds.append(hold) }

    /// A node whose link was lost links again.
    ///
    /// - Returns: what it had promised; nil if there is no hold for it.
    func isBack(_ origin: Origin) -> Stamp? {
        holds.firstIndex { $0.isFor(origin) }.map { holds.remove(at: $0).promise }
    }

    /// A link that had promised nothing is lost.
    func stopWaiting(for connection: ConnectionID) { holds.removeAll { $0.isFor(connection) } }

    /// A link has made its first promise. If it is the parent's, the entries from before this node joined are here.
    func firstPromise(on connection: ConnectionID, isParent: Bool) {
        if isParent { isOpen = true }
        holds.removeAll { hold in
            switch hold.reason {
            case .lost(_, let parentLeft): parentLeft && isParent
            case .synchronising(let synchronising): synchronising == connection
            }
        }
    }

    /// When the next hold ends.
    var nextGivingUp: Instant? { holds.map(\.until).min() }

    /// Ends the holds whose time is over.
    ///
    /// - Returns: the nodes that they waited for.
    func giveUpHolds(at now: Instant) -> [Contact] {
        let contacts = holds.filter { $0.until <= now }.map(\.contact)
        holds.removeAll { $0.until <= now }
        return contacts
    }
}

extension TotalOrder.Hold {
    fileprivate func isFor(_ origin: Origin) -> Bool {
        if case .lost(origin, _) = reason { true } else { false }
    }

    fileprivate func isFor(_ connection: ConnectionID) -> Bool {
        if case .synchronising(connection) = reason { true } else { false }
    }
}
