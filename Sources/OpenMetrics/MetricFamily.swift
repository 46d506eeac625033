/// A metric and all its labels' values, as those who read it are told.
public struct MetricFamily: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// It only grows. Its name has no `_total`, which belongs to its samples.
        case counter
        case gauge
        /// Times, in seconds, with the upper ends of its buckets in ascending order.
        case histogram(buckets: [Double])
    }

    /// Letters, digits and underscores; the unit comes last: `coppice_turn_seconds`.
    public let name: String
    public let kind: Kind
    /// One sentence for people.
    public let help: String

    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// The name that people search for: that of a counter's samples.
    public var shownName: String { kind == .counter ? name + "_total" : name }
}
