import Foundation

extension Bench {
    /// Starts `coppice` by a line of shell, in which `$0` is the program, for redirections that need a shell.
    ///
    ///     try bench.shell("tree", #"exec "$0" tree -rp 3780 -s secret >/dev/full"#)
    func shell(_ name: String, _ script: String) throws -> Program {
        try program(name, path: "/bin/sh", ["-c", script, Binary.path()])
    }
}
