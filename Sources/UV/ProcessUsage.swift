import Glibc

/// What a process of this machine uses, by `/proc`.
public enum ProcessUsage {
    /// Resident memory (VmRSS) in bytes; nil if there is no such process, or if this one may not look at it.
    public static func residentBytes(_ process: Int32) -> Int? {
        // The fields count pages: size, resident, shared, …
        guard let fields = fields("/proc/\(process)/statm"), fields.count > 1, let pages = Int(fields[1]) else {
            return nil
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// CPU time that the threads of a process have used since their start, in microseconds. Where the kernel doesn't
    /// count nanoseconds, the unit is a tick of 10 ms.
    public static func cpuMicroseconds(_ process: Int32) -> Int? {
        var nanoseconds = 0
        for thread in threads(process) {
            // The first of three numbers is the time on a CPU.
            if let time = fields("/proc/\(process)/task/\(thread)/schedstat")?.first { nanoseconds += Int(time) ?? 0 }
        }
        if nanoseconds > 0 { return nanoseconds / 1000 }
        return cpuTicks(process).map { $0 * (1_000_000 / sysconf(Int32(_SC_CLK_TCK))) }
    }

    private static func cpuTicks(_ process: Int32) -> Int? {
        // The program's name, in brackets, may contain anything. The needed fields follow it.
        guard let bytes = try? Files.read("/proc/\(process)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        return user + system
    }

    private static func threads(_ process: Int32) -> [Int32] {
        guard let folder = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(folder) }
        var threads: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let thread = Int32(name) { threads.append(thread) }
        }
        return threads
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
