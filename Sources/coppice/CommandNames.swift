import ArgumentParser
import Configuring

/// The names of commands in a command line: `account list` of `coppice account list`, also behind `help`.
///
/// The argument parser answers `help nodes` with the help of everything and status 0, and calls an unknown command an
/// unexpected argument.
enum CommandNames {
    /// - Throws: a complaint about a word that is no command, where one has to stand.
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
                throw ValidationError(
                    (isHelp ? "there is no help about \(word): " : "\(word): ") + hint(word, names, path))
            }
            command = next
            path += " \(word)"
        }
    }

    private static func hint(_ word: String, _ names: [String], _ path: String) -> String {
        guard !names.isEmpty else { return "\(path) has no commands of its own" }
        let topics = names + (path == "coppice" ? ["help log"] : [])
        return "the commands of \(path) are \(topics.joined(separator: ", "))\(NearestName.hint(word, among: names))"
    }
}
