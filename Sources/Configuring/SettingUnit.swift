/// The unit of a setting's number. A value may be given in another unit of the same kind, with its name: `10m`,
/// `256MiB`.
public enum SettingUnit: String, Sendable, CaseIterable {
    case milliseconds = "ms"
    case seconds
    case bytes

    /// How many of the smallest unit one of these is.
    private static let times: [(name: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let sizes: [(name: String, bytes: Int)] = [
        ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// The unit's name in a sentence.
    public var words: String {
        switch self {
        case .milliseconds: "milliseconds"
        case .seconds: "seconds"
        case .bytes: "bytes"
        }
    }

    /// What may be written, for the message to whoever wrote something else.
    var examples: String {
        switch self {
        case .milliseconds: "milliseconds, as 1500, 1500ms or 1.5s"
        case .seconds: "seconds, as 90, 90s, 10m, 2h or 7d"
        case .bytes: "bytes, as 65536, 64KiB or 1MB"
        }
    }

    /// The number in this unit; nil if the text is none, or isn't a whole number of this unit.
    func number(_ text: String) -> Int? {
        if let plain = Int(text) { return plain }
        let end = text.firstIndex { !$0.isASCII || !($0.isNumber || $0 == ".") } ?? text.endIndex
        let name = text[end...].trimmingPrefix { $0 == " " }
        let scale: Int? =
            switch self {
            case .milliseconds, .seconds: Self.times.first { $0.name == name }?.milliseconds
            case .bytes: Self.sizes.first { $0.name == name }?.bytes
            }
        guard let scale, let thousandths = Self.thousandths(text[..<end]) else { return nil }
        let (product, overflows) = thousandths.multipliedReportingOverflow(by: scale)
        let own = self == .seconds ? 1_000_000 : 1000
        guard !overflows, product % own == 0 else { return nil }
        return product / own
    }

    /// A decimal number with up to three places, times a thousand.
    private static func thousandths(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty, let whole = Int(first) else { return nil }
        var fraction = 0
        if parts.count == 2 {
            guard (1...3).contains(parts[1].count), parts[1].allSatisfy(\.isNumber), let digits = Int(parts[1]) else {
                return nil
            }
            fraction = digits * [100, 10, 1][parts[1].count - 1]
        }
        let (scaled, overflows) = whole.multipliedReportingOverflow(by: 1000)
        return overflows ? nil : scaled + fraction
    }
}
