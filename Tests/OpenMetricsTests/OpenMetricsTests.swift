import CoreMetrics
import OpenMetrics
import Testing

@Suite("The text of metrics")
struct OpenMetricsTests {
    private let registry = OpenMetricsRegistry([
        MetricFamily("a_messages", .counter, "What was \"said\",\nin all."),
        MetricFamily("a_clients", .gauge, "Clients."),
        MetricFamily("a_turn_seconds", .histogram(buckets: [0.001, 0.1]), "Turns."),
        MetricFamily("a_unused", .gauge, "Nobody sets it."),
    ])

    private func text(_ accepted: String = "") -> String {
        String(decoding: registry.text(accepted: [accepted]).bytes, as: UTF8.self)
    }

    @Test("metrics come in the order of their descriptions, each with its labels")
    func order() {
        Meter(label: "a_clients", factory: registry).set(3)
        Counter(label: "a_messages", dimensions: [("to", "x\"y\\")], factory: registry).increment(by: 2)
        Counter(label: "a_messages", dimensions: [("to", "z")], factory: registry).increment()
        Counter(label: "a_messages", dimensions: [("to", "z")], factory: registry).increment()
        #expect(
            text() == """
                # HELP a_messages_total What was "said",\\nin all.
                # TYPE a_messages_total counter
                a_messages_total{to="x\\"y\\\\"} 2
                a_messages_total{to="z"} 2
                # HELP a_clients Clients.
                # TYPE a_clients gauge
                a_clients 3

                """)
    }

    @Test("who asks for OpenMetrics gets its names and its end")
    func openMetrics() {
        Counter(label: "a_messages", factory: registry).increment(by: 7)
        let exposition = registry.text(accepted: ["application/openmetrics-text;version=1.0.0,text/plain;q=0.5"])
        #expect(exposition.contentType.hasPrefix("application/openmetrics-text; version=1.0.0"))
        #expect(
            String(decoding: exposition.bytes, as: UTF8.self) == """
                # HELP a_messages What was \\"said\\",\\nin all.
                # TYPE a_messages counter
                a_messages_total 7
                # EOF

                """)
        #expect(registry.text(accepted: ["*/*"]).contentType.hasPrefix("text/plain; version=0.0.4"))
    }

    @Test("a histogram counts what is no greater than each bound")
    func histogram() {
        let timer = CoreMetrics.Timer(label: "a_turn_seconds", factory: registry)
        for nanoseconds in [500_000, 1_000_000, 2_000_000, 3_000_000_000] { timer.recordNanoseconds(nanoseconds) }
        #expect(
            text() == """
                # HELP a_turn_seconds Turns.
                # TYPE a_turn_seconds histogram
                a_turn_seconds_bucket{le="0.001"} 2
                a_turn_seconds_bucket{le="0.1"} 3
                a_turn_seconds_bucket{le="+Inf"} 4
                a_turn_seconds_count 4
                a_turn_seconds_sum 3.0035

                """)
    }

    @Test("a metric that nobody has described, or that was given back, isn't told")
    func unknown() {
        Meter(label: "b", factory: registry).set(3)
        let meter = Meter(label: "a_clients", factory: registry)
        meter.set(0.5)
        #expect(text().contains("a_clients 0.5\n"))
        meter.destroy()
        #expect(text().isEmpty)
    }
}
