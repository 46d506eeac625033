import Foundation
import Testing

extension RealPrograms {
    /// Name servers that don't answer, and machines without IPv4.
    @Suite struct NameServerTests {
        /// Whether a program can be put into a network of its own.
        static let canChooseNetworks: Bool = {
            let tools = ["/usr/bin/unshare", "/usr/bin/nsenter", "/bin/ip"]
            guard geteuid() == 0, tools.allSatisfy(FileManager.default.isExecutableFile(atPath:)) else { return false }
            let script = "ip link set lo up && ip -6 addr show dev lo | grep -q ::1"
            guard
                let child = try? Spawn.start(
                    "/usr/bin/unshare", ["-n", "/bin/sh", "-c", script], folder: "/", errorFile: "/dev/null")
            else {
                return false
            }
            child.input.close()
            var status: Int32 = 0
            return waitpid(child.pid, &status, 0) == child.pid && status == 0
        }()
    }
}

extension RealPrograms.NameServerTests {
    @Test(.enabled(if: RealPrograms.NameTests.canChooseHosts, "needs a mount of its own"))
    func `An end waits for no look-up, whether it is an orderly one or a sharp one`() throws {
        let silent = SilentNameServer()
        defer { silent.close() }
        try onBench { bench in
            try "nameserver \(SilentNameServer.host)\n".write(
                toFile: bench.folder + "/resolv", atomically: true, encoding: .utf8)
            for signals in 1...2 {
                let script = "mount --bind resolv /etc/resolv.conf && exec \"$0\" \"$@\""
                let seeds = (0..<8).map { "n\($0).example.:3780" }.joined(separator: ",")
                let node = try bench.program(
                    "node", path: "/usr/bin/unshare",
                    [
                        "-m", "--propagation", "private", "/bin/sh", "-c", script, try Binary.path(), "node",
                        "-lp", "0", "-ms", Bench.secret, "--memory", "--clock", "none", "--seeds", seeds,
                    ])
                _ = try Node.port(of: node)
                try eventually("names are being looked up") { silent.isAsked() }
                for _ in 0..<signals { node.signal(SIGTERM) }
                #expect(try node.waitForEnd() == .exited(0))
                #expect(!node.errors.contains("takes too long"), "\(node.errors)")
                try bench.forget(node)
            }
        }
    }

    @Test(.enabled(if: canChooseNetworks, "needs a network of its own"))
    func `On a machine that has only IPv6 a node needs no flag`() throws {
        try onBench { bench in
            try "127.0.0.1 localhost\n::1 localhost\n".write(
                toFile: bench.folder + "/hosts", atomically: true, encoding: .utf8)
            let script =
                "mount --bind hosts /etc/hosts && ip link set lo up && ip -4 addr flush dev lo && exec \"$0\" \"$@\""
            let node = try bench.program(
                "node", path: "/usr/bin/unshare",
                [
                    "-m", "-n", "--propagation", "private", "/bin/sh", "-c", script, try Binary.path(), "node",
                    "-lp", "0", "-ms", Bench.secret, "--memory", "--clock", "none",
                ])
            let port = try Node.port(of: node)
            let tree = try bench.program(
                "tree", path: "/usr/bin/nsenter",
                [
                    "-t", String(node.pid), "-m", "-n", try Binary.path(), "tree", "-rp", String(port), "-s",
                    Bench.secret,
                ])
            #expect(try tree.waitForEnd() == .exited(0), "\(tree.errors)")
            try bench.forget(tree)
        }
    }
}

/// Takes questions where a system's name server would, and answers none.
private struct SilentNameServer {
    static let host = "127.0.0.99"
    private let socket: Int32

    init() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(53).bigEndian
        name.sin_addr.s_addr = inet_addr(Self.host)
        let socket = socket
        withUnsafeBytes(of: &name) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            precondition(bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0, "no port 53")
        }
    }

    /// Whether somebody has asked since this was called last.
    func isAsked() -> Bool {
        var question = [UInt8](repeating: 0, count: 512)
        var isAsked = false
        while recv(socket, &question, question.count, Int32(MSG_DONTWAIT)) > 0 { isAsked = true }
        return isAsked
    }

    func close() { _ = Glibc.close(socket) }
}
