/// Decides what this side asks next where it leads a comparison of accounts with the other side of a link: about
/// prefixes that differ, the last one first, so that few are open at a time.
struct AccountComparison {
    private struct Round {
        /// Prefixes that differ, to be looked into.
        var toAsk: [AccountPrefix] = [.all]
        /// Questions that are not answered.
        var outstanding = 0
        var lastHeard: Instant
    }

    private var round: Round?
    private var isWanted = false

    /// A comparison is to begin, now or after the one that is under way.
    mutating func want() { isWanted = true }

    mutating func beginIfWanted(at now: Instant) {
        guard isWanted, round == nil else { return }
        isWanted = false
        round = Round(lastHeard: now)
    }

    /// Ends a comparison that has stopped: a message of it may have been spoilt.
    ///
    /// - Returns: false if one is under way, in which the other side was heard lately.
    mutating func giveUp(silentFor limit: Duration, at now: Instant) -> Bool {
        if let round, now - round.lastHeard < limit { return false }
        round = nil
        return true
    }

    /// The prefixes to ask about next; nil if nothing is to be asked now. Where nothing is left to ask and all is
    /// answered the comparison ends.
    ///
    /// - Parameters:
    ///   - limit: so many questions may be unanswered at a time.
    ///   - ranges: so many prefixes may stand in one question.
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

    /// One more question was asked: for records of the other side's.
    mutating func asked() { round?.outstanding += 1 }

    /// - Returns: false if no comparison is under way: the answer is to one that was given up.
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
