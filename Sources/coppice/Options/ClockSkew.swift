/// `--max-clock-skew`: one flag with one unit, on nodes and clocks.
enum ClockSkew {
    /// Synchronised machines stay within a tenth of a second of each other. No operator means more than a day.
    static let range = 100...86_400_000

    /// What is wrong with the value, if anything. A small one is most likely meant in seconds.
    static func complaint(about milliseconds: Int) -> String? {
        range.contains(milliseconds)
            ? nil
            : "--max-clock-skew has to be \(range.lowerBound) to \(range.upperBound) milliseconds, not \(milliseconds)"
    }
}
