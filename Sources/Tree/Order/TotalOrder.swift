import DequeModule
import HeapModule

/// How a node merges what it stores into the one order of all stamps (docs/protocol.md#total-order).
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

    var delivered = Delivered()
    var holds: [Hold] = []
    /// Stored and not delivered, by their order.
    private(set) var waiting = Heap<Waiting>()
    /// Came when their place had gone by: they are shown as soon as they are safe.
    private(set) var late: Deque<Waiting> = []
    /// The greatest that was delivered in its place.
    private var mark: OrderKey?
    /// The greatest stamp that is stored, or that others have stored of what this node had to pass over: up to there
    /// somebody may wait for this node's promise.
    private(set) var greatest = Stamp.zero
    /// Which of the entries from `firstWaiting` on were delivered.
    private var isDelivered: Deque<Bool> = []
    /// Before it everything was delivered.
    private(set) var firstWaiting: LogPosition
    /// What was shown, by its senders' own numbers.
    var shownRetries: DuplicateFilter
    /// Gaps that begin behind what was delivered.
    var gapsAhead: [Log.Gap] = []
    /// False while a node that joins fetches what was said before.
    var isOpen: Bool

    init(retries: DuplicateFilter, isOpen: Bool, at position: LogPosition) {
        shownRetries = retries
        self.isOpen = isOpen
        firstWaiting = position
    }

    var waitingCount: Int { waiting.count + late.count }

    /// Whatever comes in its place from now on is greater, or would be marked as late.
    func hasPassed(_ key: OrderKey?) -> Bool {
        guard let key else { return true }
        return mark.map { key <= $0 } ?? false
    }

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
}
