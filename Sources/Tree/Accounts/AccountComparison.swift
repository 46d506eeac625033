/// Decides what this node asks next while it leads a reconciliation over a link: it asks about prefixes that differ,
/// the last one first, so that few are open at a time.
struct AccountComparison {
    private struct Round {
        /// Prefixes that differ, and have to be asked about.
        var toAsk: [AccountPrefix] = [.all]
        /// How many questions are not answered yet.
        var outstanding = 0
        var lastHeard: Instant
    }

    private var round: Round?
    private var isWanted = false

    /// A comparison is to begin: now, or after the one under way.
    mutating func want() { isWanted = true }

    mutating func beginIfWanted(at now: Instant) {
        guard isWanted, round == nil else { return }
        isWanted = false
        round = Round(lastHeard: now)
    }

    /// Ends a comparison that has stopped, perhaps because one of its messages could not be read.
    ///
    /// - Returns: false if a comparison goes on, in which the other side has answered lately.
    mutating func giveUp(silentFor limit: Duration, at now: Instant) -> Bool {
        if let round, now - round.lastHeard < limit { return false }
        round = nil
        return true
    }

    /// The prefixes to ask about next; nil if there is nothing to ask now. The comparison ends when nothing is left to
    /// ask and all questions are answered.
    ///
    /// - Parameters:
    ///   - limit: how many questions may be unanswered at a time.
    ///   - ranges: how many prefixes one question may contain.
    mutating func nextQuestion(atOnce limit: Int, ranges: Int) -> ArraySlice<AccountPrefix>? {
        guard let outstanding = round?.outstanding, outstanding < limit else { return nil }
        let prefixes = round!.toAsk.suffix(ranges)
        guard !prefixes.isEmpty else {
            if outstanding == 0 { round = nil }
            return nil
        }
        round!.toAsk.removeLast(prefixes.count)
        round!.outstanding += 1
        return prefixes
    }

    /// One more question was asked: for records of the other side.
    mutating func asked() { round?.outstanding += 1 }

    /// A question was answered.
    ///
    /// - Returns: false if no comparison is under way: the answer belongs to one that was given up.
    @discardableResult
    mutating func answered(at now: Instant) -> Bool {
        guard round != nil else { return false }
        round!.lastHeard = now
        round!.outstanding = max(0, round!.outstanding - 1)
        return true
    }

    /// The two sides differ under a prefix.
    mutating func differs(under prefix: AccountPrefix) { round?.toAsk.append(prefix) }
}
