import Tree
import UV

/// A histogram of how long the loop worked in each of its turns, the time that it waited left out.
///
/// Four buckets for each power of two, so a figure taken from it is at most a fifth too great: as in HdrHistogram, with
/// two significant bits.
struct TurnTimes {
    private var buckets = [UInt64](repeating: 0, count: 4 * 40)
    private(set) var count: UInt64 = 0
    private(set) var longest: UInt64 = 0
    private var lastAt: UInt64
    private var lastIdle: UInt64
    private var reportedAt: UInt64

    init(_ loop: Loop) {
        lastAt = Loop.monotonicNanoseconds
        lastIdle = loop.idleNanoseconds
        reportedAt = lastAt
    }

    /// A turn is over, right before the loop waits again.
    ///
    /// - Returns: the report that is due once a second; nil otherwise.
    mutating func ended(_ loop: Loop) -> TurnReport? {
        let now = Loop.monotonicNanoseconds
        let idle = loop.idleNanoseconds
        let took = (now - lastAt) - min(idle - lastIdle, now - lastAt)
        lastAt = now
        lastIdle = idle
        add(microseconds: took / 1000)
        guard now - reportedAt >= 1_000_000_000 else { return nil }
        reportedAt = now
        return report
    }

    mutating func add(microseconds: UInt64) {
        count += 1
        longest = max(longest, microseconds)
        buckets[min(buckets.count - 1, Self.bucket(of: microseconds))] += 1
    }

    var report: TurnReport {
        TurnReport(
            count: count, median: atMost(of: 1, in: 2), p99: atMost(of: 99, in: 100), p999: atMost(of: 999, in: 1000),
            longest: longest)
    }

    /// What so many of so many turns took at the most.
    private func atMost(of part: UInt64, in whole: UInt64) -> UInt64 {
        let wanted = (count * part + whole - 1) / whole
        var seen: UInt64 = 0
        for index in buckets.indices {
            seen += buckets[index]
            if seen >= wanted { return min(longest, Self.bound(of: index)) }
        }
        return longest
    }

    private static func bucket(of microseconds: UInt64) -> Int {
        guard microseconds >= 4 else { return Int(microseconds) }
        let exponent = 63 - microseconds.leadingZeroBitCount
        return 4 * (exponent - 1) + Int(microseconds >> UInt64(exponent - 2) & 3)
    }

    /// The greatest value that falls into a bucket.
    private static func bound(of index: Int) -> UInt64 {
        guard index >= 4 else { return UInt64(index) }
        let exponent = UInt64(index / 4 + 1)
        return (UInt64(4 + index % 4 + 1) << (exponent - 2)) - 1
    }
}
