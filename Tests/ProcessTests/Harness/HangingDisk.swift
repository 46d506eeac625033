import Foundation

/// A disk whose syncs hang once it is told to. A few lines of C replace the C library's `fsync` in a program that is
/// started with this environment.
struct HangingDisk {
    /// Variables that a shell sets in front of a command.
    let environment: String
    private let folder: String

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <unistd.h>
        static int wait_and_call(const char *name, int file) {
            while (access(FOLDER "/hang", F_OK) == 0) {
                close(open(FOLDER "/caught", O_CREAT | O_WRONLY, 0600));
                usleep(10000);
            }
            return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
        }
        int fsync(int file) { return wait_and_call("fsync", file); }
        int fdatasync(int file) { return wait_and_call("fdatasync", file); }
        """

    init(_ bench: Bench) throws {
        folder = bench.folder + "/disk"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.source.write(toFile: folder + "/disk.c", atomically: true, encoding: .utf8)
        // Swift needs a C compiler to link, so there is one.
        let compiler = try bench.program(
            "compiler", path: "/usr/bin/env",
            [
                "sh", "-c",
                "$(command -v clang || command -v cc) -shared -fPIC -DFOLDER='\"\(folder)\"' \(folder)/disk.c "
                    + "-o \(folder)/disk.so",
            ])
        guard try compiler.waitForEnd(within: .seconds(60)) == .exited(0) else { throw Failure(compiler.errors) }
        environment = "LD_PRELOAD=\(folder)/disk.so ASAN_OPTIONS=verify_asan_link_order=0"
    }

    /// Makes every sync hang from now on.
    func hang() throws {
        guard FileManager.default.createFile(atPath: folder + "/hang", contents: nil) else {
            throw Failure("the disk can't be told to hang")
        }
    }

    /// Whether a program waits in a sync.
    var hasCaught: Bool { FileManager.default.fileExists(atPath: folder + "/caught") }
}
