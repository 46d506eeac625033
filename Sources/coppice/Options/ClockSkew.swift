/// `--max-clock-skew`: one flag with one unit, on nodes and clocks.
enum ClockSkew {
    /// In milliseconds. Synchronised machines stay within a tenth of a second of each other. No operator means more
    /// than a day. A small one is most likely meant in seconds.
    static let range = 100...86_400_000
}
