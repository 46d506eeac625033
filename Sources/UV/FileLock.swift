import Glibc

/// A locked file, which says that one process uses this folder. The kernel drops the lock when the process ends,
/// however it ends, so no stale lock is left over.
public final class FileLock {
    private var file: Int32

    /// Takes the lock without waiting for it. The file is made if it doesn't exist; it stays when the lock is released.
    ///
    /// - Throws: with the cause `UVError.again` when another process holds it; its `description` says so.
    public init(_ path: String) throws(FileError) {
        file = try Files.open(path, O_RDWR | O_CREAT, .lock, 0o600)
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let failure = errno
            if failure == EINTR { continue }
            close(file)
            file = -1
            throw FileError(.lock, path, UVError(systemError: failure))
        }
        // The file tells people which process holds the lock.
        _ = ftruncate(file, 0)
        _ = writeWhole(Array("\(getpid())\n".utf8).span.bytes, to: file)
    }

    /// Releases the lock; idempotent.
    public func release() {
        guard file >= 0 else { return }
        close(file)
        file = -1
    }

    deinit {
        release()
    }
}
