import Logging

extension Logger {
    /// The metadata that names the line.
    public static let lineKey = "line"

    /// This logger, for one line with this name.
    public subscript(line: LogLine) -> Logger {
        var copy = self
        copy[metadataKey: Self.lineKey] = "\(line.rawValue)"
        return copy
    }
}
