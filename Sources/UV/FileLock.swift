import Glibc

/// A file that says: this folder is in use by one process. The kernel drops the lock when the process ends, however
/// it ends, so a stale one cannot be left over.
public final class FileLock {
    private var file: Int32

    /// Takes the lock and doesn't wait for it. The file is made if it isn't there; it stays when the lock goes.
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
        // Whoever wonders who holds it can read it there.
        _ = ftruncate(file, 0)
        _ = writeWhole(Array("\(getpid())\n".utf8).span.bytes, to: file)
    }

    /// Gives the lock back; idempotent.
    public func release() {
        guard file >= 0 else { return }
        close(file)
        file = -1
    }

    deinit {
        release()
    }
}
