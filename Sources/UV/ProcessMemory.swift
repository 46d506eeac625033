import CLibUV
import Glibc

/// How much memory this process has, as the kernel counts it, and how it gives memory back.
public enum ProcessMemory {
    /// Resident bytes; 0 where the system doesn't tell.
    public static var residentBytes: Int {
        guard let bytes = try? Files.read("/proc/self/statm") else { return 0 }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * 4096
    }

    /// Bytes that were allocated and not freed.
    public static var bytesInUse: Int {
        let info = mallinfo2()
        return Int(info.uordblks) + Int(info.hblkhd)
    }

    /// Makes large buffers go back to the system when they are freed. To be called once, before much is allocated.
    public static func returnLargeBuffers() {
        _ = mallopt(M_MMAP_THRESHOLD, UVLimits.largeBufferBytes)
        _ = mallopt(M_TRIM_THRESHOLD, UVLimits.largeBufferBytes)
    }

    /// Gives unused pages back to the system, if they are many. After a peak the allocator would keep them, since
    /// something small lies behind them. To be called every few seconds: a call takes some milliseconds when there is
    /// much to give back.
    public static func giveBack() {
        guard residentBytes > bytesInUse / 20 * 21 + UVLimits.memorySlackBytes else { return }
        malloc_trim(0)
    }
}
