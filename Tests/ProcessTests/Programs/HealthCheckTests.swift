import Foundation
import Testing

extension RealPrograms {
    /// `docker/health`: what the image's health check runs, with the command line of process 1.
    @Suite struct HealthCheckTests {}
}

extension RealPrograms.HealthCheckTests {
    private static let script =
        URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/") + "/docker/health"

    /// How the health check ends for a container whose process 1 has this command line.
    private func check(_ bench: Bench, _ commandLine: String, secret: String = "") throws -> Program.Ending {
        let tools = bench.folder + "/bin"
        if !FileManager.default.fileExists(atPath: tools) {
            try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: tools + "/coppice", withDestinationPath: try Binary.path())
        }
        let path = "\(tools):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        let program = try bench.program(
            "health", path: "/usr/bin/env", ["PATH=\(path)", "COPPICE_SECRET=\(secret)", Self.script, commandLine])
        return try program.waitForEnd()
    }

    @Test func `A node is healthy while it answers, whatever its port is`() throws {
        try onBench { bench in
            let node = try bench.node()
            let copy = bench.folder + "/cmdline"
            try #require(FileManager.default.contents(atPath: "/proc/\(node.program.pid)/cmdline"))
                .write(to: URL(fileURLWithPath: copy))
            #expect(try check(bench, copy, secret: node.secret) == .exited(0))
            #expect(try check(bench, copy, secret: "wrong") == .exited(1))
            node.killHard()
            #expect(try check(bench, copy, secret: node.secret) == .exited(1))
        }
    }

    @Test func `A node with an admin port is healthy while it is ready, without a secret`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make(["--max-clients", "1"])
            let node = try bench.node("node", flags)
            let copy = bench.folder + "/cmdline"
            try #require(FileManager.default.contents(atPath: "/proc/\(node.program.pid)/cmdline"))
                .write(to: URL(fileURLWithPath: copy))
            try eventually("it is ready") { try admin.get("/ready").status == 200 }
            #expect(try check(bench, copy) == .exited(0))
            _ = try bench.client(at: node)
            try eventually("it is full") { try admin.get("/ready").status == 503 }
            #expect(try check(bench, copy) == .exited(0), "a full node works")
            node.killHard()
            #expect(try check(bench, copy) == .exited(1))
        }
    }

    @Test func `A clock is healthy while it tells the time, also when it stands by`() throws {
        try onBench { bench in
            for (name, flags) in [
                ("alone", ["--data-dir", bench.folder + "/clock-data", "--bind", "0.0.0.0"]),
                ("standby", ["--etcd", "http://127.0.0.1:1"]),
            ] {
                let port = try Sockets.freePort()
                let clock = try bench.program(name, ["clock", "--plain-links", "--listen-port=\(port)"] + flags)
                #expect(try Node.port(of: clock) == port)
                let copy = bench.folder + "/cmdline-\(name)"
                try #require(FileManager.default.contents(atPath: "/proc/\(clock.pid)/cmdline"))
                    .write(to: URL(fileURLWithPath: copy))
                #expect(try check(bench, copy) == .exited(0), "\(name)")
                clock.killHard()
                #expect(try check(bench, copy) == .exited(1), "\(name)")
            }
        }
    }

    @Test func `Another program at the port, and a container without a server, are not healthy`() throws {
        try onBench { bench in
            let node = try bench.node()
            for (number, words) in [["coppice", "clock", "-lp", "\(node.port)"], ["coppice", "client"]].enumerated() {
                let file = bench.folder + "/cmdline-\(number)"
                try words.map { $0 + "\0" }.joined().write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try check(bench, file) == .exited(1), "\(words)")
            }
        }
    }
}
