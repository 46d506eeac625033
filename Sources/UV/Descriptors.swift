import Glibc

/// How many files and sockets this process may have open.
public enum Descriptors {
    /// Raises the process's own limit as far as the system lets it.
    ///
    /// - Returns: the limit as it is now, and the hard one; `Int.max` where there is none.
    @discardableResult
    public static func raiseLimit() -> (soft: Int, hard: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return (1024, 1024) }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return (Int(clamping: limit.rlim_cur), Int(clamping: limit.rlim_max))
    }
}
