/// The text of a scrape while it is written.
struct MetricText {
    /// The two texts that scrapers understand. They differ in how counters are named before their samples, and in the
    /// end.
    enum Format {
        /// OpenMetrics 1.0.
        case open
        /// Prometheus' own text, version 0.0.4.
        case prometheus
    }

    let format: Format
    private(set) var bytes: [UInt8] = []

    init(_ format: Format) {
        self.format = format
        bytes.reserveCapacity(32 * 1024)
    }

    mutating func begin(_ family: MetricFamily) {
        let name = format == .open ? family.name : family.shownName
        let kind =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        append("# HELP \(name) \(Self.escaped(family.help, quotes: format == .open))\n")
        append("# TYPE \(name) \(kind)\n")
    }

    /// - Parameter labels: as `labels(_:)` writes them.
    mutating func line(_ name: String, _ labels: String, _ value: String) {
        append(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
    }

    mutating func end() {
        if format == .open { append("# EOF\n") }
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { "\($0.0)=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
