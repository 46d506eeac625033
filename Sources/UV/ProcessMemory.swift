/// What this process has in memory, as the kernel counts it.
public enum ProcessMemory {
    /// Resident bytes; 0 where the system doesn't tell.
    public static var residentBytes: Int {
        guard let bytes = try? Files.read("/proc/self/statm") else { return 0 }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * 4096
    }
}
