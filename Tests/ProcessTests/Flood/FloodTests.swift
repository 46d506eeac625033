import Foundation
import Testing

extension RealProcesses {
    /// `coppice flood`: right when all is right, and wrong for each kind of fault.
    @Suite struct FloodTests {}
}

extension RealProcesses.FloodTests {
    /// Starts a flood; a short one unless other flags say so.
    private func flood(_ bench: Bench, ports: [Int], _ flags: [String]) throws -> Program {
        let nodes = ports.map { "localhost:\($0)" }.joined(separator: ",")
        let program = try bench.program("flood", ["flood", "--nodes", nodes, "--json", "--seed", "1"] + flags)
        program.closeInput()
        return program
    }

    private func report(of program: Program) throws -> JSONValue {
        let lines = try program.readToEnd(within: .seconds(60))
        guard lines.count == 1 else { throw Failure("not one line of JSON: \(lines)\n\(program.errors)") }
        return try JSONParser.parse(Array(lines[0].utf8))
    }

    private func run(_ bench: Bench, _ nodes: [Node], _ flags: [String]) throws -> JSONValue {
        let program = try flood(bench, ports: nodes.map(\.port), flags)
        let report = try report(of: program)
        let ending = try program.waitForEnd()
        #expect(report["verdict"] == "right", "\(report["faults"]?.line ?? "")")
        #expect(ending == .exited(0))
        #expect(program.errors.split(separator: "\n").allSatisfy { !$0.contains("Error") })
        return report
    }

    @Test(arguments: FaultyServer.Fault.allCases)
    func `Each fault of a server is found, and nothing else`(_ fault: FaultyServer.Fault) throws {
        try onBench { bench in
            let server = try FaultyServer(fault)
            let program = try flood(
                bench, ports: [server.port],
                ["--clients", "5", "--window", "4", "--duration", "0.5", "--patience", "0.3"])
            try server.serve(clients: 5, while: program)
            let report = try report(of: program)
            let faults = try #require(report["faults"])
            let count = { (name: String) in faults[name]?.integer ?? -1 }
            let all = (count("lost"), count("doubled"), count("outOfOrder"), count("corrupted"))
            switch fault {
            case .none: #expect(all == (0, 0, 0, 0))
            case .loses: #expect(all == (1, 0, 0, 0))
            case .losesForAll: #expect(all == (5, 0, 0, 0))
            case .doubles: #expect(all == (0, 1, 0, 0))
            case .reorders: #expect(all == (0, 0, 1, 0))
            // What can't be read has, besides, never come.
            case .corrupts: #expect(all == (1, 0, 0, 1))
            case .closes: #expect(all == (0, 0, 0, 0))
            }
            #expect(report["closedByServer"] == (fault == .closes ? 1 : 0))
            #expect(report["verdict"] == (fault == .none ? "right" : "wrong"))
            #expect(try program.waitForEnd() == .exited(fault == .none ? 0 : 1))
        }
    }

    @Test func `All senders at all nodes of a tree, in several processes`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let left = try bench.node("left", under: root)
            let right = try bench.node("right", under: root)
            let report = try run(
                bench, [left, right],
                [
                    "--clients", "60", "--clients-per-worker", "30", "--senders", "20", "--window", "40", "--duration",
                    "1",
                ])
            #expect((report["sent"]?.integer ?? 0) >= 40)
            #expect(report["deliveries"]?.integer == report["sent"]?.integer.map { $0 * 60 })
        }
    }

    @Test func `Clients that are redirected follow, and get everything where they come to`() throws {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2", "-a", "50"])
            let other = try bench.node("other", under: root, ["--redirect-gap", "2", "-a", "50"])
            try eventually("both know each other") { try bench.tree(at: root).children == [other.port] }
            let report = try run(
                bench, [root],
                ["--clients", "20", "--ramp", "40", "--senders", "4", "--window", "8", "--duration", "0.5"])
            #expect((report["redirects"]?.integer ?? 0) > 0)
        }
    }

    @Test func `Clients come and go, and some don't read for a while`() throws {
        try onBench { bench in
            let node = try bench.node()
            let report = try run(
                bench, [node],
                [
                    "--clients", "40", "--rate", "200", "--churn", "40", "--slow", "10", "--slow-time", "0.5",
                    "--duration",
                    "1.5", "--pid", String(node.program.pid),
                ])
            #expect((report["reconnections"]?.integer ?? 0) >= 20)
            #expect(report["slow"] == 4)
            #expect(report["slowClosed"] == 0)
            #expect((report["server"]?["cpuMicroseconds"]?.integer ?? 0) > 0)
            let p50 = report["latency"]?["p50"]?.integer ?? 0
            #expect(p50 > 0 && p50 <= report["latency"]?["max"]?.integer ?? 0)
        }
    }

    @Test func `Clients whose server dies go on at others, and lack nothing`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let doomed = try bench.node("doomed", under: root)
            let other = try bench.node("other", under: root)
            let program = try flood(
                bench, ports: [root, doomed, other].map(\.port),
                [
                    "--clients", "60", "--rate", "200", "--duration", "3", "--resume", "--sender-nodes",
                    "localhost:\(root.port)",
                ])
            try eventually("clients are at the node") {
                let nodes = try bench.tree(at: doomed).value["nodes"]?.elements ?? []
                let asked = nodes.first { $0["port"]?.integer == doomed.port }
                return (asked?["clients"]?.integer ?? 0) >= 20
            }
            doomed.killHard()
            let report = try report(of: program)
            #expect(report["verdict"] == "right", "\(report["faults"]?.line ?? "")")
            #expect(report["lostServer"] == report["returned"])
            #expect((report["lostServer"]?.integer ?? 0) >= 20)
            #expect(try program.waitForEnd() == .exited(0))
        }
    }

    @Test func `Clients that their server sends on continue there, and lack nothing`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let drained = try bench.node("drained", under: root)
            try bench.waitForPath(of: drained, [root])
            let program = try flood(
                bench, ports: [drained.port],
                [
                    "--clients", "40", "--rate", "500", "--duration", "4", "--resume", "--resume-nodes",
                    "localhost:\(root.port)", "--sender-nodes", "localhost:\(root.port)",
                ])
            try eventually("clients are at the node") {
                let nodes = try bench.tree(at: drained).value["nodes"]?.elements ?? []
                let asked = nodes.first { $0["port"]?.integer == drained.port }
                return (asked?["clients"]?.integer ?? 0) == 39
            }
            let drain = try bench.program(
                "drain", ["drain", "--at", "localhost:\(drained.port)", "--rate", "100", "-s", Bench.secret])
            #expect(try drain.waitForEnd() == .exited(0))
            let report = try report(of: program)
            #expect(report["verdict"] == "right", "\(report["faults"]?.line ?? "")")
            #expect(report["redirects"] == 39 && report["lostServer"] == 39 && report["returned"] == 39)
            #expect(try program.waitForEnd() == .exited(0))
        }
    }

    @Test func `Clients with names go on at the servers that are named for that, by their resume tokens`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let doomed = try bench.node("doomed", under: root)
            try bench.waitForPath(of: doomed, [root])
            let program = try flood(
                bench, ports: [doomed.port],
                [
                    "--clients", "20", "--rate", "100", "--duration", "3", "--register", "--resume", "--resume-nodes",
                    "localhost:\(root.port)", "--sender-nodes", "localhost:\(root.port)",
                ])
            try eventually("clients are at the node", within: .seconds(20)) {
                let nodes = try bench.tree(at: doomed).value["nodes"]?.elements ?? []
                let asked = nodes.first { $0["port"]?.integer == doomed.port }
                return (asked?["clients"]?.integer ?? 0) == 19
            }
            doomed.killHard()
            let report = try report(of: program)
            #expect(report["verdict"] == "right", "\(report["faults"]?.line ?? "")")
            #expect(report["lostServer"] == 19 && report["returned"] == 19)
            #expect((report["returnMicroseconds"]?.integer ?? 0) > 0)
            #expect(try program.waitForEnd() == .exited(0))
        }
    }

    @Test func `Clients with names register, log in and talk`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try run(
                bench, [node], ["--clients", "4", "--senders", "4", "--window", "8", "--duration", "0.3", "--register"])
        }
    }

    @Test func `The page and the text tell the same run`() throws {
        try onBench { bench in
            let node = try bench.node()
            let page = bench.folder + "/page.html"
            let program = try bench.program(
                "flood",
                [
                    "flood", "--nodes", "localhost:\(node.port)", "--clients", "10", "--rate", "50", "--duration",
                    "2.5",
                    "--html", page,
                ])
            program.closeInput()
            let text = try program.readToEnd().joined(separator: "\n")
            #expect(try program.waitForEnd() == .exited(0))
            let html = try String(contentsOfFile: page, encoding: .utf8)
            for expected in ["10 clients", "0 lost, 0 doubled, 0 out of order, 0 corrupted"] {
                #expect(text.contains(expected), "\(text)")
                #expect(html.contains(expected))
            }
            #expect(html.contains("<polyline") && html.hasSuffix("</html>\n"))
            #expect(!text.contains("\u{1b}") && !program.errors.contains("\u{1b}"))
        }
    }

    @Test func `Nobody there, or flags that make no sense: status 2 and a reason that names what to change`() throws {
        try onBench { bench in
            let nobody = try Sockets.freePort()
            let wrong = [
                (["--clients", "3"], "localhost:\(nobody)"), (["--clients", "0"], "--clients"),
                (["--payload", "8"], "--payload"), (["--rate", "1", "--window", "1"], "--rate"),
                (["--senders", "9", "--clients", "8"], "--senders"), (["--pid", "999999999"], "--pid"),
                (["--duration", "0"], "--duration"), (["--nosuch"], "--nosuch"),
                (["--html", "/no-such-folder/page.html"], "--html"), (["--html", bench.folder], "--html"),
            ]
            for (flags, reason) in wrong {
                let program = try flood(bench, ports: [nobody], flags)
                #expect(try program.readToEnd() == [])
                #expect(try program.waitForEnd() == .exited(2), "\(flags)")
                #expect(program.errors.contains(reason), "\(flags): \(program.errors)")
            }
        }
    }

    @Test func `Control-C ends the sending, and what was measured is reported`() throws {
        try onBench { bench in
            let node = try bench.node()
            let program = try flood(
                bench, ports: [node.port], ["--clients", "5", "--rate", "100", "--duration", "60"])
            try eventually("it floods") { try bench.tree(at: node).value["log"]?.integer ?? 0 > 20 }
            program.signal(SIGINT)
            let report = try report(of: program)
            #expect(report["interrupted"] == true)
            #expect(report["verdict"] == "right")
            #expect(try program.waitForEnd() == .exited(0))
        }
    }
}
