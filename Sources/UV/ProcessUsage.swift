import Glibc

/// What a process of this machine uses, as `/proc` tells it.
public enum ProcessUsage {
    /// Memory that is resident (VmRSS), in bytes; nil if there is no such process, or it isn't ours to look at.
    public static func residentBytes(_ process: Int32) -> Int? {
        // Pages: size, resident, shared, …
        guard let fields = fields("/proc/\(process)/statm"), fields.count > 1, let pages = Int(fields[1]) else {
            return nil
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// CPU time in user and system mode that a process has used since its start, in microseconds.
    public static func cpuMicroseconds(_ process: Int32) -> Int? {
        // The name, in brackets, may hold anything; what counts comes behind it.
        guard let bytes = try? Files.read("/proc/\(process)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        return (user + system) * (1_000_000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    /// CPU time of this process, in microseconds.
    public static var ownCPUMicroseconds: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
            + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    private static func fields(_ path: String) -> [Substring]? {
        guard let bytes = try? Files.read(path) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ")
    }
}
