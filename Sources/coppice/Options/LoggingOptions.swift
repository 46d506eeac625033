import ArgumentParser
import LogOutput
import Logging

/// How much a program writes to standard error.
struct LoggingOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("Least severity of what is logged to standard error.", valueName: "level"))
    var level: Logger.Level = .info
}

/// The same for a server, and its name in the log.
struct ServerLoggingOptions: ParsableArguments {
    @OptionGroup var logging: LoggingOptions

    @Option(
        name: .customLong("name"),
        help: ArgumentHelp(
            "What its lines in the log call it. (default: what it is, and its port)", valueName: "name"))
    var programName: String?

    func validate() throws {
        if programName?.isEmpty == true { throw ValidationError("--name must not be empty") }
    }

    /// To be called once: it sets up all loggers.
    func logger(_ label: String) -> Logger {
        LogOutput.logger(label, name: programName, level: logging.level)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
