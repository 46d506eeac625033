import UV

/// The progress of a run on standard error: one line that is overwritten on a terminal, one line every few seconds in a
/// pipe.
final class FloodProgress {
    private let plan: FloodPlan
    private let isInPlace: Bool
    /// The time between two lines in a pipe.
    private static let pauseNanoseconds: UInt64 = 5_000_000_000
    private var lastLine: UInt64 = 0
    private var isDirty = false

    init(_ plan: FloodPlan) {
        self.plan = plan
        isInPlace = Terminal.isTerminal(2) && !Terminal.isDumb
    }

    func show(comingIn here: Int) {
        show("\(Figures.count(here)) of \(Figures.count(plan.clients)) clients are in")
    }

    func show(sending interval: FloodReport.Interval, over seconds: Double) {
        let rate = seconds > 0 ? Double(interval.deliveries) / seconds : 0
        show(
            "\(Figures.fixed(interval.second, 0)) s: \(Figures.rate(rate)) deliveries/s, "
                + "p50 \(Figures.time(interval.median)), p99 \(Figures.time(interval.ninetyNinth)), "
                + "\(Figures.count(interval.here)) clients"
                + (interval.resident > 0 ? ", server \(Figures.bytes(interval.resident))" : ""))
    }

    /// Clears the line on the terminal.
    func end() {
        if isDirty { StandardError.write("\r\u{1b}[K") }
    }

    private func show(_ text: String) {
        if isInPlace {
            isDirty = true
            let width = Terminal.width(2) ?? 80
            StandardError.write("\r\u{1b}[K\(text.prefix(width - 1))")
            return
        }
        let now = Loop.monotonicNanoseconds
        guard now - lastLine >= Self.pauseNanoseconds else { return }
        lastLine = now
        StandardError.write(text + "\n")
    }
}
