import ArgumentParser
import LogLines
import UV

/// `coppice help log`: what the lines of the log mean.
///
/// The argument parser has a command `help` of its own, so this one has another name, and `Coppice` brings it here.
struct HelpLogCommand: ParsableCommand {
    static let name = "help-log"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Explain the lines of the log.",
        discussion: """
            coppice help log                       all lines
            coppice help log parent-lost           one line, by its name
            coppice help log tree                  the lines of a part of the program
            coppice help log 'lost the parent …'   a line that you have copied, or words of it
            """,
        shouldDisplay: false)

    @Flag(help: "Print them as docs/log.md.")
    var markdown = false

    @Argument(help: ArgumentHelp("A name, a part of the program, or words.", valueName: "words"))
    var words: [String] = []

    /// `help log …` as a command line of this command; nil for another one.
    static func arguments(of line: [String]) -> [String]? {
        line.starts(with: ["help", "log"]) ? [name] + line.dropFirst(2) : nil
    }

    func run() throws {
        if markdown {
            StandardOutput.write(LogPage.markdown)
            return
        }
        let text = words.joined(separator: " ")
        let found = text.isEmpty ? LogExplanation.all : LogExplanation.found(by: text)
        guard !found.isEmpty else {
            let parts = LogSubsystem.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint("no line of the log is named so or says that; the parts of the program are \(parts)")
        }
        StandardOutput.write(found.map { LogPage.text($0) }.joined(separator: "\n"))
    }
}
