import Foundation
import Testing

extension RealPrograms {
    /// The form of the log's lines, and how often a line is repeated.
    @Suite struct LogTests {}
}

extension RealPrograms.LogTests {
    private func lines(_ program: Program) -> [Substring] { program.errors.split(separator: "\n") }

    private func starts(_ line: Substring, with name: String) -> Bool {
        let start = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4} (debug|info|notice|warning|error|critical) (.*)/#
        return line.wholeMatch(of: start)?.output.2.hasPrefix("\(name): ") == true
    }

    @Test func `Each line names the node or the clock by its port, and no module of the sources`() throws {
        try onBench { bench in
            let node = try bench.node()
            let clock = try bench.program(
                "clock", ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock"])
            let port = try Node.port(of: clock)
            for (program, name) in [(node.program, "node \(node.port)"), (clock, "clock \(port)")] {
                program.signal(SIGHUP)
                try eventually("it logs") { program.errors.contains("SIGHUP") }
                for line in lines(program) {
                    #expect(starts(line, with: name), "\(line)")
                    #expect(!line.contains("[Host]") && !line.contains("[Clock]"), "\(line)")
                }
            }
        }
    }

    @Test func `Lines have the name that --name gives`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--name", "berlin-1"])
            let clock = try bench.program(
                "clock",
                ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock", "--name", "berlin-clock"])
            _ = try Node.port(of: clock)
            for (program, name) in [(node.program, "berlin-1"), (clock, "berlin-clock")] {
                program.signal(SIGHUP)
                try eventually("it logs") { program.errors.contains("SIGHUP") }
                for line in lines(program) { #expect(starts(line, with: name), "\(line)") }
            }
            let nameless = try bench.program("node", ["node", "--memory", "-ms", "s", "--name", ""])
            #expect(try nameless.waitForEnd() != .exited(0))
            #expect(nameless.errors.contains("--name must not be empty"))
        }
    }

    @Test func `The same fault is logged once, and then its count, although its words differ`() throws {
        try onBench { bench in
            let clock = try bench.program(
                "clock", ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock"])
            let port = try Node.port(of: clock)
            for n in 0..<20 {
                let client = try bench.connect(port: port)
                try client.send(["command": "GET_TIME", "count": 1, "seen": .string("90000000000000000\(n)")])
                _ = try client.read()
                client.close()
            }
            func told() -> [Substring] { lines(clock).filter { $0.contains("was refused") } }
            try eventually("it is told") { !told().isEmpty }
            #expect(told().count == 1, "\(clock.errors)")
            // The line names the refused client by its whole address.
            #expect(told().first?.contains(#/127\.0\.0\.1:\d+ was refused/#) == true)
            clock.signal(SIGTERM)
            #expect(try clock.waitForEnd() == .exited(0))
            #expect(told().count == 2, "what was held back is told at the end")
            #expect(told().last?.contains("(19 more in ") == true, "\(clock.errors)")
        }
    }

    @Test func `An IPv6 address is in brackets wherever it is written`() throws {
        try onBench { bench in
            let program = try bench.program(
                "node",
                [
                    "node", "-lp", "0", "-lh", "::1", "--bind", "::1", "--memory", "-ms", "s", "-rh", "::1", "-rp", "1",
                    "--clock", "[::1]:1", "--lost-after", "1100",
                ])
            let first = try program.readLine()
            #expect(first.contains(#/^listening on \[::1\]:\d+$/#), "\(first)")
            let port = try #require(first.split(separator: ":").last)
            let tree = try bench.program("tree", ["tree", "-rh", "::1", "-rp", String(port), "-s", "s"])
            #expect(try tree.readToEnd().joined().contains("[::1]:\(port)"))
            // Nobody listens at the parent's address.
            #expect(try tree.waitForEnd() == .exited(1))
            try eventually("the parent is named") { program.errors.contains("[::1]:1") }
            #expect(!program.errors.contains(" ::1:"), "\(program.errors)")
        }
    }

    @Test func `A log has colours on a terminal, and none with NO_COLOR or on a dumb one`() throws {
        try onBench { bench in
            for (variables, hasColours) in [
                ("TERM=xterm", true), ("TERM=xterm NO_COLOR=1", false), ("TERM=dumb", false),
            ] {
                let terminal = try PseudoTerminal()
                let node = try bench.shell(
                    "node",
                    "unset NO_COLOR; export \(variables); exec \"$0\" node -lp 0 -lh localhost --memory -ms s "
                        + "--clock none 2>\(terminal.path)")
                _ = try Node.port(of: node)
                let line = try terminal.readLine()
                #expect(line.contains("\u{1b}[") == hasColours, "\(variables): \(line)")
            }
        }
    }

    @Test func `A client that is closed is named by its user and its address`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-lag-bytes", "65536"])
            let deaf = try bench.client(at: node, "deaf")
            _ = deaf
            let speaker = try bench.client(at: node, "speaker")
            let text = JSONValue.string(String(repeating: "x", count: 50_000))
            var n = 0
            try eventually("it is cut", within: .seconds(60)) {
                n += 1
                try speaker.say(["n": .integer(n), "t": text])
                try speaker.hear(["n": .integer(n), "t": text])
                return node.program.errors.contains("reads too slowly")
            }
            try node.program.expectLogged(#/closed the client anonymous at 127\.0\.0\.1:\d+: it reads/#)
        }
    }
}
