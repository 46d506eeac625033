/// Decides how long the next try of a key has to wait: some tries are free, then each waits twice as long as the one
/// before (docs/protocol.md#limits).
struct AttemptLimiter<Key: Hashable> {
    private struct Count {
        var tries: Int
        var last: Instant
    }

    /// The older half is dropped when the younger one is full. A key that is tried again moves to the younger half.
    private var young: [Key: Count] = [:]
    private var old: [Key: Count] = [:]

    /// How many tries are remembered of a key.
    func tries(of key: Key, at now: Instant, _ limits: AttemptLimits) -> Int {
        guard let count = young[key] ?? old[key], now - count.last <= limits.memory else { return 0 }
        return count.tries
    }

    /// How long the next try has to wait; nil if it may be made.
    func pause(for key: Key, at now: Instant, _ limits: AttemptLimits) -> Duration? {
        guard let count = young[key] ?? old[key], count.tries >= limits.free else { return nil }
        let doublings = min(20, count.tries - limits.free)
        let closedUntil = count.last + min(limits.longestPause, limits.firstPause * (1 << doublings))
        return closedUntil > now ? closedUntil - now : nil
    }

    mutating func add(_ key: Key, at now: Instant, _ limits: AttemptLimits) {
        let count = Count(tries: tries(of: key, at: now, limits) + 1, last: now)
        young[key] = count
        if young.count >= limits.remembered / 2 {
            old = young
            young = [:]
        }
    }

    /// Forgets the tries of a key.
    mutating func forget(_ key: Key) {
        young[key] = nil
        old[key] = nil
    }
}

/// How many tries are free, and what the others cost.
public struct AttemptLimits: Hashable, Sendable {
    public var free: Int
    public var firstPause: Duration = .seconds(1)
    public var longestPause: Duration = .seconds(60)
    /// Without a try for so long all are forgotten.
    public var memory: Duration = .seconds(600)
    /// Keys that are remembered: some 100 bytes each. Names with their addresses are as many as two cores can hash in
    /// the time of `memory`: nobody makes a node forget the own tries by making others.
    public var remembered: Int

    public init(free: Int, remembered: Int = 20_000) {
        self.free = free
        self.remembered = remembered
    }
}
