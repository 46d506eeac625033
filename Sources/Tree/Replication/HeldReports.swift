/// Decides what has to be said on a link about what all nodes hold: only what has changed since it was last said.
///
/// A child says what its branch holds. The parent says what all nodes hold.
struct HeldReports {
    /// By the other side's word: what the branch behind a child holds, or what all hold. At first what the other side
    /// itself had stored when the link opened: from there on both sides count changes.
    private(set) var held = Marks()
    /// Something could not be read that is said only when it changes, and has not been said again.
    private(set) var lacksReport = false
    /// What the other side was last told. Nil: it is told all.
    private var told: Marks?
    /// Which version of what all hold a child was last told of; nil for none.
    private var toldVersion: UInt64?

    /// The link stands, and each side has shown what it has stored.
    mutating func begin(with stored: Marks, told: Marks) {
        held = stored
        self.told = told
    }

    // MARK: Being told

    /// Something could not be read, and it may have been a report.
    mutating func receivedUnreadable() { lacksReport = true }

    /// The other side is asked to say all again. Until it has, nothing counts as held by it.
    mutating func askAgain() { held = Marks() }

    /// - Parameters:
    ///   - changes: by origin number, in the order in which they were said.
    ///   - isWhole: they are all that is held, and no changes of what was said before.
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

    /// The other side could not read something: it is told all once more.
    mutating func tellAgain() {
        told = nil
        toldVersion = nil
    }

    /// A child is told what all hold, in the version that is current now.
    ///
    /// - Returns: false if it was told of this version.
    mutating func tellsVersion(_ version: UInt64) -> Bool {
        guard toldVersion != version else { return false }
        toldVersion = version
        return true
    }

    /// - Parameter isNews: it is said even if it is the same as before: the other side hasn't heard it from here yet.
    /// - Returns: what is to be said, and whether that is all; nil if nothing is.
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
