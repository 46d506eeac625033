import Glibc

/// Reads and writes small files as a whole. Every function blocks: they are for start-up, or for `Work`.
public enum Files {
    /// Reads a whole file.
    ///
    /// - Parameter limitBytes: a longer file throws `UVError.tooLarge`.
    public static func read(_ path: String, limitBytes: Int = 16 << 20) throws(FileError) -> [UInt8] {
        let file = try open(path, O_RDONLY, .open)
        defer { Glibc.close(file) }
        var bytes: [UInt8] = []
        while true {
            var failure: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: UVLimits.filePieceBytes) { buffer, count in
                let got = Glibc.read(file, buffer.baseAddress, buffer.count)
                if got < 0 { failure = errno }
                count = max(0, got)
            }
            if failure == EINTR { continue }
            if failure != 0 { throw FileError(.read, path, UVError(systemError: failure)) }
            if piece.isEmpty { return bytes }
            bytes += piece
            if bytes.count > limitBytes { throw FileError(.read, path, .tooLarge) }
        }
    }

    /// Whether there is anything at the path, links followed.
    public static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Replaces the content of a file, all or nothing. A reader of the file, at any moment and after a loss of power,
    /// finds the old content or the new, never a part. The new content is on the disk when this returns.
    ///
    /// It is first written to `<path>.new`, a name that nothing else may use. Such a file that a crash left over does
    /// no harm.
    ///
    /// - Parameter permissions: those of the file, by default for its owner only.
    public static func replace(_ path: String, with bytes: [UInt8], permissions: UInt32 = 0o600) throws(FileError) {
        let new = path + ".new"
        let file = try open(new, O_WRONLY | O_CREAT | O_TRUNC, .write, permissions)
        var failure: Int32 = 0
        if !writeWhole(bytes.span.bytes, to: file) { failure = errno }
        if failure == 0, fsync(file) != 0 { failure = errno }
        if Glibc.close(file) != 0, failure == 0 { failure = errno }
        if failure != 0 {
            unlink(new)
            throw FileError(.write, path, UVError(systemError: failure))
        }
        if Glibc.rename(new, path) != 0 {
            let failure = errno
            unlink(new)
            throw FileError(.rename, path, UVError(systemError: failure))
        }
        // A new name is on the disk only once its folder is.
        try syncFolder(folder(of: path))
    }

    /// Writes a new file. A file that is there already is left as it is, and throws `UVError.fileExists`.
    public static func create(_ path: String, with bytes: [UInt8], permissions: UInt32 = 0o600) throws(FileError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL, .write, permissions)
        var failure = writeWhole(bytes.span.bytes, to: file) ? 0 : errno
        if Glibc.close(file) != 0, failure == 0 { failure = errno }
        if failure != 0 { throw FileError(.write, path, UVError(systemError: failure)) }
    }

    /// Finds out whether `replace` will most likely succeed, and leaves no trace.
    public static func checkReplaceable(_ path: String) throws(FileError) {
        if isFolder(path) { throw FileError(.write, path, UVError(systemError: EISDIR)) }
        let new = path + ".new"
        Glibc.close(try open(new, O_WRONLY | O_CREAT, .write, 0o600))
        try remove(new)
    }

    /// Finds out whether files can be written in a folder, or whether it can be made; it changes nothing.
    public static func checkWritableFolder(_ path: String) throws(FileError) {
        var path = path
        while !exists(path) {
            let above = folder(of: path)
            guard above != path else { break }
            path = above
        }
        guard isFolder(path) else { throw FileError(.makeFolder, path, UVError(systemError: ENOTDIR)) }
        if access(path, W_OK | X_OK) != 0 { throw FileError(.write, path, UVError(systemError: errno)) }
    }

    /// Makes a folder, and missing folders above it. Does nothing if the folder exists.
    public static func makeFolder(_ path: String, permissions: UInt32 = 0o700) throws(FileError) {
        if mkdir(path, permissions) == 0 { return }
        switch errno {
        case EEXIST where isFolder(path): return
        case ENOENT:
            let above = folder(of: path)
            guard above != path else { throw FileError(.makeFolder, path, .noSuchFile) }
            try makeFolder(above, permissions: permissions)
            if mkdir(path, permissions) == 0 { return }
            if errno == EEXIST, isFolder(path) { return }
            throw FileError(.makeFolder, path, UVError(systemError: errno))
        case let failure: throw FileError(.makeFolder, path, UVError(systemError: failure))
        }
    }

    /// Makes sure that only its owner may read a file. The file is made if it doesn't exist.
    public static func makePrivate(_ path: String) throws(FileError) {
        let file = try open(path, O_RDWR | O_CREAT | O_NONBLOCK, .write, 0o600)
        defer { Glibc.close(file) }
        guard fchmod(file, 0o600) != 0 else { return }
        let failure = UVError(systemError: errno)
        // Some file systems have no permissions. It is good enough if one was mounted so that no other user gets in.
        var status = stat()
        if fstat(file, &status) != 0 || status.st_mode & 0o077 != 0 { throw FileError(.protect, path, failure) }
    }

    /// Renames a file within its file system. A file that has the new name is replaced.
    public static func rename(_ path: String, to new: String) throws(FileError) {
        if Glibc.rename(path, new) != 0 { throw FileError(.rename, path, UVError(systemError: errno)) }
        try syncFolder(folder(of: new))
    }

    /// Removes a file. Does nothing if there is none.
    public static func remove(_ path: String) throws(FileError) {
        if unlink(path) != 0, errno != ENOENT { throw FileError(.remove, path, UVError(systemError: errno)) }
    }

    /// Whether the path leads to a file that users other than its owner may read.
    public static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o044 != 0
    }

    /// Whether the path leads to a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    // MARK: Parts

    private static func folder(of path: String) -> String {
        var parts = path[...]
        while parts.count > 1, parts.hasSuffix("/") { parts.removeLast() }
        guard let slash = parts.lastIndex(of: "/") else { return "." }
        return slash == parts.startIndex ? "/" : String(parts[..<slash])
    }

    private static func syncFolder(_ path: String) throws(FileError) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY, .sync)
        defer { Glibc.close(folder) }
        // Some file systems can't sync a folder, and say so. They either don't need it or have no way to do it.
        if fsync(folder) != 0, errno != EINVAL { throw FileError(.sync, path, UVError(systemError: errno)) }
    }

    static func open(
        _ path: String, _ flags: Int32, _ operation: FileError.Operation, _ permissions: UInt32 = 0
    ) throws(FileError) -> Int32 {
        while true {
            let file = Glibc.open(path, flags | O_CLOEXEC, permissions)
            if file >= 0 { return file }
            if errno != EINTR { throw FileError(operation, path, UVError(systemError: errno)) }
        }
    }
}
