import Foundation
import TestNameServer
import Testing

extension RealPrograms {
    /// Nodes that find each other by a name, with a name server of the test's own.
    @Suite(.enabled(if: NameTests.canChooseHosts, "needs a mount of its own")) struct SeedNameTests {}
}

extension RealPrograms.SeedNameTests {
    @Test func `Nodes become one tree by a name that has all their addresses, their own among them`() throws {
        try onNamedBench { names in
            let port = try Sockets.freePort()
            let hosts = ["127.0.0.1", "127.0.0.11", "127.0.0.12"]
            names.server.set("tree.example", to: hosts.map { .address($0) })
            // The first one calls itself by another name than its address.
            let nodes = try hosts.map { host in
                try names.node(
                    port: port, host: host == "127.0.0.1" ? "localhost" : host, bind: host,
                    seeds: "dns:tree.example:\(port)")
            }
            try eventually("one tree") {
                let trees = try hosts.map { try names.addresses(inTreeAt: $0, port: port) }
                return trees.allSatisfy { $0.count == 3 }
            }
            for node in nodes {
                #expect(node.errors.contains("--seeds dns:tree.example:\(port) leads to "))
                #expect(!node.errors.contains("there is no seed"), "\(node.errors)")
            }
        }
    }

    @Test func `A name is asked for again while the node is alone`() throws {
        try onNamedBench { names in
            let ports = (first: try Sockets.freePort(), second: try Sockets.freePort())
            let alone = try names.node(
                port: ports.first, host: "localhost", bind: "127.0.0.1", seeds: "dns:late.example:\(ports.second)")
            try alone.expectLogged("--seeds dns:late.example:\(ports.second) leads to no node")
            // The name comes up after the node.
            _ = try names.node(port: ports.second, host: "127.0.0.11", bind: "127.0.0.11", seeds: "none")
            names.server.set("late.example", to: [.address("127.0.0.11")])
            try eventually("one tree") {
                try names.addresses(inTreeAt: "127.0.0.1", port: ports.first).count == 2
            }
        }
    }

    @Test func `A name without a port leads to the hosts and ports of its SRV records`() throws {
        try onNamedBench { names in
            let ports = (first: try Sockets.freePort(), second: try Sockets.freePort())
            names.server.set("one.example", to: [.address("127.0.0.1")])
            names.server.set("two.example", to: [.address("127.0.0.11")])
            names.server.set(
                "_coppice._tcp.tree.example",
                to: [
                    .service("one.example", port: UInt16(ports.first)),
                    .service("two.example", port: UInt16(ports.second)),
                ])
            _ = try names.node(port: ports.first, host: "one.example", bind: "127.0.0.1", seeds: "dns:tree.example")
            _ = try names.node(port: ports.second, host: "two.example", bind: "127.0.0.11", seeds: "dns:tree.example")
            try eventually("one tree") {
                try names.addresses(inTreeAt: "127.0.0.1", port: ports.first)
                    == ["one.example:\(ports.first)", "two.example:\(ports.second)"]
            }
        }
    }

    private func onNamedBench(_ story: (Names) throws -> Void) throws {
        let server = NameServer(host: "127.0.0.98", port: 53)
        defer { server.close() }
        try onBench { bench in
            try "nameserver 127.0.0.98\noptions timeout:1\n".write(
                toFile: bench.folder + "/resolv", atomically: true, encoding: .utf8)
            try story(Names(bench: bench, server: server))
        }
    }

    /// Programs whose name server is the test's.
    private struct Names {
        let bench: Bench
        let server: NameServer

        func node(port: Int, host: String, bind: String, seeds: String) throws -> Program {
            let node = try program(
                "node-\(host)",
                [
                    "node", "-lp", String(port), "-lh", host, "--bind", bind, "-ms", Bench.secret, "--memory",
                    "--clock",
                    "none", "--seeds", seeds,
                ])
            _ = try Node.port(of: node)
            return node
        }

        /// The addresses of all nodes in the tree that the node at an address knows, sorted.
        func addresses(inTreeAt host: String, port: Int) throws -> [String] {
            let tree = try program(
                "tree", ["tree", "--json", "-rh", host, "-rp", String(port), "-s", Bench.secret])
            try tree.waitForEnd()
            let answer = try JSONSerialization.jsonObject(with: Data(tree.readToEnd().joined().utf8)) as? [String: Any]
            try bench.forget(tree)
            let nodes = answer?["nodes"] as? [[String: Any]] ?? []
            return nodes.map { "\($0["hostname"] ?? "?"):\($0["port"] ?? "?")" }.sorted()
        }

        private func program(_ name: String, _ arguments: [String]) throws -> Program {
            let script = "mount --bind resolv /etc/resolv.conf && exec \"$0\" \"$@\""
            return try bench.program(
                name, path: "/usr/bin/unshare",
                ["-m", "--propagation", "private", "/bin/sh", "-c", script, try Binary.path()] + arguments)
        }
    }
}
