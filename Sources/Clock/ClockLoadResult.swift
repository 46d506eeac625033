import Tree
import UV

/// What loading a clock has shown.
///
/// Two things are checked of each batch: that it lies above everything that had been answered, to anybody, before it
/// was asked for; and that no stamp is in two batches. For the second, batches are kept for as long as one that is
/// under way could still lie among them.
public struct ClockLoadResult: Sendable {
    public private(set) var questions = 0
    public private(set) var stamps = 0
    /// What was wrong, in words; the first few of them.
    public private(set) var violations: [String] = []
    /// From the first question to the last answer.
    public private(set) var elapsed = Duration.zero
    private(set) var highest = Stamp.zero
    private var recent: [StampBatch] = []
    private var latencies = LatencyHistogram()
    private var start: UInt64 = 0

    private static let checkedAtOnce = 4096
    private static let violationsKept = 10

    init() {}

    mutating func begin() {
        start = Loop.monotonicNanoseconds
    }

    mutating func add(_ batch: StampBatch, floor: Stamp, lowestFloor: Stamp, nanoseconds: UInt64) {
        questions += 1
        stamps += batch.count
        latencies.add(nanoseconds)
        if batch.first <= floor {
            note("\(batch.first.value) was given out although \(floor.value) had been answered before it was asked for")
        }
        highest = max(highest, Stamp(batch.end.value - 1))
        recent.append(batch)
        if recent.count >= Self.checkedAtOnce { check(forgettingBelow: lowestFloor) }
    }

    mutating func finish() {
        elapsed = .nanoseconds(Int64(Loop.monotonicNanoseconds - start))
        check(forgettingBelow: .limit)
    }

    private mutating func check(forgettingBelow floor: Stamp) {
        recent.sort { $0.first < $1.first }
        for (one, next) in zip(recent, recent.dropFirst()) where next.first < one.end {
            note("\(next.first.value) was given out twice")
        }
        recent.removeAll { $0.end <= floor }
    }

    private mutating func note(_ violation: String) {
        if violations.count < Self.violationsKept { violations.append(violation) }
    }

    public var stampsPerSecond: Double {
        Double(stamps) / max(1e-9, elapsed / .seconds(1))
    }

    public var questionsPerSecond: Double {
        Double(questions) / max(1e-9, elapsed / .seconds(1))
    }

    /// The latency that this share of the questions doesn't exceed, to within 1 %.
    public func latency(share: Double) -> Duration {
        .nanoseconds(Int64(latencies.value(share: share)))
    }
}

/// Counts of latencies in buckets of 1 % width (as in Tene's HdrHistogram): however long a run, it stays small.
struct LatencyHistogram: Sendable {
    /// Buckets for each doubling.
    private static let steps = 128
    private var counts = [Int](repeating: 0, count: 64 * 128)
    private var total = 0
    private var greatest: UInt64 = 0

    mutating func add(_ value: UInt64) {
        counts[Self.bucket(value)] += 1
        total += 1
        greatest = max(greatest, value)
    }

    /// The least value that this share of all doesn't exceed; 1 gives the greatest.
    func value(share: Double) -> UInt64 {
        var left = Int((Double(total) * share).rounded(.up))
        if left >= total { return greatest }
        for (index, count) in counts.enumerated() where count > 0 {
            left -= count
            if left <= 0 { return min(greatest, Self.top(of: index)) }
        }
        return greatest
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let doubling = 63 - value.leadingZeroBitCount
        let step = Int((value >> UInt64(doubling - 7)) & 127)
        return (doubling - 6) * steps + step
    }

    private static func top(of bucket: Int) -> UInt64 {
        guard bucket >= steps else { return UInt64(bucket) }
        let doubling = bucket / steps + 6
        return (UInt64(128 + bucket % steps + 1) << UInt64(doubling - 7)) - 1
    }
}
