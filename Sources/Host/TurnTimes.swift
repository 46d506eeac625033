import Statistics
import Tree
import UV

/// Measures how long the loop works in each of its turns, without the time that it waits.
struct TurnTimes {
    private var times = Latencies(.tenth)
    private var lastAt: UInt64
    private var lastIdle: UInt64
    private var reportedAt: UInt64
    /// How long the last turn took.
    private(set) var lastNanoseconds: UInt64 = 0

    init(_ loop: Loop) {
        lastAt = Loop.monotonicNanoseconds
        lastIdle = loop.idleNanoseconds
        reportedAt = lastAt
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
        lastNanoseconds = took
        times.record(nanoseconds: took)
        guard now - reportedAt >= 1_000_000_000 else { return nil }
        reportedAt = now
        return report
    }

    private var report: TurnReport {
        TurnReport(
            count: UInt64(times.count), median: UInt64(times.percentile(50)), p99: UInt64(times.percentile(99)),
            p999: UInt64(times.percentile(99.9)), longest: UInt64(times.longestMicroseconds))
    }
}
