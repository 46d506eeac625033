import CLibUV
import Glibc

/// What this process has in memory, as the kernel counts it, and what it gives back.
public enum ProcessMemory {
    /// Resident bytes; 0 where the system doesn't tell.
    public static var residentBytes: Int {
        guard let bytes = try? Files.read("/proc/self/statm") else { return 0 }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * 4096
    }

    /// Bytes that were asked for and not freed.
    public static var bytesInUse: Int {
        let info = mallinfo2()
        return Int(info.uordblks) + Int(info.hblkhd)
    }

    /// To be called once, before there is much.
    public static func returnLargeBuffers() {
        _ = mallopt(M_MMAP_THRESHOLD, UVLimits.largeBufferBytes)
        _ = mallopt(M_TRIM_THRESHOLD, UVLimits.largeBufferBytes)
    }

    /// Gives pages back that nothing lies on any more, if they are many: after a peak the allocator would keep them, as
    /// something small lies behind them. To be called every few seconds: it takes some milliseconds when there is much
    /// to give.
    public static func giveBack() {
        guard residentBytes > bytesInUse / 20 * 21 + UVLimits.memorySlackBytes else { return }
        malloc_trim(0)
    }
}
