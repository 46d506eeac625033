import LogLines

/// The explanations of what clients are shown, as texts.
public enum AnswerPage {
    /// One explanation for a terminal.
    public static func text(_ row: AnswerExplanation) -> String {
        var text = "\(row.kind)  (\(row.subject.rawValue))\n"
        for line in row.texts { text += LogPage.wrapped(line, indent: "    > ") }
        let traces = row.traces.replacing("`", with: "")
        return text + LogPage.wrapped(row.meaning, indent: "    ")
            + LogPage.wrapped("(" + traces + ")", indent: "    ")
    }

    /// All explanations as a page of the documentation.
    public static var markdown: String {
        var page = """
            # What clients are told

            A text that a user, a program or a tool was shown by a node, what it means, and what to do. `coppice help
            log WORDS` finds a text that you have copied, or words of it, besides the lines of the log; `coppice help
            answers` prints all of this page. `…` stands for what differs. *Traces* says which [line of the log](log.md)
            the node then has, and which [metric](operations.md#metrics-and-health) counts it.

            This file is made by `coppice help answers --markdown`; the texts stand in `Sources/Answers`.

            """
        for subject in AnswerSubject.allCases {
            page +=
                "\n## \(subject.rawValue)\n\n\(subject.words.prefix(1).uppercased() + subject.words.dropFirst()).\n\n"
            page += "| comes as | text | meaning | traces |\n|---|---|---|---|\n"
            for row in AnswerExplanation.all where row.subject == subject {
                let texts = row.texts.map { "`` \($0) ``" }.joined(separator: "<br>")
                page += "| \(row.kind) | \(texts) | \(row.meaning) | \(row.traces) |\n"
            }
        }
        return page
    }
}
