import CoreMetrics

/// Hands values that others count to a backend of swift-metrics.
///
/// A node counts in plain integers of its own. When somebody wants to know, they are handed over: a counter by what it
/// grew since the last time.
struct MetricPublisher {
    private struct Key: Hashable {
        let name: String
        let value: String
        let otherValue: String
    }

    private let factory: any MetricsFactory
    private var counters: [Key: (counter: Counter, last: UInt64)] = [:]
    private var realCounters: [Key: (counter: FloatingPointCounter, last: Double)] = [:]
    private var gauges: [Key: Meter] = [:]

    init(_ factory: any MetricsFactory) {
        self.factory = factory
    }

    /// - Parameter total: since the start.
    mutating func count(_ name: String, _ total: UInt64, by labels: [(String, String)] = []) {
        let key = Self.key(name, labels)
        let (counter, last) = counters[key] ?? (Counter(label: name, dimensions: labels, factory: factory), 0)
        if total > last { counter.increment(by: total - last) }
        counters[key] = (counter, total)
    }

    /// - Parameter total: since the start.
    mutating func count(_ name: String, _ total: Double, by labels: [(String, String)] = []) {
        let key = Self.key(name, labels)
        let (counter, last) =
            realCounters[key] ?? (FloatingPointCounter(label: name, dimensions: labels, factory: factory), 0)
        if total > last { counter.increment(by: total - last) }
        realCounters[key] = (counter, total)
    }

    mutating func set(_ name: String, _ value: Double, by labels: [(String, String)] = []) {
        let key = Self.key(name, labels)
        let gauge = gauges[key] ?? Meter(label: name, dimensions: labels, factory: factory)
        gauges[key] = gauge
        gauge.set(value)
    }

    mutating func set(_ name: String, _ value: Int, by labels: [(String, String)] = []) {
        set(name, Double(value), by: labels)
    }

    mutating func set(_ name: String, _ value: Bool, by labels: [(String, String)] = []) {
        set(name, value ? 1.0 : 0, by: labels)
    }

    private static func key(_ name: String, _ labels: [(String, String)]) -> Key {
        Key(name: name, value: labels.first?.1 ?? "", otherValue: labels.count > 1 ? labels[1].1 : "")
    }
}
