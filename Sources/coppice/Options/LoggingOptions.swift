import ArgumentParser
import LogLines
import LogOutput
import Logging

/// How much a program writes to standard error.
struct LoggingOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("Least severity of what is logged to standard error.", valueName: "level"))
    var level: Logger.Level = .info
}

/// What a server writes to its log, in which form, and its name there.
struct ServerLoggingOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp(
            "Least severity of what is logged to standard error: trace, debug, info, notice, warning, error or "
                + "critical; after commas also of single parts, as in info,links=debug. The parts are "
                + LogSubsystem.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "level"))
    var levels = LogLevels(.info)

    @Option(
        name: .customLong("log-format"),
        help: ArgumentHelp(
            "How lines of the log are written: text for people, or logfmt or json for programs. \"coppice help log\" "
                + "explains each line.", valueName: "text|logfmt|json"))
    var format = LogFormat.text

    @Option(
        name: .customLong("name"),
        help: ArgumentHelp(
            "What its lines in the log call it. (default: what it is, and its port)", valueName: "name"))
    var programName: String?

    func validate() throws {
        if programName?.isEmpty == true { throw ValidationError("--name must not be empty") }
    }

    /// To be called once: it sets up all loggers.
    func logger(_ label: String) -> (logger: Logger, output: LogOutput) {
        LogOutput.logger(label, name: programName, format: format, levels: levels)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}

extension LogLevels: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }

    public var defaultValueDescription: String { description }
}
