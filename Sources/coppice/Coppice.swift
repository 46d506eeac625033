import ArgumentParser
import CRevision
import Configuring
import UV

/// The one program; each subcommand has a file of its own.
@main
struct Coppice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coppice",
        abstract: "A group-communication network whose nodes form a tree that heals itself.",
        discussion: """
            "coppice help log" explains the lines that nodes and clocks write to their logs, and "coppice help \
            answers" what clients are told.
            """,
        version: version,
        subcommands: [
            NodeCommand.self, ClientCommand.self, TreeCommand.self, TopCommand.self, AccountCommand.self,
            SessionCommand.self, DrainCommand.self, RebalanceCommand.self,
            ClockCommand.self,
            SimulateCommand.self,
            FloodCommand.self, ClockLoadCommand.self, CertificateCommand.self,
            ConfigCommand.self, HelpLogCommand.self,
        ])

    /// The release, and the commit if it is known; a `+` marks files that differ from it.
    private static let version: String = {
        let commit = String(cString: coppice_revision)
        return commit.isEmpty ? release : "\(release) (\(commit))"
    }()

    /// Between releases, the next one.
    private static let release = "0.3.0-dev"

    static func main() {
        StandardDescriptors.open()
        SignalWatcher.failWrites()
        var status: Int32 = 0
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if let server = ConfiguredCommands.named(by: arguments) {
                status = try run(server, Array(arguments.dropFirst()))
            } else {
                let aboutLog = HelpLogCommand.arguments(of: arguments)
                if aboutLog == nil { try CommandNames.check(arguments) }
                var command = try parseAsRoot(aboutLog ?? arguments)
                try command.run()
            }
        } catch {
            status = tell(error)
        }
        ProcessEnd.exit(status, unwritten: isFlood ? FloodCommand.failure : 1)
    }

    /// Runs a server with the settings that flags, the environment and its file give.
    private static func run(_ server: any ConfiguredCommand.Type, _ arguments: [String]) throws -> Int32 {
        let given = try server.given(arguments)
        for warning in given.warnings { StandardError.write("Warning: \(warning)\n") }
        do {
            let command = try parseAsRoot([server._commandName] + given.arguments)
            try (command as? any ConfiguredCommand)?.run(with: given)
            return 0
        } catch {
            let status = tell(error)
            for place in given.places(in: message(for: error)) { StandardError.write("\(place)\n") }
            return status
        }
    }

    /// Help and versions are asked for, so they go to standard output. Everything else goes to standard error.
    ///
    /// - Returns: the status to end with.
    private static func tell(_ error: any Error) -> Int32 {
        if let mistakes = error as? SettingMistakes {
            for line in mistakes.lines { StandardError.write("Error: \(line)\n", isUrgent: true) }
            return ExitCode.validationFailure.rawValue
        }
        if let unknown = error as? CommandNames.Unknown {
            StandardError.write(unknown.text + "\n", isUrgent: true)
            return ExitCode.validationFailure.rawValue
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty {
            let line = text + "\n"
            if code.isSuccess { StandardOutput.write(line) } else { StandardError.write(line, isUrgent: true) }
        }
        // A flood's status is its verdict, so a failure without a verdict has another status.
        return isFlood && code == .validationFailure ? FloodCommand.failure : code.rawValue
    }

    private static var isFlood: Bool { CommandLine.arguments.dropFirst().first == "flood" }
}
