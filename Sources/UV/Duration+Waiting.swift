extension Duration {
    /// Nanoseconds to wait, where the kernel or a library waits. Rounded up, since whoever asks for a little time must
    /// not get none. Negative durations count as zero, and those that don't fit as the greatest.
    public var waitNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let rest = UInt64((attoseconds + 999_999_999) / 1_000_000_000)
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || whole > UInt64.max / 2 ? UInt64.max / 2 : whole + rest
    }

    /// The same in milliseconds.
    public var waitMilliseconds: UInt64 { (waitNanoseconds + 999_999) / 1_000_000 }
}
