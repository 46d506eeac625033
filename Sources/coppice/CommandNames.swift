import ArgumentParser
import Configuring

/// The names of commands in a command line: `account list` of `coppice account list`, also behind `help`.
///
/// The argument parser answers `help nodes` with the help of everything and status 0, and calls an unknown command an
/// unexpected argument.
enum CommandNames {
    /// A word that is no command stands where one has to.
    struct Unknown: Error {
        let complaint: String
        /// The command whose subcommand was meant.
        let command: any ParsableCommand.Type
        /// Its name with those before it.
        let path: String

        /// As the argument parser writes a mistake in the flags of that command.
        var text: String {
            """
            Error: \(complaint)
            Usage: \(Coppice.usageString(for: command))
              See '\(path) --help' for more information.
            """
        }
    }

    /// - Throws: `Unknown`.
    static func check(_ arguments: [String]) throws {
        let isHelp = arguments.first == "help"
        var command: any ParsableCommand.Type = Coppice.self
        var path = "coppice"
        for word in arguments.dropFirst(isHelp ? 1 : 0) {
            let known = command.configuration.subcommands
            // What follows is the command's own.
            if word.hasPrefix("-") || (known.isEmpty && !isHelp) { return }
            if command == Coppice.self, word == "help" { return }
            guard let next = known.first(where: { $0._commandName == word }) else {
                let names = known.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
                let beginning = isHelp ? "there is no help about \(word): " : "\(word): "
                throw Unknown(complaint: beginning + hint(word, names, path), command: command, path: path)
            }
            command = next
            path += " \(word)"
        }
    }

    private static func hint(_ word: String, _ names: [String], _ path: String) -> String {
        guard !names.isEmpty else { return "\(path) has no commands of its own" }
        let topics = names + (path == "coppice" ? ["help log", "help answers"] : [])
        return "the commands of \(path) are \(topics.joined(separator: ", "))\(NearestName.hint(word, among: names))"
    }
}
