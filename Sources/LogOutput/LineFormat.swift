import Logging
import UV

/// Formats a line of the log:
///
///     2026-11-28T17:50:03.250+0100 warning node 3780: lost the parent …
///
/// On a terminal the time is dim, and the level has a colour. One record is one line, whatever names others have given
/// themselves: characters that would end the line or move the cursor are escaped.
struct LineFormat: Sendable {
    var hasColours: Bool
    var textBytes: Int

    func line(_ level: Logger.Level, _ name: String, _ text: String, milliseconds: UInt64) -> [UInt8] {
        let time = dim(LocalTime.stamp(milliseconds: milliseconds))
        return Array("\(time) \(coloured(level)) \(dim(harmless(name) + ":")) \(harmless(text))\n".utf8)
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
