extension Duration {
    /// Nanoseconds, for kernel calls and libraries that wait. Rounded up, since a short time must not become none.
    /// Negative durations become zero, and those that don't fit the greatest value.
    public var waitNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let rest = UInt64((attoseconds + 999_999_999) / 1_000_000_000)
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || whole > UInt64.max / 2 ? UInt64.max / 2 : whole + rest
    }

    /// As `waitNanoseconds`, in milliseconds.
    public var waitMilliseconds: UInt64 { (waitNanoseconds + 999_999) / 1_000_000 }
}
