import Foundation
import Testing

extension RealPrograms {
    /// How the programs start and end.
    @Suite struct SignalTests {}
}

// MARK: - The end

extension RealPrograms.SignalTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `A node that is asked to end does so soon, with status 0, whoever is connected`(signal: Int32) throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let listener = try bench.client(at: root, "listener")
            let halfway = try bench.connect(to: root, "in the middle of a line")
            try halfway.send(bytes: Array("{\"command\":".utf8))
            _ = try bench.baseLeaf(at: root)
            root.program.signal(signal)
            #expect(try root.program.waitForEnd(within: .seconds(5)) == .exited(0))
            // The client sees the end of the connection. Before it, the node may send a REDIRECT, which every client
            // knows.
            let last = try? listener.read()
            if let last {
                #expect(last["command"] == "REDIRECT")
                #expect(last["port"] == .integer(child.port))
            }
            try listener.expectEnd()
            #expect(!Sockets.isOpen(port: root.port))
            // The remaining node continues to serve.
            let client = try bench.client(at: child)
            try client.say(["n": 1])
            try client.hear(["n": 1])
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `A clock that is asked to end does so soon, with status 0`(signal: Int32) throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let clock = try bench.program(
                "clock", ["clock", "--plain-links", "-lp", String(port), "--data-dir", bench.folder + "/clock-data"])
            _ = try Node.port(of: clock)
            let client = try bench.connect(port: port)
            try client.send(["command": "GET_TIME", "count": 5])
            try client.expect("CLOCK_RESPONSE")
            clock.signal(signal)
            #expect(try clock.waitForEnd(within: .seconds(5)) == .exited(0))
            try client.expectEnd()
        }
    }

    @Test func `A client that reads nothing does not keep a node from ending`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try bench.client(at: node, "deaf")
            let speaker = try bench.client(at: node, "speaker")
            let text = JSONValue.string(String(repeating: "x", count: 50_000))
            for n in 0..<150 {
                try speaker.say(["n": .integer(n), "t": text])
                try speaker.hear(["n": .integer(n), "t": text])
            }
            node.program.signal(SIGTERM)
            #expect(try node.program.waitForEnd(within: .seconds(8)) == .exited(0))
        }
    }
}

// MARK: - The start

extension RealPrograms.SignalTests {
    @Test(arguments: ["node", "clock"])
    func `A port that is in use ends the program with another status and a message that names the flag`(
        command: String
    ) throws {
        try onBench { bench in
            let taken = try StandInListener()
            let flags =
                command == "node"
                ? ["--memory", "-ms", "s", "-lh", "localhost"]
                : ["--plain-links", "--data-dir", bench.folder + "/data"]
            let program = try bench.program(command, [command, "-lp", String(taken.port)] + flags)
            guard case .exited(let status) = try program.waitForEnd(), status != 0 else {
                throw Failure("it ended with \(program.ending!)")
            }
            #expect(program.errors.contains("-lp") || program.errors.contains("--listen-port"), "\(program.errors)")
            #expect(program.errors.contains(String(taken.port)), "\(program.errors)")
            #expect(try program.readToEnd() == [], "it listens nowhere")
        }
    }

    @Test func `A root without a secret makes one, prints it on standard error, and wants it`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let program = try bench.program(
                "root", ["node", "-lp", String(port), "-lh", "localhost", "--memory", "--clock", Bench.nobody])
            _ = try Node.port(of: program)
            try eventually("the secret is told") {
                let words = program.errors.split { !$0.isLetter && !$0.isNumber && !"+/=_-".contains($0) }
                return try words.filter { $0.count >= 16 }.contains { word in
                    let peer = try bench.connect(port: port)
                    try peer.send(["command": "AUTHENTICATE", "secret": .string(String(word))])
                    return try peer.read()["command"] == "SERVER_ANNOUNCE"
                }
            }
            for guess in ["", "bbb"] {
                let peer = try bench.connect(port: port)
                try peer.send(["command": "AUTHENTICATE", "secret": .string(guess)])
                try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: \(guess)")
            }
        }
    }

    @Test func `Long names mean the same as the report's flags`() throws {
        try onBench { bench in
            let root = try bench.node("root", secret: "rrr")
            let program = try bench.program(
                "child",
                [
                    "node", "--listen-port", "0", "--hostname", "localhost", "--parent-host", "localhost",
                    "--parent-port", String(root.port), "--parent-secret", "rrr", "--secret", "ccc", "--memory",
                    "--clock", Bench.nobody,
                ])
            let child = Node("child", program, port: try Node.port(of: program), secret: "ccc")
            try bench.waitForPath(of: child, [root])
            let peer = try bench.connect(to: child)
            try peer.send(["command": "AUTHENTICATE", "secret": "rrr"])
            try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: rrr")
            _ = try bench.baseLeaf(at: child)
        }
    }

    @Test func `One secret for both sides is enough, by either flag`() throws {
        try onBench { bench in
            let root = try bench.node("root", secret: "one")
            for flag in ["-s", "-ms"] {
                let program = try bench.program(
                    "child",
                    [
                        "node", "-lp", String(try Sockets.freePort()), "-lh", "localhost", "-rh", "localhost", "-rp",
                        String(root.port), flag, "one", "--memory", "--clock", Bench.nobody,
                    ])
                let child = Node("child", program, port: try Node.port(of: program), secret: "one")
                try bench.waitForPath(of: child, [root])
            }
        }
    }

    @Test func `--memory keeps nothing on disk`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try bench.newcomer(at: node, "alice", "s")
            let files = try FileManager.default.contentsOfDirectory(atPath: bench.folder)
            #expect(files.allSatisfy { $0.hasSuffix(".stderr") }, "\(files)")
        }
    }

    @Test func `--version and --help end with 0, and wrong arguments with another status`() throws {
        try onBench { bench in
            for (arguments, isFine) in [
                (["--version"], true), (["--help"], true), (["node", "--help"], true),
                (["node", "--no-such-flag"], false),
                (["node", "-lp", "seventy", "--memory"], false), (["no-such-command"], false),
            ] {
                let program = try bench.program("program", arguments)
                program.closeInput()
                guard case .exited(let status) = try program.waitForEnd() else {
                    throw Failure("\(arguments) ended with \(program.ending!)")
                }
                #expect((status == 0) == isFine, "\(arguments): \(status)")
                let printed = try program.readToEnd().joined() + program.errors
                #expect(!printed.isEmpty, "\(arguments) says nothing")
            }
        }
    }
}
