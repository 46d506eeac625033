/// The explanations of the log's lines as texts.
public enum LogPage {
    /// Columns of a text for a terminal.
    static let width = 80

    /// One explanation for a terminal.
    public static func text(_ row: LogExplanation) -> String {
        var text = "\(row.line.rawValue)  (\(row.subsystem.rawValue); \(row.levels))\n"
        for line in row.texts { text += wrapped(line, indent: "    | ") }
        return text + wrapped(row.meaning, indent: "    ")
    }

    /// All explanations as a page of the documentation.
    public static var markdown: String {
        var page = """
            # What the log says

            `coppice help log` prints this page in parts: by a line's name, or by words of a line that you have copied.
            The names stay the same from release to release; the texts may change. With `--log-format logfmt` or `json`
            each line has its name in the field `line` and its part of the program in `module`. `…` stands for what
            differs.

            This file is made by `coppice help log --markdown`; the texts stand in `Sources/LogLines`.

            """
        for subsystem in LogSubsystem.allCases {
            page += "\n## \(subsystem.rawValue)\n\n\(capitalised(subsystem.words)).\n\n"
            page += "| name | level | line | meaning |\n|---|---|---|---|\n"
            for row in LogExplanation.all where row.subsystem == subsystem {
                let texts = row.texts.map { "`` \($0) ``" }.joined(separator: "<br>")
                page += "| `\(row.line.rawValue)` | \(row.levels) | \(texts) | \(row.meaning) |\n"
            }
        }
        return page
    }

    private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// A text in lines that begin with an indentation.
    public static func wrapped(_ text: String, indent: String) -> String {
        var lines = [indent]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line != indent, line.count + 1 + word.count > width { lines.append(indent) }
            lines[lines.count - 1] += (lines[lines.count - 1] == indent ? "" : " ") + word
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
