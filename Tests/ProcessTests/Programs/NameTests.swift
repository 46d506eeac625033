import Foundation
import Testing

extension RealPrograms {
    /// Host names that have several addresses, of which some are dead.
    @Suite struct NameTests {
        /// Whether a program can be given an /etc/hosts of its own.
        static let canChooseHosts: Bool = {
            guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") else { return false }
            let arguments = ["-m", "--propagation", "private", "mount", "--bind", "/dev/null", "/etc/hosts"]
            guard let child = try? Spawn.start("/usr/bin/unshare", arguments, folder: "/", errorFile: "/dev/null")
            else {
                return false
            }
            child.input.close()
            var status: Int32 = 0
            return waitpid(child.pid, &status, 0) == child.pid && status == 0
        }()
    }
}

extension RealPrograms.NameTests {
    @Test(.enabled(if: canChooseHosts, "needs a mount of its own"), arguments: ["127.0.0.1", "::1"])
    func `Whatever address of a name the servers listen on, nodes, clocks and clients find them`(address: String) throws
    {
        try onBench { bench in
            let names = try Names(bench)
            let clock = try names.program(
                "clock", ["clock", "-s", Bench.secret, "-lp", "0", "--bind", address, "--data-dir", "clock"])
            let clockPort = try port(in: clock.readLine())
            let root = try names.program("root", node(["--bind", address, "--clock", "both.test:\(clockPort)"]))
            let rootPort = try Node.port(of: root)
            let child = try names.program(
                "child", node(["--clock", "none", "-rh", "both.test", "-rp", String(rootPort), "-s", Bench.secret]))
            _ = try Node.port(of: child)
            try eventually("the child has joined") { child.errors.contains("joined the tree under") }
            // A seed's name is resolved in the same way.
            let seeded = try names.program("seeded", node(["--clock", "none", "--seeds", "both.test:\(rootPort)"]))
            _ = try Node.port(of: seeded)
            try eventually("a root has met the other one") {
                seeded.errors.contains("joined the tree under") || root.errors.contains("joined the tree under")
            }
            try eventually("the clock is followed") { root.errors.contains("follows the clock at both.test") }

            let host = ["-rh", "both.test", "-rp", String(rootPort)]
            let tree = try names.program("tree", ["tree", "-s", Bench.secret] + host)
            #expect(try tree.waitForEnd() == .exited(0))
            let client = try names.program("client", ["client"] + host)
            try client.write("hello")
            client.closeInput()
            #expect(try client.waitForEnd(within: .seconds(20)) == .exited(0), "\(client.errors)")
            let account = try names.program("account", ["account", "list", "-s", Bench.secret] + host)
            #expect(try account.waitForEnd() == .exited(0), "\(account.errors)")
            let load = try names.program(
                "clock-load",
                ["clock-load", "-s", Bench.secret, "both.test:\(clockPort)", "--seconds", "1", "--connections", "2"])
            #expect(try load.waitForEnd(within: .seconds(20)) == .exited(0), "\(load.errors)")
            let flood = try names.program(
                "flood",
                [
                    "flood", "--nodes", "both.test:\(rootPort)", "--clients", "4", "--senders", "1", "--rate", "5",
                    "--duration", "1",
                ])
            #expect(try flood.waitForEnd(within: .seconds(30)) == .exited(0), "\(flood.errors)")
        }
    }

    private func node(_ flags: [String]) -> [String] {
        ["node", "-lp", "0", "-lh", "localhost", "-ms", Bench.secret, "--memory", "--redirect-gap", "0"] + flags
    }

    private func port(in line: String) throws -> String {
        guard let colon = line.lastIndex(of: ":") else { throw Failure("no port in \"\(line)\"") }
        return String(line[line.index(after: colon)...].prefix { $0.isNumber })
    }

    /// Programs for which each of the names `localhost` and `both.test` has the addresses `::1` and 127.0.0.1.
    private struct Names {
        let bench: Bench

        init(_ bench: Bench) throws {
            self.bench = bench
            try "127.0.0.1 localhost both.test\n::1 localhost both.test\n".write(
                toFile: bench.folder + "/hosts", atomically: true, encoding: .utf8)
        }

        func program(_ name: String, _ arguments: [String]) throws -> Program {
            let script = "mount --bind hosts /etc/hosts && exec \"$0\" \"$@\""
            return try bench.program(
                name, path: "/usr/bin/unshare",
                ["-m", "--propagation", "private", "/bin/sh", "-c", script, try Binary.path()] + arguments)
        }
    }
}
