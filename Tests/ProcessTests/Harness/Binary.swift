import Foundation

/// Finds the program under test: at the path in `COPPICE_BINARY`, else beside the running tests.
enum Binary {
    static func path() throws -> String {
        if let given = ProcessInfo.processInfo.environment["COPPICE_BINARY"] {
            guard isExecutable(given) else { throw Failure("COPPICE_BINARY names no program: \(given)") }
            return given
        }
        for start in ["/proc/self/exe", CommandLine.arguments.first ?? ""] {
            var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath().deletingLastPathComponent()
            for _ in 0..<5 {
                let candidate = folder.appendingPathComponent("coppice").path
                if isExecutable(candidate) { return candidate }
                folder.deleteLastPathComponent()
            }
        }
        throw Failure("there is no program \"coppice\" beside the tests: build it, or set COPPICE_BINARY")
    }

    private static func isExecutable(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
