/// Numbers in at most five characters.
enum TopNumber {
    private static let units = ["", "k", "M", "G", "T", "P", "E"]

    /// `0`, `0.4`, `999`, `1.2k`, `53.1M`
    static func short(_ number: Double) -> String {
        var (value, unit) = (max(0, number), 0)
        // A thousand after rounding is one of the next unit.
        while value >= (unit == 0 ? 9999.5 : 999.95), unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return value > 0 && value < 1 ? tenths(max(0.1, value)) : "\(Int(value.rounded()))" }
        return tenths(value) + units[unit]
    }

    /// `0`, `80us`, `1.2ms`, `250ms`, `3.0s`
    static func duration(microseconds: Int64) -> String {
        let number = Double(max(0, microseconds))
        if number == 0 { return "0" }
        if number < 999.5 { return "\(Int(number))us" }
        if number < 99_950 { return clipped(number / 1000) + "ms" }
        if number < 999_500 { return "\(Int((number / 1000).rounded()))ms" }
        return clipped(number / 1_000_000) + "s"
    }

    /// One digit after the point below ten, so that a unit of two letters still fits.
    private static func clipped(_ value: Double) -> String {
        value < 9.95 ? tenths(value) : "\(Int(value.rounded()))"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return value >= 99.95 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
    }
}
