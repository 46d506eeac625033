import Glibc

extension FloodReport {
    /// The report as a page for a browser, with everything in it that the page needs.
    public var page: [UInt8] {
        let title = "\(Figures.count(plan.clients)) clients, \(Figures.rate(deliveriesPerSecond)) deliveries/s"
        let text = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>coppice flood: \(title)</title>
            <style>\(Self.style)</style>
            <main>
            <p class="verdict \(verdict.rawValue)">\(verdictText)</p>
            <h1>\(title)</h1>
            <p class="plan">\(planText)</p>
            <section>
            \(tiles.map(\.html).joined(separator: "\n"))
            </section>
            \(charts.map(\.svg).joined(separator: "\n"))
            <footer>coppice flood, seed \(plan.seed)</footer>
            </main>
            </html>

            """
        return Array(text.utf8)
    }

    private var verdictText: String {
        let faults =
            "\(Figures.count(faults.lost)) lost, \(Figures.count(faults.doubled)) doubled, "
            + "\(Figures.count(faults.outOfOrder)) out of order, \(Figures.count(faults.corrupted)) corrupted"
        return (verdict == .right ? "All right: " : "Wrong: ") + faults
            + (counts.closed > 0 ? ", \(Figures.count(counts.closed)) closed by the server" : "")
    }

    private var planText: String {
        let nodes = plan.nodes.map { Self.escaped($0.description) }.joined(separator: ", ")
        return
            "\(Figures.count(plan.senders)) of them sent \(Figures.count(sent)) messages "
            + "of \(plan.payloadBytes) bytes, "
            + "\(load), for \(Figures.seconds(seconds)) at \(nodes)."
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    // MARK: Figures

    private struct Tile {
        let title: String
        let figure: String
        let note: String

        var html: String {
            "<div><h2>\(title)</h2><p class=\"figure\">\(figure)</p><p>\(note)</p></div>"
        }
    }

    private var tiles: [Tile] {
        let slowest = [("p90", 90.0), ("p99", 99), ("p99.9", 99.9)]
        let shares = slowest.map { "\($0.0) \(Figures.time(latencies.percentile($0.1)))" }
        var tiles = [
            Tile(
                title: "Deliveries", figure: "\(Figures.rate(deliveriesPerSecond))/s",
                note: "\(Figures.count(deliveries)) in all"
                    + (deliveriesPerServerSecond.map { ", \(Figures.rate($0)) per second of the server's CPU" } ?? "")),
            Tile(
                title: "Median latency", figure: Figures.time(latencies.percentile(50)),
                note: (shares + ["max \(Figures.time(latencies.longestMicroseconds))"]).joined(separator: ", ")),
            Tile(
                title: "Logins", figure: "\(Figures.rate(loginsPerSecond))/s",
                note: "\(Figures.rate(connectionsPerSecond)) connections/s"
                    + (loginsPerServerSecond.map {
                        ", \(Figures.rate($0)) logins per second of the server's CPU"
                    } ?? "")
            ),
        ]
        if let server, let bytesPerConnection {
            tiles.append(
                Tile(
                    title: "Server's memory", figure: "\(Figures.bytes(bytesPerConnection))",
                    note: "per connection; \(Figures.bytes(server.residentMost)) at most, "
                        + "\(Figures.bytes(server.residentAfter)) at the end"))
        }
        if counts.slow > 0 {
            tiles.append(
                Tile(
                    title: "Stopped reading", figure: Figures.count(counts.slow),
                    note: "\(Figures.count(counts.slowClosed)) of them closed by the server"))
        }
        if counts.churned > 0 {
            tiles.append(
                Tile(title: "Came again", figure: Figures.count(counts.churned), note: "clients, during the run"))
        }
        return tiles
    }

    // MARK: Pictures

    private var charts: [Chart] {
        var lasting: [(place: Double, seconds: Double, interval: Interval)] = []
        var before = 0.0
        for interval in intervals {
            lasting.append((interval.second, interval.second - before, interval))
            before = interval.second
        }
        let places = lasting.map(\.place)
        var charts = [
            Chart(
                title: "Deliveries per second", places: places,
                lines: [
                    Chart.Line(
                        name: "deliveries", style: "a",
                        values: lasting.map { Double($0.interval.deliveries) / $0.seconds },
                        isFilled: true)
                ], label: Figures.rate),
            Chart(
                title: "Latency", places: places,
                lines: [
                    Chart.Line(name: "median", style: "a", values: intervals.map { Double($0.median) }),
                    Chart.Line(name: "99 %", style: "b", values: intervals.map { Double($0.ninetyNinth) }),
                    Chart.Line(name: "longest", style: "c", values: intervals.map { Double($0.longest) }),
                ], label: { Figures.time(Int($0)) }, isLogarithmic: true),
            distribution,
        ]
        if server != nil {
            charts.append(
                Chart(
                    title: "The server's memory", places: places,
                    lines: [
                        Chart.Line(
                            name: "resident", style: "b", values: intervals.map { Double($0.resident) }, isFilled: true)
                    ], label: { Figures.bytes(Int($0)) }))
        }
        return charts
    }

    /// Latency by the share of deliveries that took no longer. Each further nine (90 %, 99 %, …) has the same width.
    private var distribution: Chart {
        let nines = latencies.count > 1 ? Glibc.log10(Double(latencies.count)) : 1
        let places = (0...120).map { Double($0) / 120 * min(nines, 6) }
        let values = places.map { Double(latencies.percentile(100 * (1 - pow(10, -$0)))) }
        let marks: [(Double, String)] = [
            (0, "0 %"), (Glibc.log10(2), "50 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (4, "99.99 %"),
            (5, "99.999 %"), (6, "99.9999 %"),
        ]
        return Chart(
            title: "Latency, by the share of deliveries that took no longer", places: places,
            lines: [Chart.Line(name: "latency", style: "a", values: values)], label: { Figures.time(Int($0)) },
            placeLabel: { place in marks.first { abs($0.0 - place) < 1e-9 }?.1 ?? "" }, placeMarks: marks.map(\.0),
            isLogarithmic: true)
    }

    private static let style = """
        :root { color-scheme: light dark; --ground: #fbfbf8; --card: #fff; --ink: #1d2420; --pale: #66706a;
          --rule: #e3e6e0;
          --a: #2f7d4f; --b: #c9772b; --c: #a8b0aa; --right: #2f7d4f; --wrong: #c0362c; }
        @media (prefers-color-scheme: dark) { :root { --ground: #141815; --card: #1c211e; --ink: #e8ece9;
          --pale: #9aa49d;
          --rule: #2e3531; --a: #6cc390; --b: #e9a35f; --c: #6d766f; --right: #6cc390; --wrong: #ff7a6e; } }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 920px; margin: 0 auto; padding: 32px 20px; }
        h1 { font-size: 30px; line-height: 1.2; margin: 10px 0 4px; font-weight: 650; letter-spacing: -0.01em; }
        .verdict { margin: 0; font-weight: 600; } .verdict.right { color: var(--right); }
        .verdict.wrong { color: var(--wrong); }
        .plan, footer { color: var(--pale); margin: 0; }
        section { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px;
          margin: 24px 0; }
        section div, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
          padding: 14px 16px; }
        section h2 { font-size: 13px; font-weight: 600; margin: 0; color: var(--pale); }
        section p { margin: 0; font-size: 13px; color: var(--pale); }
        section .figure { font-size: 26px; font-weight: 650; color: var(--ink); font-variant-numeric: tabular-nums; }
        figure { margin: 0 0 12px; }
        figcaption { display: flex; gap: 18px; flex-wrap: wrap; margin-bottom: 6px; font-size: 14px; }
        .key::before { content: ""; display: inline-block; width: 14px; height: 3px; border-radius: 2px;
          margin: 0 7px 4px 0;
          background: currentColor; }
        .a { --hue: var(--a); } .b { --hue: var(--b); } .c { --hue: var(--c); } .key { color: var(--hue); }
        svg { display: block; width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--pale); }
        .grid { stroke: var(--rule); }
        .line { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; }
        .fill { fill: var(--hue); opacity: 0.14; }
        footer { margin-top: 20px; font-size: 13px; }
        """
}
