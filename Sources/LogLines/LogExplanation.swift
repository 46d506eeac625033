/// What a line of the log means, and what to do.
public struct LogExplanation: Sendable {
    public let line: LogLine
    public let subsystem: LogSubsystem
    /// The levels that it may have.
    public let levels: String
    /// The line's text, with `…` where it differs; several if the line has several.
    public let texts: [String]
    /// What happened, and what to do about it.
    public let meaning: String

    init(_ line: LogLine, _ levels: String, _ texts: String..., meaning: String, _ subsystem: LogSubsystem) {
        self.line = line
        self.levels = levels
        self.texts = texts
        self.meaning = meaning
        self.subsystem = subsystem
    }

    /// Of all lines, by subsystem.
    public static let all: [LogExplanation] =
        tree + links + base + clients + moves + accounts + bans + tls + time + disk + program + clock

    private static let byLine = Dictionary(all.map { ($0.line, $0) }) { first, _ in first }

    /// Nil only if a line has none, which a test forbids.
    public static func of(_ line: LogLine) -> LogExplanation? { byLine[line] }

    /// How much of what was copied this is: 0 for nothing.
    ///
    /// - Parameter copy: in small letters.
    public func weight(in copy: String) -> Int {
        texts.map { CopiedText($0.lowercased()).weight(in: copy) }.max() ?? 0
    }

    /// The longest run of words of what was copied that stands in it, in characters.
    ///
    /// - Parameter copy: in small letters.
    public func run(of copy: String) -> Int {
        (texts + [meaning]).map { CopiedText($0.lowercased()).run(of: copy) }.max() ?? 0
    }

    /// The lines that somebody may mean: the one with this name, those of a subsystem, or those whose text this is or
    /// holds these words.
    public static func found(by words: String) -> [LogExplanation] {
        if let line = LogLine(rawValue: words) { return all.filter { $0.line == line } }
        if let subsystem = LogSubsystem(rawValue: words) { return all.filter { $0.subsystem == subsystem } }
        let wanted = words.lowercased()
        let copied = all.filter { $0.weight(in: wanted) > 0 }
        if !copied.isEmpty { return copied }
        return all.filter { row in
            ([row.line.rawValue, row.meaning] + row.texts).contains { $0.lowercased().contains(wanted) }
        }
    }
}
