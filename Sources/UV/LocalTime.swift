import Glibc

/// Writes wall-clock time for people, in the machine's time zone.
public enum LocalTime {
    /// Local time in the form `2026-11-25 09:41:07.250`.
    ///
    /// - Parameter milliseconds: since 1970.
    public static func text(milliseconds: UInt64) -> String {
        let parts = parts(milliseconds)
        return date(parts) + " " + time(parts, milliseconds)
    }

    /// Local time in the form `2026-11-25T09:41:07.250+0100`. It can be sorted, and compared between machines.
    ///
    /// - Parameter milliseconds: since 1970.
    public static func stamp(milliseconds: UInt64) -> String {
        let parts = parts(milliseconds)
        let minutes = Int32(abs(parts.tm_gmtoff) / 60)
        return date(parts) + "T" + time(parts, milliseconds) + (parts.tm_gmtoff < 0 ? "-" : "+")
            + digits(minutes / 60, 2) + digits(minutes % 60, 2)
    }

    private static func parts(_ milliseconds: UInt64) -> tm {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts
    }

    private static func date(_ parts: tm) -> String {
        "\(Int(parts.tm_year) + 1900)-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    }

    private static func time(_ parts: tm, _ milliseconds: UInt64) -> String {
        "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))."
            + digits(Int32(milliseconds % 1000), 3)
    }

    private static func digits(_ number: Int32, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
