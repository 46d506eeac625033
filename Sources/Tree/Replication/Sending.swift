import DequeModule

/// Decides what goes out next on a link: how far the log was passed on, and where between its entries gaps are told.
///
/// ```
///   log       [ a1 | b1 | a2 | b2 | a3 ]
///   passed      a: 2, b: 1        what the other side has, or is being sent
///   cursor               ^        everything before it was passed on or passed over
/// ```
struct Sending {
    /// What the other side has or is being sent: what the cursor passes over.
    private(set) var passed = Marks()
    private(set) var cursor = LogPosition(0)
    /// Where the log ended when the link opened: up to there entries are what the other side lacked.
    private var synchroniseUntil = LogPosition(0)
    private(set) var hasSentAll = false
    /// The other side reads too slowly: nothing more is sent until what was sent has gone.
    private(set) var isCongested = false
    /// Gaps to be passed on when the cursor has come to where they were learnt of, in that order.
    private var gapsToTell: Deque<(at: LogPosition, gap: Log.Gap)> = []

    var gapCount: Int { gapsToTell.count }

    /// Whether an entry stood in the log when the link opened. Its hops don't say who holds it now.
    func isSynchronising(at position: LogPosition) -> Bool { position < synchroniseUntil }

    /// Everything was sent that there is.
    func isCaughtUp(with end: LogPosition) -> Bool { cursor == end && gapsToTell.isEmpty }

    // MARK: Beginning

    /// What the other side has is passed over. `start(at:)` follows, which moves the cursor there.
    mutating func begin(past held: Marks, until end: LogPosition) {
        passed = held
        synchroniseUntil = end
    }

    /// A server that is no node gets what comes from now on.
    ///
    /// - Parameters:
    ///   - start: the end of what clients are shown.
    ///   - end: the end of the log.
    mutating func begin(at start: LogPosition, until end: LogPosition) {
        cursor = start
        synchroniseUntil = end
    }

    /// Moves the cursor to where the other side's knowledge ends, as the log says. What is still to be told on this
    /// link stands among the gaps that lie further on.
    mutating func start(at start: Log.Start) {
        cursor = start.position
        gapsToTell = Deque(start.later)
    }

    // MARK: Entries

    /// The other side has an origin's entries up to a sequence, or won't get them any more.
    ///
    /// - Returns: false if that was known.
    @discardableResult
    mutating func pass(_ number: Int, through sequence: UInt64) -> Bool { passed.raise(number, to: sequence) }

    /// Moves the cursor over an entry.
    ///
    /// - Returns: whether it is to be sent; false if the other side has it.
    mutating func advance(over number: Int, _ sequence: UInt64) -> Bool {
        cursor = cursor.next
        return passed.raise(number, to: sequence)
    }

    /// In total order a server that is no node reads what clients read: what lies before is no longer kept, and gaps
    /// are for nodes.
    mutating func skipForgotten(before floor: LogPosition) {
        gapsToTell.removeAll()
        cursor = max(cursor, floor)
    }

    /// What lies before was told as gaps, and isn't sent.
    mutating func skip(to position: LogPosition) { cursor = max(cursor, position) }

    /// - Returns: true once: when the cursor has come to where the log ended when the link opened.
    mutating func hasJustSentAll() -> Bool {
        guard !hasSentAll, cursor >= synchroniseUntil else { return false }
        hasSentAll = true
        return true
    }

    mutating func becomesCongested(_ isCongested: Bool) { self.isCongested = isCongested }

    // MARK: Gaps

    /// This node has learnt of a gap on another link, when its log ended at a position.
    mutating func learnt(of gap: Log.Gap, at end: LogPosition) { gapsToTell.append((end, gap)) }

    /// The next gap that lies at or before the cursor.
    mutating func takeGapDue() -> Log.Gap? {
        guard let (position, gap) = gapsToTell.first, position <= cursor else { return nil }
        gapsToTell.removeFirst()
        return gap
    }
}
