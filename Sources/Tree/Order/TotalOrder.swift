import DequeModule
import HeapModule

/// Decides what clients are shown next in the one order of all stamps (docs/protocol.md#total-order).
///
/// Every input has promised a watermark: nothing at or below it comes any more. So what lies below the least of them is
/// complete, and can be shown in the order of its stamps. The inputs are the links, this node's own clients, and for a
/// moment what was lost and may come back by another way.
///
/// ```
///   own clients  ────────────────▶ 24            (the lower bound)
///   link         ───────▶ 15                       least: 15     ┌───────────┐
///   link         ──────────▶ 18                  ──────────────▶ │ delivered │ up to 15
///   lost link    ─────────▶ 17 for up to 1 s                     └───────────┘
/// ```
/// It knows nothing of nodes and links: what they have promised is told to it.
final class TotalOrder {
    /// An entry that waits for its turn.
    struct Waiting: Comparable {
        let key: OrderKey
        let position: LogPosition
        let number: Int
        /// Who said it under which number of its own; nil for what isn't numbered.
        let retry: (key: RetryKey, user: String)?

        static func < (a: Waiting, b: Waiting) -> Bool { a.key < b.key }
        static func == (a: Waiting, b: Waiting) -> Bool { a.key == b.key }
    }

    /// An input that was lost, or doesn't promise anything yet: until it is back nothing above its last promise is
    /// shown.
    struct Hold {
        enum Reason {
            /// The link to this node is gone. Ends early when the node links again; for a parent that left in order,
            /// when the next one has made its first promise. Not so for other parents: the next one may be new itself,
            /// and get what was said from somebody who hasn't come yet.
            case lost(Origin, parentLeft: Bool)
            /// This link brings what was said elsewhere. Ends with its first promise.
            case synchronising(ConnectionID)
        }

        let reason: Reason
        let contact: Contact
        let promise: Stamp
        let until: Instant
    }

    private(set) var delivered = Delivered()
    private var holds: [Hold] = []
    /// Stored and not delivered, by their order.
    private var waiting = Heap<Waiting>()
    /// Came after an entry with a greater key was shown: they are shown as soon as they are safe.
    private var late: Deque<Waiting> = []
    /// The greatest that was delivered and was not late.
    private var mark: OrderKey?
    /// The greatest stamp that is stored, or that others have stored of what this node had to pass over: up to there
    /// somebody may wait for this node's promise.
    private(set) var greatest = Stamp.zero
    /// Which of the entries from `firstWaiting` on were delivered.
    private var isDelivered: Deque<Bool> = []
    /// Before it everything was delivered.
    private(set) var firstWaiting: LogPosition
    /// What was shown, by its senders' own numbers.
    private var shownRetries: DuplicateFilter
    /// Gaps that begin behind what was delivered.
    private var gapsAhead: [(number: Int, gap: Log.Gap)] = []
    /// False while a node that joins fetches what was said before.
    private(set) var isOpen: Bool

    init(retries: DuplicateFilter, isOpen: Bool, at position: LogPosition) {
        shownRetries = retries
        self.isOpen = isOpen
        firstWaiting = position
    }

    /// The least stamp of those that wait for promises; nil if none does.
    var firstStampWaiting: Stamp? { waiting.min?.key.stamp }

    var waitingCount: Int { waiting.count + late.count }

    /// Whether whatever comes from now on is greater than a key, or is marked as late.
    func hasPassed(_ key: OrderKey?) -> Bool {
        guard let key else { return true }
        return mark.map { key <= $0 } ?? false
    }

    /// What was said before the node joined is here, or nobody is to be waited for: clients may be shown something.
    func open() { isOpen = true }

    // MARK: Entries

    /// An entry was stored, at the end of the log.
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

    /// Entries up to this stamp have been passed over.
    func noteMissing(_ stamp: Stamp) { greatest = max(greatest, stamp) }

    /// Takes what comes next.
    ///
    /// - Parameters:
    ///   - limit: all inputs have promised that nothing at or below it comes any more.
    ///   - safe: the log's safe mark.
    /// - Returns: nil when nothing may be shown now.
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

    /// Puts an entry behind what clients are shown. It is not shown itself if it is for nodes alone, or if a copy of it
    /// was shown: of two copies the one with the smaller stamp is shown, which is the first to be delivered.
    ///
    /// - Parameters:
    ///   - record: what the log has of it.
    ///   - write: appends its line as clients read it.
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

    /// What a line grows by at most where it says that it is late.
    private static let lateMarkBytes = 16

    /// Drops what was shown longest ago.
    func trim(toBytes limitBytes: Int, olderThan oldest: Instant?) {
        delivered.trim(toBytes: limitBytes, olderThan: oldest)
    }

    // MARK: Gaps

    /// Nobody brings these entries any more. What of their origin stands before them is shown first.
    func learnt(of gap: Log.Gap, _ number: Int) { gapsAhead.append((number, gap)) }

    /// Passes over a gap before which everything was shown; nil if there is none.
    func takeGapDue() -> Log.Gap? {
        guard !gapsAhead.isEmpty,
            let index = gapsAhead.firstIndex(where: { delivered.marks[$0.number] + 1 >= $0.gap.from })
        else { return nil }
        let (number, gap) = gapsAhead.remove(at: index)
        delivered.skip(number, to: gap.through)
        return gap
    }

    // MARK: Holds

    /// Some input was lost, or promises nothing yet.
    var isHolding: Bool { !holds.isEmpty }

    /// What all inputs that are held for have promised.
    var heldBound: Stamp {
        var least = Stamp.limit
        for hold in holds { least = min(least, hold.promise) }
        return least
    }

    /// Nothing above the hold's promise is shown until it ends.
    func wait(_ hold: Hold) { holds.append(hold) }

    /// A node that was lost links again.
    ///
    /// - Returns: what it had promised; nil if it isn't waited for.
    func isBack(_ origin: Origin) -> Stamp? {
        holds.firstIndex { $0.isFor(origin) }.map { holds.remove(at: $0).promise }
    }

    /// A link that had promised nothing is gone.
    func stopWaiting(for connection: ConnectionID) { holds.removeAll { $0.isFor(connection) } }

    /// A link has made its first promise. If it is the parent's, what was said before this node joined is here.
    func firstPromise(on connection: ConnectionID, isParent: Bool) {
        if isParent { isOpen = true }
        holds.removeAll { hold in
            switch hold.reason {
            case .lost(_, let parentLeft): parentLeft && isParent
            case .synchronising(let synchronising): synchronising == connection
            }
        }
    }

    /// When the next hold is given up.
    var nextGivingUp: Instant? { holds.map(\.until).min() }

    /// - Returns: who was waited for long enough.
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
