import Statistics
import Tree
import UV

/// Measures how long the loop works in each of its turns, without the time that it waits.
struct TurnTimes {
    private var times = Latencies(.tenth)
    /// Whether the loop has come to the end of a turn. What came before, such as keys that were derived from secrets,
    /// was the start: nobody was served yet.
    private var hasBegun = false
    private var lastAt: UInt64
    private var lastIdle: UInt64
    private var reportedAt: UInt64
    /// How long the last turn took.
    private(set) var lastNanoseconds: UInt64 = 0
    /// The longest turns of this span and of the one before, in nanoseconds.
    private var longest: (now: UInt64, before: UInt64) = (0, 0)
    private var spanBegan: UInt64
    /// Two of them are what counts as lately, in nanoseconds.
    private static let span: UInt64 = 10_000_000_000

    init(_ loop: Loop) {
        lastAt = Loop.monotonicNanoseconds
        lastIdle = loop.idleNanoseconds
        reportedAt = lastAt
        spanBegan = lastAt
    }

    /// A turn has ended: called right before the loop waits again.
    ///
    /// - Returns: the report that is due once a second; nil otherwise.
    mutating func ended(_ loop: Loop) -> TurnReport? {
        let now = Loop.monotonicNanoseconds
        let idle = loop.idleNanoseconds
        let took = (now - lastAt) - min(idle - lastIdle, now - lastAt)
        lastAt = now
        lastIdle = idle
        guard hasBegun else {
            hasBegun = true
            return nil
        }
        lastNanoseconds = took
        times.record(nanoseconds: took)
        if now - spanBegan >= Self.span {
            longest = (0, now - spanBegan >= 2 * Self.span ? 0 : longest.now)
            spanBegan = now
        }
        longest.now = max(longest.now, took)
        guard now - reportedAt >= 1_000_000_000 else { return nil }
        reportedAt = now
        return report
    }

    /// The longest turn of the last 10 to 20 s, in microseconds.
    var recentMicroseconds: UInt64 { max(longest.now, longest.before) / 1000 }

    private var report: TurnReport {
        TurnReport(
            count: UInt64(times.count), median: UInt64(times.percentile(50)), p99: UInt64(times.percentile(99)),
            p999: UInt64(times.percentile(99.9)), longest: UInt64(times.longestMicroseconds))
    }
}
