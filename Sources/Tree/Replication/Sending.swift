import DequeModule

/// Decides what is sent next on a link: how far the cursor has come in the log, and between which entries gaps are
/// told.
///
/// ```
///   log       [ a1 | b1 | a2 | b2 | a3 ]
///   passed      a: 2, b: 1        what the other side has, or is being sent
///   cursor               ^        everything before it was passed on or passed over
/// ```
struct Sending {
    /// How far the other side has each origin, or is being sent it. The cursor passes over these entries.
    private(set) var passed = Marks()
    private(set) var cursor = LogPosition(0)
    /// The end of the log when the link opened: up to there entries are part of the synchronisation.
    private var synchroniseUntil = LogPosition(0)
    private(set) var hasSentAll = false
    /// Whether the other side reads too slowly: then nothing more is sent until it has taken what was sent.
    private(set) var isCongested = false
    /// Gaps to tell when the cursor reaches the position where this node learnt of them, in that order.
    private var gapsToTell: Deque<(at: LogPosition, gap: Log.Gap)> = []

    var gapCount: Int { gapsToTell.count }

    /// Whether an entry was in the log when the link opened. Then its hops don't say which nodes hold it now.
    func isSynchronising(at position: LogPosition) -> Bool { position < synchroniseUntil }

    /// Whether everything has been sent.
    func isCaughtUp(with end: LogPosition) -> Bool { cursor == end && gapsToTell.isEmpty }

    // MARK: Beginning

    /// Begins with what the other side has, which is passed over. `start(at:)` follows and moves the cursor.
    mutating func begin(past held: Marks, until end: LogPosition) {
        passed = held
        synchroniseUntil = end
    }

    /// Begins for a base server, which gets only new entries.
    ///
    /// - Parameters:
    ///   - start: the end of what clients are shown.
    ///   - end: the end of the log.
    mutating func begin(at start: LogPosition, until end: LogPosition) {
        cursor = start
        synchroniseUntil = end
    }

    /// Moves the cursor to where the other side lacks entries, as the log says. The gaps ahead replace those that were
    /// still to be told.
    mutating func start(at start: Log.Start) {
        cursor = start.position
        gapsToTell = Deque(start.later)
    }

    // MARK: Entries

    /// The other side has an origin's entries up to a sequence, or won't get them.
    ///
    /// - Returns: false if that was known already.
    @discardableResult
    mutating func pass(_ number: Int, through sequence: UInt64) -> Bool { passed.raise(number, to: sequence) }

    /// Moves the cursor over an entry.
    ///
    /// - Returns: whether to send it; false if the other side has it.
    mutating func advance(over number: Int, _ sequence: UInt64) -> Bool {
        cursor = cursor.next
        return passed.raise(number, to: sequence)
    }

    /// Prepares the cursor of a base server in total order. It reads the lines that clients read: those before `floor`
    /// are no longer kept, and gaps are told only to nodes.
    mutating func skipForgotten(before floor: LogPosition) {
        gapsToTell.removeAll()
        cursor = max(cursor, floor)
    }

    /// Moves the cursor over entries that were told as gaps.
    mutating func skip(to position: LogPosition) { cursor = max(cursor, position) }

    /// - Returns: true once: when the cursor has reached the end that the log had when the link opened.
    mutating func hasJustSentAll() -> Bool {
        guard !hasSentAll, cursor >= synchroniseUntil else { return false }
        hasSentAll = true
        return true
    }

    mutating func becomesCongested(_ isCongested: Bool) { self.isCongested = isCongested }

    // MARK: Gaps

    /// This node has learnt of a gap by another link, when its log ended at `end`.
    mutating func learnt(of gap: Log.Gap, at end: LogPosition) { gapsToTell.append((end, gap)) }

    /// The next gap that lies at or before the cursor.
    mutating func takeGapDue() -> Log.Gap? {
        guard let (position, gap) = gapsToTell.first, position <= cursor else { return nil }
        gapsToTell.removeFirst()
        return gap
    }
}
