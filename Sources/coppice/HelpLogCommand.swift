import Answers
import ArgumentParser
import LogLines
import UV

/// `coppice help log`: what the lines of the log mean, and what clients are told. `coppice help answers`: the latter.
///
/// The argument parser has a command `help` of its own, so this one has another name, and `Coppice` brings it here.
struct HelpLogCommand: ParsableCommand {
    static let name = "help-log"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Explain the lines of the log, and what clients are told.",
        discussion: """
            coppice help log                       all lines
            coppice help log parent-lost           one line, by its name
            coppice help log tree                  the lines of a part of the program
            coppice help log 'lost the parent …'   a line that you have copied, or words of it
            coppice help log 'this server is full' the same of what a user was told
            coppice help answers                   all that users are told
            coppice help answers login             what users are told about a subject
            """,
        shouldDisplay: false)

    @Flag(help: "Print them as docs/log.md, or docs/answers.md.")
    var markdown = false

    @Flag(help: ArgumentHelp("Only what clients are told.", visibility: .private))
    var answers = false

    @Argument(help: ArgumentHelp("A name, a part of the program or a subject, or words.", valueName: "words"))
    var words: [String] = []

    /// `help log …` or `help answers …` as a command line of this command; nil for another one.
    static func arguments(of line: [String]) -> [String]? {
        switch line.prefix(2) {
        case ["help", "log"]: [name] + line.dropFirst(2)
        case ["help", "answers"]: [name, "--answers"] + line.dropFirst(2)
        default: nil
        }
    }

    func run() throws {
        if markdown {
            StandardOutput.write(answers ? AnswerPage.markdown : LogPage.markdown)
            return
        }
        let found = found(by: words.joined(separator: " "))
        guard !found.isEmpty else {
            let parts = LogSubsystem.allCases.map(\.rawValue).joined(separator: ", ")
            let subjects = AnswerSubject.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint(
                "no line of the log is named so, and neither one nor what clients are told says that; the parts of the "
                    + "program are \(parts), and the subjects of what clients are told \(subjects)")
        }
        StandardOutput.write(found.joined(separator: "\n"))
    }

    private func found(by text: String) -> [String] {
        // A name means what it is the name of.
        let isLine = LogLine(rawValue: text) != nil || LogSubsystem(rawValue: text) != nil
        let isSubject = AnswerSubject(rawValue: text) != nil
        let lines = text.isEmpty ? LogExplanation.all : LogExplanation.found(by: text)
        let told = text.isEmpty ? AnswerExplanation.all : AnswerExplanation.found(by: text)
        let copy = text.lowercased()
        var rows = answers || isSubject ? [] : lines.map { (weight: $0.weight(in: copy), text: LogPage.text($0)) }
        if answers || !isLine && !text.isEmpty {
            rows += told.map { (weight: $0.weight(in: copy), text: AnswerPage.text($0)) }
        }
        if rows.isEmpty {
            // What is in none may be a piece of one, with names and numbers in it.
            rows = answers ? [] : LogExplanation.all.map { (weight: $0.run(of: copy), text: LogPage.text($0)) }
            rows += AnswerExplanation.all.map { (weight: $0.run(of: copy), text: AnswerPage.text($0)) }
            rows.removeAll { $0.weight == 0 }
        }
        // A copy of one text has those of few words as well, such as "refused …: …".
        let most = rows.map(\.weight).max() ?? 0
        return rows.filter { $0.weight * 5 >= most * 4 }.map(\.text)
    }
}
