import LogLines
import Logging

/// Which lines are written: the least severe level, for all parts of the program and for single ones.
///
///     info   warning,links=debug   notice,clients=error,tls=error
public struct LogLevels: Sendable, Equatable, CustomStringConvertible {
    public private(set) var base: Logger.Level
    public private(set) var own: [LogSubsystem: Logger.Level] = [:]

    public init(_ base: Logger.Level) {
        self.base = base
    }

    /// Nil if the text names no level, or no part of the program.
    public init?(_ text: String) {
        var base: Logger.Level?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard let last = sides.last, let level = Logger.Level(rawValue: String(last)) else { return nil }
            switch sides.count {
            case 1:
                guard base == nil else { return nil }
                base = level
            case 2:
                guard let subsystem = LogSubsystem(rawValue: String(sides[0])) else { return nil }
                own[subsystem] = level
            default: return nil
            }
        }
        self.base = base ?? .info
    }

    public var description: String {
        ([base.rawValue] + own.map { "\($0.key)=\($0.value)" }.sorted()).joined(separator: ",")
    }

    /// Whether a line of this part is written; nil is of no part.
    func admits(_ level: Logger.Level, of subsystem: LogSubsystem?) -> Bool {
        level >= (subsystem.flatMap { own[$0] } ?? base)
    }
}
