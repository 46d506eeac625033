import Foundation
import Testing

extension RealProcesses {
    /// Clients whose machine is gone: no end and no reset ever comes of them.
    @Suite struct VanishingTests {}
}

extension RealProcesses.VanishingTests {
    @Test(.enabled(if: Lab.isAllowed, "needs network namespaces"))
    func `Clients that vanish without a word are gone in time, whether or not something is said to them`() throws {
        let lab = try Lab(count: 2)
        defer { lab.remove() }
        try onBench { bench in
            let flags = [
                "node", "-lh", lab.address(of: 0), "--bind", "0.0.0.0", "--memory", "--clock", "none", "--redirect-gap",
                "0",
                "--vanished-after", "5",
            ]
            // One in which somebody talks, and one in which nobody does.
            let places = [3780, 3781]
            let programs = try places.map { port in
                try lab.inside(0) { try bench.program("node \(port)", flags + ["-lp", String(port)]) }
            }
            for program in programs { _ = try Node.port(of: program) }
            let talker = try lab.inside(0) { try client(of: lab, port: places[0]) }
            let vanishing = try places.flatMap { port in
                try (0..<3).map { _ in try lab.inside(1) { try client(of: lab, port: port) } }
            }
            defer { (vanishing + [talker]).forEach { $0.close() } }
            for (program, expected) in zip(programs, [4, 3]) {
                #expect(connections(of: program, in: lab) == expected)
            }
            try lab.split(off: [1])
            let since = now()
            try eventually("nobody who vanished is counted any more", within: .seconds(15)) {
                try talker.say(["n": 1])
                try talker.hear(["n": 1])
                usleep(100_000)
                return connections(of: programs[0], in: lab) == 1 && connections(of: programs[1], in: lab) == 0
            }
            // Not on the first lost packet either.
            #expect(now() - since > .seconds(2))
            try talker.say(["n": 2])
            try talker.hear(["n": 2])
        }
    }

    @Test func `A client that is alive and doesn't read isn't taken for one that has vanished`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--vanished-after", "5"])
            let stopped = try bench.client(at: node, "stopped")
            let talker = try bench.client(at: node, "talker")
            let count = 12_000
            let text = JSONValue.string(String(repeating: "x", count: 1000))
            for number in 0..<count {
                try talker.say(["n": .integer(number), "t": text])
                try talker.hear(["n": .integer(number), "t": text])
            }
            // Twice as long as one that vanished would be kept; nobody can tell sooner.
            sleep(10)
            for number in 0..<count { try stopped.hear(["n": .integer(number), "t": text]) }
            try stopped.say(["n": -1])
            try stopped.hear(["n": -1])
        }
    }

    private func client(of lab: Lab, port: Int) throws -> BaseClient {
        let descriptor = try Sockets.beginConnecting(port: port, address: lab.number(of: 0))
        guard Descriptor.wait(descriptor.number, for: POLLOUT, until: Deadline(within: .seconds(5))) else {
            throw Failure("cannot connect to port \(port)")
        }
        let client = BaseClient(descriptor, name: "client of \(port)")
        try client.login()
        return client
    }

    /// How many connections the program has, as the kernel counts them.
    private func connections(of program: Program, in lab: Lab) -> Int {
        let folder = "/proc/\(program.pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sockets = Set(
            names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
                .filter { $0.hasPrefix("socket:[") }.map { $0.dropFirst(8).dropLast() })
        let table = (try? String(contentsOfFile: "/proc/\(program.pid)/net/tcp", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").dropFirst().filter { row in
            let fields = row.split(separator: " ")
            // 01: established.
            return fields.count > 9 && fields[3] == "01" && sockets.contains(fields[9])
        }.count
    }
}
