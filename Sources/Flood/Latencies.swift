import Histogram

/// How long deliveries took, in an HDR histogram (http://hdrhistogram.org): three digits, from a microsecond to an
/// hour.
struct Latencies {
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: Self.longest, numberOfSignificantValueDigits: .three)
    /// An hour, in microseconds.
    private static let longest: UInt64 = 3_600_000_000

    @inline(__always)
    mutating func record(nanoseconds: UInt64) {
        histogram.record(min(nanoseconds / 1000, Self.longest))
    }

    var count: Int { Int(histogram.totalCount) }

    /// Microseconds that so many of a hundred deliveries didn't exceed; 0 of none.
    func percentile(_ percent: Double) -> Int {
        count == 0 ? 0 : Int(histogram.valueAtPercentile(percent))
    }

    var longestMicroseconds: Int { count == 0 ? 0 : Int(histogram.max) }

    mutating func add(_ other: Latencies) {
        histogram.add(other.histogram)
    }

    mutating func removeAll() {
        histogram.reset()
    }

    // MARK: Between processes

    /// Values and how often each occurred, as `VALUE COUNT VALUE COUNT …`.
    var recorded: [Int] {
        var pairs: [Int] = []
        for value in histogram.recordedValues() { pairs += [Int(value.value), Int(value.count)] }
        return pairs
    }

    init() {}

    init(recorded pairs: [Int]) {
        for index in stride(from: 0, to: pairs.count - 1, by: 2) where pairs[index] >= 0 && pairs[index + 1] > 0 {
            histogram.record(min(UInt64(pairs[index]), Self.longest), count: UInt64(pairs[index + 1]))
        }
    }
}
