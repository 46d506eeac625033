import CLibUV
import Glibc

/// Keeps what is in this process's memory from others.
public enum ProcessPrivacy {
    /// From now on the process leaves no core dump behind, and other programs of its user can neither read its memory
    /// nor what it was started with nor trace it (prctl(2), `PR_SET_DUMPABLE`). The superuser still can. For perf and
    /// debuggers of other users the process is closed too.
    public static func forbidDumps() {
        coppice_forbid_core_dumps()
        _ = coppice_forbid_dumps()
    }

    /// Keeps all memory of the process, also what it takes later, out of the swap, page by page as it is used.
    ///
    /// The system has to allow any amount (`RLIMIT_MEMLOCK`, or the superuser's `CAP_IPC_LOCK`): below a limit the
    /// process would end for want of memory later.
    public static func lockMemory() throws(UVError) {
        guard coppice_may_lock_any_memory() != 0 || geteuid() == 0 else { throw UVError(systemError: ENOMEM) }
        // Without it all reserved memory would be filled at once.
        let onFault: Int32 = 4  // MCL_ONFAULT
        guard mlockall(MCL_CURRENT | MCL_FUTURE | onFault) == 0 else { throw UVError(systemError: errno) }
    }

    /// Overwrites bytes that are of no more use, also where the compiler sees nobody read them.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
    }
}

extension Files {
    /// Lends the bytes of a file that holds a secret. They lie in a buffer that is kept out of the swap and of core
    /// dumps where the system allows it, and that is wiped afterwards.
    ///
    /// - Parameter limitBytes: a longer file throws `UVError.tooLarge`.
    public static func withSecret<Result>(
        _ path: String, limitBytes: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let file = try open(path, O_RDONLY, .open)
        defer { Glibc.close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limitBytes + 1, alignment: 4096)
        mlock(buffer.baseAddress!, buffer.count)
        madvise(buffer.baseAddress!, buffer.count, Int32(MADV_DONTDUMP))
        var count = 0
        defer {
            explicit_bzero(buffer.baseAddress!, count)
            madvise(buffer.baseAddress!, buffer.count, Int32(MADV_DODUMP))
            munlock(buffer.baseAddress!, buffer.count)
            buffer.deallocate()
        }
        while true {
            let got = Glibc.read(file, buffer.baseAddress! + count, buffer.count - count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileError(.read, path, UVError(systemError: errno)) }
            count += got
            if count > limitBytes { throw FileError(.read, path, .tooLarge) }
            if got == 0 { return try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        }
    }
}
