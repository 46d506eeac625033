import Histogram

/// How long something took, each time: an HDR histogram (http://hdrhistogram.org) of microseconds, up to an hour.
///
/// It takes the same memory however many times are recorded. A value that it gives may be too great, by no more than
/// its precision.
public struct Latencies: Sendable {
    /// How exact the values are, and what that takes.
    public enum Precision: Sendable {
        /// To 1 in 1000: 180 KB.
        case thousandth
        /// To 1 in 10: 4 KB.
        case tenth
    }

    @usableFromInline var histogram: Histogram<UInt64>
    /// An hour, in microseconds. Longer times count as this.
    @usableFromInline static let longest: UInt64 = 3_600_000_000

    public init(_ precision: Precision = .thousandth) {
        histogram = Histogram(
            lowestDiscernibleValue: 1, highestTrackableValue: Self.longest,
            numberOfSignificantValueDigits: precision == .thousandth ? .three : .one)
    }

    @inlinable
    @inline(__always)
    public mutating func record(nanoseconds: UInt64) {
        histogram.record(min(nanoseconds / 1000, Self.longest))
    }

    public var count: Int { Int(histogram.totalCount) }

    /// Microseconds that so many of a hundred times didn't exceed; 0 of none.
    public func percentile(_ percent: Double) -> Int {
        count == 0 ? 0 : Int(histogram.valueAtPercentile(percent))
    }

    /// The longest time, which is exact; 0 of none.
    public var longestMicroseconds: Int { count == 0 ? 0 : Int(histogram.maxRecorded) }

    public mutating func add(_ other: Latencies) {
        histogram.add(other.histogram)
    }

    public mutating func removeAll() {
        histogram.reset()
    }

    // MARK: Between processes

    /// Values and how often each occurred, as `VALUE COUNT VALUE COUNT …`.
    public var recorded: [Int] {
        var pairs: [Int] = []
        for value in histogram.recordedValues() { pairs += [Int(value.value), Int(value.count)] }
        return pairs
    }

    public init(recorded pairs: [Int]) {
        self.init()
        for index in stride(from: 0, to: pairs.count - 1, by: 2) where pairs[index] >= 0 && pairs[index + 1] > 0 {
            histogram.record(min(UInt64(pairs[index]), Self.longest), count: UInt64(pairs[index + 1]))
        }
    }
}
