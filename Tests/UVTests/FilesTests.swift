import Glibc
import Testing

@testable import UV

@Suite struct `Small files` {
    @Test func `are replaced as a whole`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/state"
            #expect(!Files.exists(path))
            #expect(throws: FileError(.open, path, .noSuchFile)) { try Files.read(path) }
            try Files.replace(path, with: Array("first".utf8))
            try Files.replace(path, with: Array("2nd".utf8))
            #expect(try Files.read(path) == Array("2nd".utf8))
            try Files.replace(path, with: [])
            #expect(try Files.read(path) == [])
            #expect(!Files.exists(path + ".new"))
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o600)
            try Files.remove(path)
            try Files.remove(path)
            #expect(!Files.exists(path))
        }
    }

    @Test func `are read up to a limit`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/big"
            let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            try Files.replace(path, with: content)
            #expect(try Files.read(path) == content)
            #expect(throws: FileError(.read, path, .tooLarge)) { try Files.read(path, limitBytes: 199_999) }
        }
    }

    @Test func `are named in errors by their path`() throws {
        let path = "/no-such-folder/state"
        let error = #expect(throws: FileError.self) { try Files.replace(path, with: []) }
        #expect(error?.description == "cannot write /no-such-folder/state.new: no such file or directory")
    }

    @Test func `get the folders that they need`() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder(folder)
            try Files.makeFolder(folder + "/a/b/c/")
            #expect(Files.isFolder(folder + "/a/b/c"))
            try Files.makeFolder(folder + "/a/b/c")
            try Files.replace(folder + "/file", with: [])
            #expect(throws: FileError.self) { try Files.makeFolder(folder + "/file") }
            #expect(throws: FileError.self) { try Files.makeFolder(folder + "/file/below") }
            rmdir(folder + "/a/b/c")
            rmdir(folder + "/a/b")
        }
    }

    @Test func `lock a folder against a second process`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/lock"
            let lock = try FileLock(path)
            #expect(try Files.read(path) == Array("\(getpid())\n".utf8))
            // A lock belongs to the opening of the file, so the same process is refused like another one.
            let error = #expect(throws: FileError.self) { try FileLock(path) }
            #expect(error?.cause == .again)
            #expect(error?.description == "\(path) is locked by another process")
            lock.release()
            lock.release()
            let again = try FileLock(path)
            again.release()
        }
    }

    @Test func `are written whole to a pipe that somebody made non-blocking`() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let content = [UInt8](repeating: 9, count: 300_000)
        let (reading, writing) = (ends[0], ends[1])
        var count = 0
        try play { loop in
            Work.run(on: loop) {
                writeWhole(content.span.bytes, to: writing)
            } done: { isWhole in
                #expect(isWhole)
                close(writing)
            }
            var reader: InputReader?
            reader = InputReader(on: loop, descriptor: reading) { bytes in
                count += bytes.byteCount
            } ended: { _ in
                reader?.close()
                reader = nil
            }
        }
        #expect(count == content.count)
        let isWhole = writeWhole(content.span.bytes, to: 987)
        #expect(!isWhole)
    }
}
