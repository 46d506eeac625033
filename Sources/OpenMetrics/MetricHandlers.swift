import CoreMetrics
import Synchronization

/// What a scrape reads of one metric with one set of labels.
protocol Sample: AnyObject, Sendable {
    func append(_ name: String, _ labels: String, to text: inout MetricText)
}

final class CounterSample: Sample, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func append(_ name: String, _ labels: String, to text: inout MetricText) {
        text.line(name + "_total", labels, "\(value.load(ordering: .relaxed))")
    }
}

/// A counter of what is no whole number.
final class RealCounterSample: Sample, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func reset() { value.withLock { $0 = 0 } }

    func append(_ name: String, _ labels: String, to text: inout MetricText) {
        text.line(name + "_total", labels, MetricText.number(value.withLock { $0 }))
    }
}

/// Both what is set as a whole (`Meter`) and what is recorded without being summed up (`Recorder`).
final class GaugeSample: Sample, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func append(_ name: String, _ labels: String, to text: inout MetricText) {
        text.line(name, labels, MetricText.number(value.withLock { $0 }))
    }
}

/// Both durations (`Timer`), which are told in seconds, and other values that are summed up (`Recorder`).
final class HistogramSample: Sample, TimerHandler, RecorderHandler {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(_ bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        state.withLock { state in
            var index = 0
            while index < bounds.count, value > bounds[index] { index += 1 }
            state.counts[index] += 1
            state.sum += value
        }
    }

    func append(_ name: String, _ labels: String, to text: inout MetricText) {
        let now = state.withLock { $0 }
        var count: UInt64 = 0
        for (bound, here) in zip(bounds + [.infinity], now.counts) {
            count += here
            let edge = "le=\"\(MetricText.number(bound))\""
            text.line(name + "_bucket", labels.isEmpty ? edge : "\(labels),\(edge)", "\(count)")
        }
        text.line(name + "_count", labels, "\(count)")
        text.line(name + "_sum", labels, MetricText.number(now.sum))
    }
}
