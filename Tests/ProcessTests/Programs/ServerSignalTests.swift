import Foundation
import Testing

extension RealPrograms {
    /// All the signals that end a program by default.
    @Suite struct ServerSignalTests {}
}

/// The signals that a program can catch and that don't say that it is broken.
private let ending =
    [SIGTERM, SIGINT, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGPWR, SIGSTKFLT, 34, 50, 64]

// MARK: - Servers

extension RealPrograms.ServerSignalTests {
    /// A node and a clock, each with a check that it serves.
    private func servers(_ bench: Bench) throws -> [(program: Program, asks: () throws -> Void)] {
        let node = try bench.node("node", ["--log-level", "debug"])
        let clock = try bench.program(
            "clock",
            ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock", "--log-level", "debug"])
        let port = try Node.port(of: clock)
        return [
            (
                node.program,
                {
                    let client = try bench.client(at: node)
                    try client.say(["n": 1])
                    try client.hear(["n": 1])
                    client.close()
                }
            ),
            (
                clock,
                {
                    let client = try bench.connect(port: port)
                    try client.send(["command": "GET_TIME", "count": 1])
                    try client.expect("CLOCK_RESPONSE")
                    client.close()
                }
            ),
        ]
    }

    @Test func `SIGHUP is logged, SIGUSR1 and SIGUSR2 are ignored, and a write beyond a limit ends nothing`() throws {
        try onBench { bench in
            for server in try servers(bench) {
                let log = [
                    (SIGHUP, "SIGHUP: there is nothing to read again"), (SIGUSR1, "SIGUSR1: ignored"),
                    (SIGUSR2, "SIGUSR2: ignored"),
                ]
                for (number, words) in log {
                    server.program.signal(number)
                    try eventually("it is logged") { server.program.errors.contains(words) }
                    try server.asks()
                }
                for number in [SIGPIPE, SIGXFSZ] {
                    server.program.signal(number)
                    try server.asks()
                }
            }
        }
    }

    @Test(arguments: ending)
    func `A signal that ends a program by default lets a node and a clock leave in order`(number: Int32) throws {
        try onBench { bench in
            for server in try servers(bench) {
                try server.asks()
                server.program.signal(number)
                #expect(try server.program.waitForEnd(within: .seconds(5)) == .exited(0))
            }
        }
    }

    @Test func `A second signal ends a node at once, also when it is another one`() throws {
        try onBench { bench in
            let node = try bench.node()
            // This client doesn't close its end, so the node would wait for it.
            let client = try bench.client(at: node)
            node.program.signal(SIGTERM)
            _ = try client.read()
            node.program.signal(SIGINT)
            #expect(try node.program.waitForEnd(within: .milliseconds(1500)) == .exited(0))
        }
    }
}

// MARK: - Programs of a user

extension RealPrograms.ServerSignalTests {
    @Test(arguments: [(SIGINT, 130), (SIGTERM, 0), (SIGHUP, 129), (SIGQUIT, 131)] as [(Int32, Int32)])
    func `A client ends when it is told to, or when its terminal goes`(number: Int32, status: Int32) throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.program("client", ["client", "-rp", String(node.port)])
            try eventually("it is in") { client.errors.contains("logged in") }
            client.signal(number)
            #expect(try client.waitForEnd(within: .seconds(5)) == .exited(status))
        }
    }

    @Test(arguments: [(SIGINT, 0), (SIGTERM, 0), (SIGHUP, 129), (SIGQUIT, 131)] as [(Int32, Int32)])
    func `A watched tree ends when it is told to, or when its terminal goes`(number: Int32, status: Int32) throws {
        try onBench { bench in
            let node = try bench.node()
            let tree = try bench.program(
                "tree", ["tree", "-rp", String(node.port), "-s", node.secret, "--watch", "0.1"])
            _ = try tree.readLine()
            tree.signal(number)
            #expect(try tree.waitForEnd(within: .seconds(5)) == .exited(status))
        }
    }

    @Test func `With nohup a client stays when its terminal goes`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.shell("client", "trap '' HUP; exec \"$0\" client -rp \(node.port)")
            try eventually("it is in") { client.errors.contains("logged in") }
            client.signal(SIGHUP)
            try client.write("still here")
            try eventually("it goes on") { client.readAvailableLine()?.contains("still here") == true }
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `A flood that is told to end reports what it has measured, also if its workers are told to`(
        number: Int32
    ) throws {
        try onBench { bench in
            let node = try bench.node()
            let listener = try bench.client(at: node)
            let flood = try bench.program(
                "flood",
                ["flood", "--nodes", "localhost:\(node.port)", "--clients", "4", "--duration", "60", "--json"])
            // The first message of the run.
            _ = try listener.read(within: .seconds(15))
            let children = try String(contentsOfFile: "/proc/\(flood.pid)/task/\(flood.pid)/children", encoding: .utf8)
            for child in children.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, number) }
            flood.signal(number)
            let report = try JSONParser.parse(Array(flood.readToEnd().joined().utf8))
            #expect(report["interrupted"] == true)
            #expect(report["verdict"] == "right", "\(report["faults"]?.line ?? "")")
            #expect(try flood.waitForEnd() == .exited(0))
        }
    }
}
