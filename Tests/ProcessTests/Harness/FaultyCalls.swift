import Foundation

/// A program whose calls to the operating system fail when they are told to: a few lines of C replace functions of the
/// C library in a program that is started with this environment.
///
/// A call fails as long as a file with its name lies in the folder: the number in it is the error. Writes to files, and
/// which syncs succeed and fail, are noted in a journal.
struct FaultyCalls {
    enum Call: String, CaseIterable {
        /// Of files: `fsync` and `fdatasync`.
        case sync
        /// Of files: `write`, `pwrite` and `ftruncate`.
        case write
        case rename
        /// For writing, or of files that are to be made.
        case open
        case accept
        /// Of pieces of 1 KiB and more.
        case malloc
    }

    /// Variables that a shell sets in front of a command.
    let environment: String
    private let folder: String

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        // Without the C library's own functions, which are replaced here.
        static int fault(const char *path) {
            int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY), error = 0;
            if (file < 0) return 0;
            char text[16] = {0};
            if (syscall(SYS_read, file, text, 15) > 0) error = atoi(text);
            syscall(SYS_close, file);
            if (error) {
                file = syscall(SYS_openat, AT_FDCWD, FOLDER "/caught", O_WRONLY | O_CREAT, 0600);
                if (file >= 0) syscall(SYS_close, file);
            }
            return error;
        }
        #define FAILS(call) int saved = errno; int error = fault(FOLDER "/" call); errno = error ? error : saved;
        static int isFile(int file) {
            struct stat found;
            return file > 2 && syscall(SYS_fstat, file, &found) == 0 && S_ISREG(found.st_mode);
        }
        static void note(char what, int number) {
            int file = syscall(SYS_openat, AT_FDCWD, FOLDER "/journal", O_WRONLY | O_CREAT | O_APPEND, 0600);
            char text[32];
            if (file < 0) return;
            syscall(SYS_write, file, text, snprintf(text, 32, "%c %d\\n", what, number));
            syscall(SYS_close, file);
        }
        static int syncs(const char *name, int file) {
            FAILS("sync")
            note(error ? 'F' : 's', file);
            return error ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
        }
        int fsync(int file) { return syncs("fsync", file); }
        int fdatasync(int file) { return syncs("fdatasync", file); }
        ssize_t write(int file, const void *bytes, size_t count) {
            if (!isFile(file)) return syscall(SYS_write, file, bytes, count);
            FAILS("write")
            note('w', file);
            return error ? -1 : syscall(SYS_write, file, bytes, count);
        }
        ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
            FAILS("write")
            note('w', file);
            return error ? -1 : syscall(SYS_pwrite64, file, bytes, count, at);
        }
        ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { return pwrite64(file, bytes, count, at); }
        int ftruncate64(int file, off64_t size) {
            FAILS("write")
            return error ? -1 : syscall(SYS_ftruncate, file, size);
        }
        int ftruncate(int file, off_t size) { return ftruncate64(file, size); }
        int rename(const char *from, const char *to) {
            FAILS("rename")
            return error ? -1 : syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
        }
        int open64(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            int mode = va_arg(list, int);
            va_end(list);
            if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && strncmp(path, "/dev/", 5)) {
                FAILS("open")
                if (error) return -1;
            }
            return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
        }
        int open(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            int mode = va_arg(list, int);
            va_end(list);
            return open64(path, flags, mode);
        }
        int accept4(int file, struct sockaddr *address, socklen_t *length, int flags) {
            FAILS("accept")
            return error ? -1 : syscall(SYS_accept4, file, address, length, flags);
        }
        int accept(int file, struct sockaddr *address, socklen_t *length) { return accept4(file, address, length, 0); }
        void *__libc_malloc(size_t);
        void *malloc(size_t size) {
            if (size >= 1024) {
                FAILS("malloc")
                if (error) return 0;
            }
            return __libc_malloc(size);
        }
        """

    init(_ bench: Bench) throws {
        folder = bench.folder + "/faults"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.source.write(toFile: folder + "/faults.c", atomically: true, encoding: .utf8)
        // Swift needs a C compiler to link, so there is one.
        let compiler = try bench.program(
            "compiler", path: "/usr/bin/env",
            [
                "sh", "-c",
                "$(command -v clang || command -v cc) -O1 -shared -fPIC -DFOLDER='\"\(folder)\"' \(folder)/faults.c "
                    + "-o \(folder)/faults.so",
            ])
        guard try compiler.waitForEnd(within: .seconds(60)) == .exited(0) else { throw Failure(compiler.errors) }
        environment = "LD_PRELOAD=\(folder)/faults.so ASAN_OPTIONS=verify_asan_link_order=0"
    }

    /// Makes a call fail from now on.
    func fail(_ call: Call, with error: Int32) throws {
        try? FileManager.default.removeItem(atPath: folder + "/caught")
        try "\(error)".write(toFile: "\(folder)/\(call.rawValue)", atomically: true, encoding: .utf8)
    }

    func work(_ call: Call) throws { try FileManager.default.removeItem(atPath: "\(folder)/\(call.rawValue)") }

    /// Whether some call has failed since one was told to.
    var hasCaught: Bool { FileManager.default.fileExists(atPath: folder + "/caught") }

    /// What has become of files: writes (`w`), and syncs that succeeded (`s`) and failed (`F`), each with the file's
    /// descriptor.
    func journal() throws -> [(what: Character, file: Int)] {
        let text = try String(contentsOfFile: folder + "/journal", encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let file = Int(words[1]) else { return nil }
            return (words[0].first!, file)
        }
    }
}
