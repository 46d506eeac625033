import LogLines
import Logging

/// One line of the log before it is written in a format.
struct LogRecord: Sendable {
    var level: Logger.Level
    /// What the program is called.
    var program: String
    /// Nil for a line that has no name.
    var line: LogLine?
    var text: String
    /// Further facts, in their order.
    var fields: [(name: String, value: String)] = []
    /// How many such lines were held back before this one, and in how many seconds.
    var repeated: (count: Int, seconds: UInt64)?

    var subsystem: LogSubsystem? { line.flatMap { LogExplanation.of($0) }?.subsystem }
}
