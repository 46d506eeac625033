import JSON
import LogLines
import Logging
import UV

/// Formats a line of the log, here as text and as logfmt:
///
///     2026-11-28T17:50:03.250+0100 warning node 3780: lost the parent …
/// time=2026-11-28T17:50:03.250+0100 level=warning program="node 3780" module=tree line=parent-lost message="lost …"
///
/// On a terminal the time of a text is dim, and the level has a colour. One record is one line, whatever names others
/// have given themselves: characters that would end the line or move the cursor are escaped.
struct LineFormat: Sendable {
    var format = LogFormat.text
    var hasColours: Bool
    /// Whether the system's journal reads the lines: it has the time itself, and takes the level as a prefix.
    var isForJournal = false
    var textBytes: Int

    func line(_ record: LogRecord, milliseconds: UInt64) -> [UInt8] {
        let body =
            switch format {
            case .text: text(record, milliseconds)
            case .logfmt:
                fields(record, milliseconds).map { "\($0.name)=\(Self.logfmt($0.value))" }.joined(separator: " ")
            case .json: json(record, milliseconds)
            }
        let prefix = isForJournal ? "<\(Self.severity(record.level))>" : ""
        return Array("\(prefix)\(body)\n".utf8)
    }

    /// The level as syslog counts it (sd-daemon(3)).
    private static func severity(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    // MARK: Text

    private func text(_ record: LogRecord, _ milliseconds: UInt64) -> String {
        var text = record.text + record.fields.map { " \($0.name)=\($0.value)" }.joined()
        if let (count, seconds) = record.repeated { text += " (\(count) more in \(seconds) s)" }
        let time = isForJournal ? "" : dim(LocalTime.stamp(milliseconds: milliseconds)) + " "
        return "\(time)\(coloured(record.level)) \(dim(harmless(record.program) + ":")) \(harmless(text))"
    }

    private func coloured(_ level: Logger.Level) -> String {
        switch level {
        case .warning: wrapped(level.rawValue, "33")
        case .error, .critical: wrapped(level.rawValue, "31")
        default: level.rawValue
        }
    }

    private func dim(_ text: String) -> String { wrapped(text, "2") }

    private func wrapped(_ text: String, _ code: String) -> String {
        hasColours ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    // MARK: Fields

    private func fields(_ record: LogRecord, _ milliseconds: UInt64) -> [(name: String, value: String)] {
        var fields = [
            ("time", LocalTime.stamp(milliseconds: milliseconds)), ("level", record.level.rawValue),
            ("program", harmless(record.program)),
        ]
        if let subsystem = record.subsystem { fields.append(("module", subsystem.rawValue)) }
        if let line = record.line { fields.append(("line", line.rawValue)) }
        fields.append(("message", harmless(record.text)))
        fields += record.fields.map { ($0.name, harmless($0.value)) }
        if let (count, seconds) = record.repeated {
            fields += [("repeated", "\(count)"), ("repeated_seconds", "\(seconds)")]
        }
        return fields
    }

    private static func logfmt(_ value: String) -> String {
        let isPlain =
            !value.isEmpty && value.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" && $0 != "=" && $0 != "\\" }
        guard !isPlain else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private func json(_ record: LogRecord, _ milliseconds: UInt64) -> String {
        var bytes: [UInt8] = []
        for (name, value) in fields(record, milliseconds) {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
            JSONText.appendString(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            if name.hasPrefix("repeated") {
                bytes += Array(value.utf8)
            } else {
                JSONText.appendString(value, to: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self) + "}"
    }

    private func harmless(_ text: String) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count >= textBytes { return result + "…" }
            count += UTF8.width(scalar)
            if scalar.isInvisible {
                result += scalar.escaped
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
