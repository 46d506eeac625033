import Logging
import Synchronization
import UV

/// The log of a server, on standard error. Each line names the server. No caller waits for the output (`OutputQueue`),
/// and a line that repeats is held back (`RepeatFilter`).
public final class LogOutput: Sendable {
    /// Metadata of a logger: the name of the program in its lines. Without it, the logger's label is used.
    public static let name = "name"
    /// Metadata of a line: lines with the same value report the same fault, also if their texts differ.
    public static let fault = "fault"

    private struct Line: Sendable {
        var level: Logger.Level
        var name: String
        var text: String
    }

    private struct State {
        var filter: RepeatFilter<Line>
        /// The last name that the program had, for lines that come from no logger.
        var name: String
    }

    private let format: LineFormat
    private let limits: LogLimits
    private let state: Mutex<State>

    private init(_ label: String, _ limits: LogLimits = LogLimits()) {
        self.limits = limits
        format = LineFormat(hasColours: Terminal.hasColours(2), textBytes: limits.textBytes)
        state = Mutex(State(filter: RepeatFilter(limits), name: label))
    }

    /// Makes all loggers of this process write to standard error without waiting. To be called once.
    ///
    /// - Parameters:
    ///   - label: the kind of program.
    ///   - name: the operator's name for it; nil if the program finds its name later.
    public static func logger(_ label: String, name: String?, level: Logger.Level) -> Logger {
        let output = LogOutput(label)
        StandardError.neverWait { [output] in output.missing($0) }
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, output: output) }
        var logger = Logger(label: label)
        logger.logLevel = level
        if let name { logger[metadataKey: Self.name] = "\(name)" }
        return logger
    }

    func log(_ level: Logger.Level, _ name: String, _ text: String, fault: String?) {
        let line = Line(level: level, name: name, text: text)
        var ready: [[UInt8]] = []
        let due = state.withLock { state in
            state.name = name
            guard level >= .notice else {
                ready.append(bytes(of: line))
                return UInt64?.none
            }
            let verdict = state.filter.admit(
                line, fault: "\(level) \(fault ?? text)",
                atOnce: level >= .warning ? limits.faultsAtOnce : limits.noticesAtOnce, at: Loop.monotonicNanoseconds
            ) { ready.append(bytes(of: $0)) }
            switch verdict {
            case .say: ready.append(bytes(of: line))
            case .summarise(let summary): ready.append(bytes(of: summary))
            case .holdBack: return state.filter.nextDue
            }
            return nil
        }
        for line in ready { StandardError.write(line, isUrgent: level >= .critical) }
        if let due { setAlarm(at: due) }
    }

    private func setAlarm(at moment: UInt64) {
        StandardError.neverWait().setAlarm(at: moment) { [self] isLast in
            let (lines, next) = state.withLock { state in
                let due = state.filter.due(at: Loop.monotonicNanoseconds, all: isLast)
                return (due.map(bytes), state.filter.nextDue)
            }
            for line in lines { StandardError.write(line) }
            if let next { setAlarm(at: next) }
        }
    }

    // MARK: Lines

    private func bytes(of line: Line) -> [UInt8] {
        format.line(line.level, line.name, line.text, milliseconds: Loop.wallMilliseconds)
    }

    private func bytes(of summary: RepeatFilter<Line>.Summary) -> [UInt8] {
        let seconds = (summary.elapsed + 500_000_000) / 1_000_000_000
        var line = summary.line
        line.text += " (\(summary.count) more in \(seconds) s)"
        return bytes(of: line)
    }

    private func missing(_ count: Int) -> [UInt8] {
        let name = state.withLock { $0.name }
        return bytes(of: Line(level: .warning, name: name, text: StandardError.missing(count)))
    }
}

/// One logger of the process.
struct LineLogHandler: LogHandler {
    let label: String
    let output: LogOutput
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    init(label: String, output: LogOutput) {
        self.label = label
        self.output = output
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        let name = all.removeValue(forKey: LogOutput.name).map { "\($0)" } ?? label
        let fault = all.removeValue(forKey: LogOutput.fault).map { "\($0)" }
        let rest = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        output.log(event.level, name, "\(event.message)\(rest)", fault: fault)
    }
}
