import Foundation
import Testing

extension RealPrograms {
    /// The Makefile's targets that a newcomer uses first.
    @Suite struct MakeTests {}
}

extension RealPrograms.MakeTests {
    private static let sources = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")

    /// Runs make in the source folder.
    private func make(
        _ bench: Bench, _ arguments: [String], settings: [String] = [], terminal: PseudoTerminal? = nil
    ) throws -> Program {
        // make gets a session of its own, with the test's terminal. So Control-C reaches the same processes as for a
        // person.
        let session = terminal == nil ? [] : ["setsid", "--ctty", "--wait"]
        return try bench.program(
            "make", path: "/usr/bin/env", settings + session + ["make", "-C", Self.sources] + arguments,
            terminal: terminal)
    }

    /// The processes that were started with this setting in their environment, and their commands.
    private func processes(with setting: String) throws -> [pid_t: String] {
        var found: [pid_t: String] = [:]
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap({ pid_t($0) }) {
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(setting.utf8) }),
                let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"), !command.isEmpty
            else { continue }
            found[pid] = String(decoding: command.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
        }
        return found
    }

    @Test(arguments: ["run", "demo"])
    func `Control-C ends make with everything that it has started, and is no error`(word: String) throws {
        try onBench { bench in
            let terminal = try PseudoTerminal()
            let mark = "COPPICE_TEST_MARK=\(UUID())"
            // Ends the processes that a failure leaves behind.
            defer { for pid in ((try? processes(with: mark)) ?? [:]).keys { kill(pid, SIGKILL) } }
            let ports = try ["PORT=\(Sockets.freePort())", "CLOCK_PORT=\(Sockets.freePort())"]
            let make = try make(
                bench, ["-o", "build", word, "PROGRAM=\(try Binary.path())"] + ports, settings: [mark],
                terminal: terminal)
            let sign = word == "run" ? "Coppice runs" : "From now on every client says something"
            while try !make.readLine(within: .seconds(60)).contains(sign) {}
            #expect(try processes(with: mark).count > (word == "run" ? 3 : 13))
            try terminal.interrupt()
            #expect(try make.waitForEnd(within: .seconds(20)) == .exited(0))
            let said = try make.readToEnd().joined(separator: "\n") + make.errors
            for complaint in ["***", "Error", "error", "failed"] { #expect(!said.contains(complaint), "\(said)") }
            try eventually("nothing is left of it") {
                let left = try processes(with: mark)
                guard left.isEmpty else { throw Failure("\(left.values.sorted())") }
                return true
            }
        }
    }

    @Test func `A failure of a started program stays one, and an interruption is none`() throws {
        try onBench { bench in
            let group = Self.sources + "/tools/own-group"
            for (command, status) in [("exit 3", Int32(3)), ("exit 0", 0), ("kill -INT $$", 0)] {
                let program = try bench.program("own-group", path: group, ["sh", "-c", command])
                #expect(try program.waitForEnd() == .exited(status), "\(command)")
            }
        }
    }

    @Test func `The first build says that it takes minutes, a later one does not`() throws {
        try onBench { bench in
            // A script replaces the compiler, since the real one is running these tests.
            let swift = bench.folder + "/swift"
            try "#!/bin/sh\necho built: \"$@\"\n".write(toFile: swift, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: swift)
            let path = "PATH=\(bench.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
            for (program, isFirst) in [(bench.folder + "/nothing-yet", true), (try Binary.path(), false)] {
                let make = try make(bench, ["-o", "deps", "build", "PROGRAM=\(program)"], settings: [path])
                let lines = try make.readToEnd()
                #expect(try make.waitForEnd() == .exited(0), "\(lines) \(make.errors)")
                #expect(lines.contains { $0.hasPrefix("built: build -c release") }, "\(lines)")
                #expect(lines.contains { $0.contains("some minutes") } == isFirst, "\(lines)")
            }
        }
    }
}
