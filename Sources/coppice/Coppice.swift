import ArgumentParser
import UV

/// The one program; each subcommand has a file of its own.
@main
struct Coppice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coppice",
        abstract: "A group-communication network whose nodes form a tree that heals itself.",
        version: "0.1.0",
        subcommands: [
            NodeCommand.self, ClientCommand.self, TreeCommand.self, AccountCommand.self, ClockCommand.self,
            SimulateCommand.self,
            FloodCommand.self, ClockLoadCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            // A flood's status is its verdict: whatever kept it from having one is 2.
            if CommandLine.arguments.dropFirst().first == "flood", exitCode(for: error) == .validationFailure {
                StandardError.write(fullMessage(for: error) + "\n")
                exit(withError: ExitCode(2))
            }
            exit(withError: error)
        }
    }
}
