/// Decides what has to be said on a link about what nodes hold: only what has changed since the last report.
///
/// A child reports what all nodes of its branch hold. The parent reports what all nodes of the tree hold.
struct HeldReports {
    /// What the other side reported last: a child's branch, or the whole tree. At first it is what the other side had
    /// stored when the link opened: from there on both sides count changes.
    private(set) var held = Marks()
    /// Whether an unreadable message may have been a report, and no whole report has come since.
    private(set) var lacksReport = false
    /// What was last reported to the other side. Nil: the next report is a whole one.
    private var told: Marks?
    /// The version of `Retention.heldByAll` that was last reported to a child; nil for none.
    private var toldVersion: UInt64?

    /// The link stands, and each side has told what it has stored.
    mutating func begin(with stored: Marks, told: Marks) {
        held = stored
        self.told = told
    }

    // MARK: Being told

    /// A message could not be read, which may have been a report.
    mutating func receivedUnreadable() { lacksReport = true }

    /// The other side is asked for a whole report. Until it comes, nothing counts as held by it.
    mutating func askAgain() { held = Marks() }

    /// - Parameters:
    ///   - changes: by origin number, in the order in which they were said.
    ///   - isWhole: whether they are all that is held, instead of changes since the last report.
    mutating func received(_ changes: [(number: Int, sequence: UInt64)], isWhole: Bool) {
        if isWhole {
            held = Marks()
            lacksReport = false
        }
        for (number, sequence) in changes { held.set(number, to: sequence) }
    }

    /// An origin has a number now, of which the other side has said before what is held.
    mutating func appeared(_ number: Int, held sequence: UInt64) { held.set(number, to: sequence) }

    // MARK: Telling

    /// The other side could not read a message: the next report is a whole one.
    mutating func tellAgain() {
        told = nil
        toldVersion = nil
    }

    /// Notes that a child is told the current version of what all nodes hold.
    ///
    /// - Returns: false if it was told of this version before.
    mutating func tellsVersion(_ version: UInt64) -> Bool {
        guard toldVersion != version else { return false }
        toldVersion = version
        return true
    }

    /// - Parameter isNews: whether to report even without changes, since the other side has had no report from here
    ///   yet.
    /// - Returns: the report, and whether it is a whole one; nil if nothing has to be reported.
    mutating func tell(
        _ held: Marks, isNews: Bool, of table: OriginTable
    ) -> (changes: [VersionVector.Component], isWhole: Bool)? {
        let changes = held.changes(since: told ?? Marks(), of: table)
        let isWhole = told == nil
        guard isWhole || isNews || !changes.isEmpty else { return nil }
        told = held
        return (changes, isWhole)
    }
}
