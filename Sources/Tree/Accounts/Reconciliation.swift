// How two nodes find out where their accounts differ (docs/protocol.md#accounts), for example after a separation that
// was longer than the log's retention.
//
// The prefixes of the names' hashes form a tree with a sum for each prefix (as in a Merkle tree; Meyer, "Range-Based
// Set Reconciliation", 2023). When a link has been synchronised, the child sends its sum over all names. If the parent
// has the same sum, it answers with an empty list, and no more is needed. Where sums differ, the sixteen parts are
// compared, down to prefixes with so few records that their digests are listed. Then each side sends the records that
// the other lacks. The asking side sets the pace; the other side keeps no state.

/// What the asking node has under a prefix.
public struct AccountRange: Hashable, Sendable {
    public var prefix: AccountPrefix
    public var summary: AccountSummary

    public init(prefix: AccountPrefix, summary: AccountSummary) {
        self.prefix = prefix
        self.summary = summary
    }
}

/// What the asked node has under a prefix where the two differ.
public struct AccountDifference: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// The summaries of the sixteen parts.
        case parts([AccountSummary])
        /// The digests of all records.
        case records([UInt64])
    }

    public var prefix: AccountPrefix
    public var content: Content

    public init(prefix: AccountPrefix, content: Content) {
        self.prefix = prefix
        self.content = content
    }
}

extension Node {
    // MARK: Asking

    /// Begins to compare accounts with the node behind a link, at the end of this turn or when the link can take it.
    func compareAccounts(with link: Link) {
        guard link.isNode, mutation != .accountsNotCompared else { return }
        link.comparison.want()
    }

    /// At each idle exchange the child asks. It also asks when a link has been synchronised.
    func compareAccountsIdly() {
        for link in links where link.isNode && link.isSynchronised {
            // A comparison under way isn't begun again, unless it has stopped: one of its messages may have been
            // unreadable.
            guard link.comparison.giveUp(silentFor: limits.idleExchange, at: now.instant) else { continue }
            if link.role == .parent { compareAccounts(with: link) }
        }
    }

    func continueComparisons() {
        for link in links where link.isNode && link.isSynchronised && !link.sending.isCongested {
            link.comparison.beginIfWanted(at: now.instant)
            while let prefixes = link.comparison.nextQuestion(
                atOnce: limits.comparisonsAtOnce, ranges: limits.rangesPerMessage)
            {
                let ranges = prefixes.map { AccountRange(prefix: $0, summary: accounts.summary(of: $0)) }
                send(.compareAccounts(ranges), to: link.connection)
            }
        }
        spreadAccountNews()
    }

    func received(_ differences: [AccountDifference], on link: Link) {
        guard link.comparison.answered(at: now.instant) else { return }
        for difference in differences {
            switch difference.content {
            case .parts(let theirs):
                guard difference.prefix.length < AccountPrefix.longest, theirs.count == 16 else { continue }
                let mine = accounts.parts(of: difference.prefix)
                for digit in 0..<16 where mine[digit] != theirs[digit] {
                    link.comparison.differs(under: difference.prefix.part(digit))
                }
            case .records(let theirs): exchange(theirs, under: difference.prefix, with: link)
            }
        }
    }

    /// Whether few enough accounts are under a prefix for their records to be gone through: only of so many are digests
    /// listed.
    private func areFew(under prefix: AccountPrefix) -> Bool {
        prefix.length == AccountPrefix.longest || accounts.summary(of: prefix).count <= limits.accountsExchanged
    }

    /// Sends what the other side lacks, and asks for what this one does.
    private func exchange(_ theirs: [UInt64], under prefix: AccountPrefix, with link: Link) {
        guard areFew(under: prefix) else {
            return report(.badFrame(link.contact, info: "digests of too many accounts at a time"))
        }
        let mine = Set(accounts.digests(in: prefix))
        let known = Set(theirs)
        sendAccounts(accounts.records(in: prefix) { !known.contains($0) }, to: link)
        let lacking = theirs.filter { !mine.contains($0) }
        guard !lacking.isEmpty else { return }
        link.comparison.asked()
        send(.fetchAccounts(prefix, lacking), to: link.connection)
    }

    // MARK: Being asked

    func compare(_ ranges: [AccountRange], with link: Link) {
        let differences = ranges.prefix(limits.rangesPerMessage).compactMap { range -> AccountDifference? in
            let mine = accounts.summary(of: range.prefix)
            guard mine != range.summary else { return nil }
            let areFew = max(mine.count, range.summary.count) <= limits.accountsListed
            guard areFew || range.prefix.length == AccountPrefix.longest else {
                return AccountDifference(prefix: range.prefix, content: .parts(accounts.parts(of: range.prefix)))
            }
            return AccountDifference(prefix: range.prefix, content: .records(accounts.digests(in: range.prefix)))
        }
        send(.comparedAccounts(differences), to: link.connection)
    }

    func fetchAccounts(_ prefix: AccountPrefix, _ digests: [UInt64], for link: Link) {
        guard areFew(under: prefix) else {
            // The other side goes on with what it compares.
            report(.badFrame(link.contact, info: "a question for too many accounts at a time"))
            return sendAccounts([], to: link, isAnswer: true)
        }
        // The asker may come at a bad moment each time, so this node compares itself once the link can take more.
        if link.sending.isCongested {
            compareAccounts(with: link)
            return sendAccounts([], to: link, isAnswer: true)
        }
        // Whoever asks faster than the answers are worth compares again later.
        let count = accounts.summary(of: prefix).count
        guard link.rates.mayFetch(1 + count, at: now.instant) else {
            return sendAccounts([], to: link, isAnswer: true)
        }
        let wanted = Set(digests)
        let records = accounts.records(in: prefix) { wanted.contains($0) }
        sendAccounts(records, to: link, isAnswer: true)
    }

    // MARK: Records

    private func sendAccounts(_ records: [AccountRecord], to link: Link, isAnswer: Bool = false) {
        var rest = records[...]
        while rest.count > limits.recordsPerMessage {
            send(.accounts(Array(rest.prefix(limits.recordsPerMessage)), isAnswer: false), to: link.connection)
            rest = rest.dropFirst(limits.recordsPerMessage)
        }
        if isAnswer || !rest.isEmpty { send(.accounts(Array(rest), isAnswer: isAnswer), to: link.connection) }
    }

    func received(_ records: [AccountRecord], isAnswer: Bool, on link: Link) {
        if isAnswer { link.comparison.answered(at: now.instant) }
        for record in records { learn(record, from: .link(link.connection)) }
    }

    /// Sends records that one neighbour told to the others. With a congested link it compares later instead.
    private func spreadAccountNews() {
        let news = accounts.changes.takeNews()
        guard !news.isEmpty else { return }
        for link in links where link.isNode {
            let names = news.filter { $0.from != link.connection }.map(\.name)
            guard !names.isEmpty else { continue }
            if link.sending.isCongested {
                compareAccounts(with: link)
            } else {
                sendAccounts(names.compactMap { accounts.record(of: $0) }, to: link)
            }
        }
    }
}
