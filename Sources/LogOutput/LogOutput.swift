import LogLines
import Logging
import Synchronization
import UV

/// The log of a server, on standard error. Each line names the server. No caller waits for the output (`OutputQueue`),
/// and a line that repeats is held back (`RepeatFilter`), unless it answers an operator.
public final class LogOutput: Sendable {
    /// Metadata of a logger: the name of the program in its lines. Without it, the logger's label is used.
    public static let name = "name"
    /// Metadata of a line: lines with the same value report the same fault, also if their texts differ.
    public static let fault = "fault"

    private struct State {
        var filter: RepeatFilter<LogRecord>
        /// The last name that the program had, for lines that come from no logger.
        var name: String
        var levels: LogLevels
    }

    private let format: LineFormat
    private let limits: LogLimits
    private let state: Mutex<State>

    private init(_ label: String, _ format: LogFormat, _ levels: LogLevels, _ limits: LogLimits = LogLimits()) {
        self.limits = limits
        self.format = LineFormat(
            format: format, hasColours: Terminal.hasColours(2), isForJournal: StandardError.goesToJournal,
            textBytes: limits.textBytes)
        state = Mutex(State(filter: RepeatFilter(limits), name: label, levels: levels))
    }

    /// Makes all loggers of this process write to standard error without waiting. To be called once.
    ///
    /// - Parameters:
    ///   - label: the kind of program.
    ///   - name: the operator's name for it; nil if the program finds its name later.
    /// - Returns: the logger, and the output, whose levels can be changed.
    public static func logger(
        _ label: String, name: String?, format: LogFormat, levels: LogLevels
    ) -> (logger: Logger, output: LogOutput) {
        let output = LogOutput(label, format, levels)
        StandardError.neverWait { [output] in output.missing($0) }
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, output: output) }
        var logger = Logger(label: label)
        // What is written is decided for each part of the program (`LogLevels`).
        logger.logLevel = .trace
        if let name { logger[metadataKey: Self.name] = "\(name)" }
        return (logger, output)
    }

    /// From now on these lines are written.
    public func set(_ levels: LogLevels) {
        state.withLock { $0.levels = levels }
    }

    func log(_ record: LogRecord, fault: String?) {
        let level = record.level
        var ready: [[UInt8]] = []
        let due = state.withLock { state in
            state.name = record.program
            guard state.levels.admits(level, of: record.subsystem) else { return UInt64?.none }
            guard level >= .notice, record.line?.isAnswer != true else {
                ready.append(bytes(of: record))
                return UInt64?.none
            }
            let verdict = state.filter.admit(
                record, fault: "\(level) \(fault ?? record.text)",
                atOnce: level >= .warning ? limits.faultsAtOnce : limits.noticesAtOnce, at: Loop.monotonicNanoseconds
            ) { ready.append(bytes(of: $0)) }
            switch verdict {
            case .say: ready.append(bytes(of: record))
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

    private func bytes(of record: LogRecord) -> [UInt8] {
        format.line(record, milliseconds: Loop.wallMilliseconds)
    }

    private func bytes(of summary: RepeatFilter<LogRecord>.Summary) -> [UInt8] {
        var record = summary.line
        record.repeated = (summary.count, (summary.elapsed + 500_000_000) / 1_000_000_000)
        return bytes(of: record)
    }

    private func missing(_ count: Int) -> [UInt8] {
        let name = state.withLock { $0.name }
        return bytes(
            of: LogRecord(level: .warning, program: name, line: .linesMissing, text: StandardError.missing(count)))
    }
}

/// One logger of the process.
struct LineLogHandler: LogHandler {
    let label: String
    let output: LogOutput
    var logLevel = Logger.Level.trace
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
        let line = all.removeValue(forKey: Logger.lineKey).flatMap { LogLine(rawValue: "\($0)") }
        let fields = all.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
        output.log(
            LogRecord(level: event.level, program: name, line: line, text: "\(event.message)", fields: fields),
            fault: fault)
    }
}
