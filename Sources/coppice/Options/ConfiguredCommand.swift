import ArgumentParser
import Configuring
import UV

/// A server: its settings come from flags, the environment and a file.
protocol ConfiguredCommand: ParsableCommand {
    /// What the flags don't declare of the settings, by their names.
    static var facts: [String: SettingFacts] { get }

    /// Settings whose variables the command reads by itself.
    static var ownVariables: Set<String> { get }

    /// - Parameter given: what this command was parsed from.
    func run(with given: GivenSettings) throws
}

extension ConfiguredCommand {
    /// Flags that are no settings.
    private static var others: Set<String> { [GivenSettings.file, "check"] }

    /// All settings of this command.
    static func settings() throws -> SettingList {
        try SettingList("coppice \(_commandName)", dump: _dumpHelp(), facts: facts, others: others)
    }

    /// Reads what the command line, the environment and the file say.
    ///
    /// - Parameters:
    ///   - arguments: the command line after the command's name.
    ///   - list: the command's settings, if they are known already: it takes some time to make them.
    static func given(_ arguments: [String], _ list: SettingList? = nil) throws -> GivenSettings {
        try GivenSettings(
            arguments, try list ?? settings(), environment: EnvironmentVariable.all(), ownVariables: ownVariables,
            others: {
                ConfiguredCommands.all.filter { $0._commandName != _commandName }.compactMap { try? $0.settings() }
            })
    }

    /// The command as these settings make it.
    ///
    /// - Throws: what is wrong with them, in a sentence that names the place.
    static func parsed(_ given: GivenSettings) throws -> Self {
        do {
            return try parse(given.arguments)
        } catch {
            throw Complaint(([message(for: error)] + given.places(in: message(for: error))).joined(separator: "; "))
        }
    }

    func run() throws {
        try run(with: try Self.given([]))
    }
}

/// The commands with settings.
enum ConfiguredCommands {
    static let all: [any ConfiguredCommand.Type] = [NodeCommand.self, ClockCommand.self]

    /// The command that a command line is for; nil for one without settings, and for a question about the command.
    static func named(by arguments: [String]) -> (any ConfiguredCommand.Type)? {
        let questions = ["-h", "-help", "--help", "--help-hidden", "--version", "--experimental-dump-help"]
        guard let first = arguments.first, !arguments.contains(where: questions.contains) else { return nil }
        return all.first { $0._commandName == first }
    }
}
