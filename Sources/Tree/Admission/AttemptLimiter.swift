/// Decides how long the next try of a key has to wait: some are free, then each further one waits twice as long as the
/// one before (docs/protocol.md#limits).
struct AttemptLimiter<Key: Hashable> {
    private struct Count {
        var tries: Int
        var last: Instant
        var closedUntil: Instant
    }

    /// The older half is dropped when the younger one is full: who tries on is in the younger one.
    private var young: [Key: Count] = [:]
    private var old: [Key: Count] = [:]

    /// How long the next try has to wait; nil if it may be made.
    func pause(for key: Key, at now: Instant) -> Duration? {
        guard let count = young[key] ?? old[key], count.closedUntil > now else { return nil }
        return count.closedUntil - now
    }

    mutating func add(_ key: Key, at now: Instant, _ limits: AttemptLimits) {
        var count = young[key] ?? old[key] ?? Count(tries: 0, last: now, closedUntil: now)
        if now - count.last > limits.memory { count.tries = 0 }
        count.tries += 1
        count.last = now
        if count.tries >= limits.free {
            let doublings = min(20, count.tries - limits.free)
            count.closedUntil = now + min(limits.longestPause, limits.firstPause * (1 << doublings))
        }
        young[key] = count
        if young.count >= limits.remembered / 2 {
            old = young
            young = [:]
        }
    }
}
