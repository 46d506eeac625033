import Glibc

/// How many files and sockets this process may have open.
public enum Descriptors {
    /// How many are open now, without the one used for counting; 16, a guess, where there is no `/proc`.
    public static var inUse: Int {
        guard let folder = opendir("/proc/self/fd") else { return 16 }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        // Two entries are `.` and `..`, and one is the descriptor by which the folder is read.
        return entries - 3
    }

    /// Makes the kernel's table of descriptors as large as it may become, up to 65,536 entries. Otherwise the table
    /// would grow by doubling. Each time a process with several threads waits until all cores have noticed, some 20 ms
    /// in the middle of a storm. To be called once, before there are threads.
    public static func reserveTable() {
        let highest = min(65_536, raiseLimit().soft) - 1
        let copy = fcntl(0, F_DUPFD_CLOEXEC, Int32(highest))
        if copy >= 0 { close(copy) }
    }

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
