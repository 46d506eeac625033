/// How lines of the log are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// `key=value` pairs.
    case logfmt
    /// An object on each line.
    case json
}
