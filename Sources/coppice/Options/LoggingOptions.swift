import ArgumentParser
import Logging

/// How much a program writes to standard error.
struct LoggingOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("Least severity of what is logged to standard error.", valueName: "level"))
    var level: Logger.Level = .info

    /// A logger that writes to standard error. To be called once in a program: it sets up all loggers.
    func logger(_ label: String) -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: label)
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
