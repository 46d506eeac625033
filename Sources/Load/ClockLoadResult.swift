import Statistics
import Tree
import UV

/// The result of loading a clock.
///
/// Two things are checked of each batch: it lies above everything that had been answered, to anybody, before the batch
/// was asked for; and no stamp is in two batches. For the second check, batches are kept as long as one that is under
/// way could overlap them.
public struct ClockLoadResult: Sendable {
    public private(set) var questions = 0
    public private(set) var stamps = 0
    /// What was wrong, as sentences; only the first few.
    public private(set) var violations: [String] = []
    /// The time from the first question to the last answer.
    public private(set) var elapsed = Duration.zero
    private(set) var highest = Stamp.zero
    private var recent: [Range<Stamp>] = []
    private var latencies = Latencies()
    private var start: UInt64 = 0

    private static let checkedAtOnce = 4096
    private static let violationsKept = 10

    init() {}

    mutating func begin() {
        start = Loop.monotonicNanoseconds
    }

    mutating func add(_ batch: Range<Stamp>, floor: Stamp, lowestFloor: Stamp, nanoseconds: UInt64) {
        questions += 1
        stamps += Int(batch.upperBound.value - batch.lowerBound.value)
        latencies.record(nanoseconds: nanoseconds)
        if batch.lowerBound <= floor {
            note(
                "\(batch.lowerBound.value) was given out although \(floor.value) had been answered before it was "
                    + "asked for")
        }
        highest = max(highest, Stamp(batch.upperBound.value - 1))
        recent.append(batch)
        if recent.count >= Self.checkedAtOnce { check(forgettingBelow: lowestFloor) }
    }

    mutating func finish() {
        elapsed = .nanoseconds(Int64(Loop.monotonicNanoseconds - start))
        check(forgettingBelow: .limit)
    }

    private mutating func check(forgettingBelow floor: Stamp) {
        recent.sort { $0.lowerBound < $1.lowerBound }
        for (one, next) in zip(recent, recent.dropFirst()) where next.lowerBound < one.upperBound {
            note("\(next.lowerBound.value) was given out twice")
        }
        recent.removeAll { $0.upperBound <= floor }
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

    /// The microseconds within which this many percent of the questions were answered.
    public func latency(percentile: Double) -> Int { latencies.percentile(percentile) }
}
