extension FloodReport {
    /// The report for people, in lines of at most 100 columns.
    public func text(colours: Bool) -> String {
        var lines: [String] = []
        func add(_ title: String, _ text: String) {
            lines.append(title + String(repeating: " ", count: max(1, 14 - title.count)) + text)
        }
        let here = plan.clients == 1 ? "1 client" : "\(Figures.count(plan.clients)) clients"
        add("clients", "\(here) on \(plan.nodes.map(\.description).joined(separator: ", "))")
        add(
            "came in",
            "\(Figures.rate(connectionsPerSecond)) connections/s, \(Figures.rate(loginsPerSecond)) logins/s"
                + (counts.redirects > 0 ? ", \(Figures.count(counts.redirects)) redirected" : "")
                + (counts.turnedAway > 0 ? ", \(Figures.count(counts.turnedAway)) times turned away" : ""))
        add(
            "sent",
            "\(Figures.count(sent)) messages of \(plan.payloadBytes) B by \(Figures.count(plan.senders)), \(load)")
        add(
            "delivered",
            "\(Figures.count(deliveries)) in \(Figures.seconds(seconds)), \(Figures.rate(deliveriesPerSecond))/s"
                + (deliveriesPerServerSecond.map { ", \(Figures.rate($0)) per second of the server's CPU" } ?? ""))
        if latencies.count > 0 {
            let shares = [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9)]
            let parts = shares.map { "\($0.0) \(Figures.time(latencies.percentile($0.1)))" }
            add("latency", (parts + ["max \(Figures.time(latencies.longestMicroseconds))"]).joined(separator: "  "))
        }
        if let server {
            add(
                "memory",
                "\(Figures.bytes(bytesPerConnection ?? 0)) per connection; "
                    + "\(Figures.bytes(server.residentBefore)) before, "
                    + "\(Figures.bytes(server.residentLoggedIn)) logged in, "
                    + "\(Figures.bytes(server.residentMost)) at most, "
                    + "\(Figures.bytes(server.residentAfter)) after")
        }
        if counts.churned > 0 { add("came again", "\(Figures.count(counts.churned)) clients") }
        if counts.lostServer > 0 {
            add(
                "lost server",
                "\(Figures.count(counts.lostServer)) clients, "
                    + "\(Figures.count(counts.returned)) of them went on at another one, the last after "
                    + "\(returnMicroseconds / 1000) ms")
        }
        if counts.slow > 0 {
            add(
                "stopped",
                "\(Figures.count(counts.slow)) clients, "
                    + "\(Figures.count(counts.slowClosed)) of them closed by the server"
            )
        }
        if counts.closed > 0 {
            add("closed", "\(Figures.count(counts.closed)) by the server: \(counts.reasons.joined(separator: "; "))")
        }
        if foreign > 0 { add("foreign", "\(Figures.count(foreign)) messages of others") }
        let words =
            "\(Figures.count(faults.lost)) lost, \(Figures.count(faults.doubled)) doubled, "
            + "\(Figures.count(faults.outOfOrder)) out of order, \(Figures.count(faults.corrupted)) corrupted"
        add("verdict", paint(verdict == .right ? "all right: \(words)" : "WRONG: \(words)", colours))
        if wasInterrupted { lines.append("(ended early)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func paint(_ text: String, _ colours: Bool) -> String {
        colours ? "\u{1b}[\(verdict == .right ? "32" : "1;31")m\(text)\u{1b}[0m" : text
    }

    var load: String {
        switch plan.load {
        case .rate(let rate): "\(Figures.rate(rate))/s"
        case .window(let window): "\(Figures.count(window)) under way"
        }
    }
}

/// Writes numbers for people.
enum Figures {
    /// A count in the form `12,345`.
    static func count(_ value: Int) -> String {
        var digits = String(abs(value))
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        parts.insert(digits, at: 0)
        return (value < 0 ? "-" : "") + parts.joined(separator: ",")
    }

    /// A number of three digits with its unit, in the form `1.24M`.
    static func rate(_ value: Double) -> String {
        switch value {
        case 999_500_000...: digits(value / 1e9) + "G"
        case 999_500...: digits(value / 1e6) + "M"
        case 9_995...: digits(value / 1e3) + "k"
        default: value == value.rounded() || value >= 100 ? count(Int(value.rounded())) : digits(value)
        }
    }

    static func bytes(_ value: Int) -> String {
        switch value {
        case 10_000_000...: digits(Double(value) / 1e6) + " MB"
        case 10_000...: digits(Double(value) / 1e3) + " kB"
        default: "\(count(value)) B"
        }
    }

    /// A time, given in microseconds.
    static func time(_ microseconds: Int) -> String {
        switch microseconds {
        case 1_000_000...: digits(Double(microseconds) / 1e6) + " s"
        case 1_000...: digits(Double(microseconds) / 1e3) + " ms"
        default: "\(microseconds) µs"
        }
    }

    static func seconds(_ value: Double) -> String {
        digits(value) + " s"
    }

    /// A number with three significant digits.
    static func digits(_ value: Double) -> String {
        let places = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
        return fixed(value, places)
    }

    /// A number with as many decimal places as it needs, three at most: for the marks of an axis.
    static func plain(_ value: Double) -> String {
        let places = (0...2).first { abs((Double(fixed(value, $0)) ?? .infinity) - value) < 5e-4 }
        return fixed(value, places ?? 3)
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = Int((abs(value) * scale).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let fraction = String(whole % Int(scale))
        return "\(sign)\(whole / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
