import Simulator

/// The outcome of many histories, as text.
enum SimulationReport {
    static func text(of summary: Simulation.Summary, hash: UInt64) -> String {
        var lines: [String] = []
        let counts = zip(RareSituation.allCases, summary.rareCounts)
        let width = RareSituation.allCases.map(\.rawValue.count).max() ?? 0
        if summary.runs > 1 {
            lines.append("how often what is rare occurred:")
            for (situation, count) in counts {
                let name = situation.rawValue
                lines.append("  \(name)\(String(repeating: " ", count: width - name.count))  \(count)")
            }
        }
        let speed = summary.virtualSeconds / max(summary.wallSeconds, 1e-9)
        lines.append(
            "\(summary.runs) histories, \(hours(summary)) h of network time, \(summary.events) events, "
                + "\(summary.messagesSaid) messages, \(Int(speed)) times real time on each core")
        lines.append("history \(hex(hash))")
        lines.append(summary.failed.isEmpty ? "every promise was kept" : "\(summary.failed.count) histories failed")
        return lines.joined(separator: "\n") + "\n"
    }

    static let ledgerHead =
        "version\tfirst seed\tlast seed\tin total order\tfailed\thours of network time\tevents\n"

    static func ledgerLine(_ summary: Simulation.Summary, _ seeds: ClosedRange<UInt64>, commit: String) -> String {
        "\(commit)\t\(seeds.lowerBound)\t\(seeds.upperBound)\t\(summary.runsInTotalOrder)\t"
            + "\(summary.failed.count)\t\(hours(summary))\t\(summary.events)\n"
    }

    static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func hours(_ summary: Simulation.Summary) -> String {
        let tenths = Int((summary.virtualSeconds / 360).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
