import CoreMetrics
import Synchronization

/// A backend of swift-metrics that is read: it keeps the last value of each metric, and writes all of them as a text
/// for Prometheus and its kin (https://prometheus.io/docs/specs/om/open_metrics_spec/).
///
/// The text is written in the order in which the families were described, so that two scrapes differ only in their
/// values. Metrics that nobody has described are left out: then nobody could know what they mean.
public final class OpenMetricsRegistry: MetricsFactory {
    private struct Entry {
        let family: MetricFamily
        /// By labels, in the order of their first use.
        var samples: [(labels: String, sample: any Sample)] = []
    }

    private struct State {
        var entries: [Entry] = []
        var places: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter families: all metrics that there may be, in the order of the text.
    public init(_ families: [MetricFamily]) {
        state.withLock { state in
            for family in families {
                precondition(state.places[family.name] == nil, "the metric \(family.name) is described twice")
                state.places[family.name] = state.entries.count
                state.entries.append(Entry(family: family))
            }
        }
    }

    /// A text, and the type that it is sent as.
    public struct Exposition: Sendable {
        public let contentType: String
        public let bytes: [UInt8]
    }

    /// - Parameter accepted: the `Accept` fields of who asks: OpenMetrics only for those who name it.
    public func text(accepted: [String]) -> Exposition {
        let isOpen = accepted.contains { $0.hasPrefix("application/openmetrics-text") }
        var text = MetricText(isOpen ? .open : .prometheus)
        state.withLock { state in
            for entry in state.entries where !entry.samples.isEmpty {
                text.begin(entry.family)
                for (labels, sample) in entry.samples { sample.append(entry.family.name, labels, to: &text) }
            }
        }
        text.end()
        return Exposition(
            contentType: isOpen
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8",
            bytes: text.bytes)
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        sample(label, dimensions) { _ in CounterSample() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        sample(label, dimensions) { _ in RealCounterSample() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        sample(label, dimensions) { _ in GaugeSample() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return sample(label, dimensions, HistogramSample.init) }
        return sample(label, dimensions) { _ in GaugeSample() }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        sample(label, dimensions, HistogramSample.init)
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func sample<Made: Sample>(
        _ label: String, _ dimensions: [(String, String)], _ make: ([Double]) -> Made
    ) -> Made {
        let labels = MetricText.labels(dimensions)
        return state.withLock { state in
            guard let place = state.places[label] else { return make([]) }
            if let known = state.entries[place].samples.first(where: { $0.labels == labels })?.sample as? Made {
                return known
            }
            let made =
                if case .histogram(let buckets) = state.entries[place].family.kind { make(buckets) } else { make([]) }
            state.entries[place].samples.append((labels, made))
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for place in state.entries.indices {
                state.entries[place].samples.removeAll { $0.sample === handler }
            }
        }
    }
}
