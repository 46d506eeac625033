/// Decides how much work one neighbour may cause in a while, where nothing else bounds it.
///
/// The buckets are full at first: a link that opens brings news of a whole branch. Nobody who follows the protocol
/// empties them.
struct PeerRates {
    /// Announcements of servers that are no nodes, each of which goes to everybody.
    private var announcements: TokenBucket?
    /// Accounts that are gone through for it.
    private var accounts: TokenBucket?
    /// Origins that its entries and gaps are the first of.
    private var origins: TokenBucket?

    mutating func mayAnnounce(at now: Instant) -> Bool { take(1, \.announcements, Limits.announcementRate, at: now) }

    mutating func mayFetch(_ count: Int, at now: Instant) -> Bool {
        take(count, \.accounts, Limits.accountRate, at: now)
    }

    mutating func mayIntroduceOrigin(at now: Instant) -> Bool { take(1, \.origins, Limits.originRate, at: now) }

    private mutating func take(
        _ count: Int, _ bucket: WritableKeyPath<PeerRates, TokenBucket?>, _ rate: RateLimiters.Rate, at now: Instant
    ) -> Bool {
        var tokens = self[keyPath: bucket] ?? TokenBucket(size: rate.burst, at: now)
        let isThere = tokens.takeIfAny(count, size: rate.burst, rate: rate.perSecond, at: now)
        self[keyPath: bucket] = tokens
        return isThere
    }
}
