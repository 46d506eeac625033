import Foundation
import Testing

extension RealProcesses {
    /// Operators list and end sessions, and ban (`coppice session`).
    @Suite struct SessionTests {}
}

extension RealProcesses.SessionTests {
    private func node(
        _ bench: Bench, _ name: String, under parent: Node? = nil, port: Int? = nil, _ flags: [String] = []
    ) throws -> Node {
        try bench.node(name, under: parent, port: port, ["--data-dir", bench.folder + "/\(name)"] + flags)
    }

    /// What `coppice session …` prints in JSON at a node.
    @discardableResult
    private func session(_ bench: Bench, at node: Node, _ arguments: [String]) throws -> [JSONValue] {
        let program = try bench.program(
            "session", ["session"] + arguments + ["--json", "-rp", String(node.port), "-s", node.secret])
        let lines = try program.readToEnd(within: .seconds(30))
        let ending = try program.waitForEnd()
        guard ending == .exited(0) else { throw Failure("session \(arguments): \(ending): \(program.errors)") }
        try bench.forget(program)
        return try lines.map { try JSONParser.parse(Array($0.utf8)) }
    }

    private func refusal(_ bench: Bench, at node: Node, _ name: String, _ secret: String) throws -> String? {
        let client = try bench.connect(to: node)
        defer { client.close() }
        try client.sendLogin(as: name, secret: secret)
        let answer = try client.read()
        return answer["command"] == "LOGIN_SUCCESS" ? nil : answer["info"]?.text ?? ""
    }

    @Test func `A list has the sessions of all nodes, with who, whence, how and since when`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let anna = try bench.newcomer(at: child, "anna", "s")
            let other = try bench.client(at: root)
            for n in 0..<3 {
                try anna.say(["n": .integer(n)], as: "anna", secret: "s")
                for client in [anna, other] { try client.hear(["n": .integer(n)], from: "anna") }
            }
            let all = try session(bench, at: root, ["list"])
            #expect(Set(all.compactMap { $0["username"]?.text }) == ["anna", "anonymous"])
            let hers = try session(bench, at: root, ["list", "--name", "ANNA"])
            #expect(hers.count == 1)
            #expect(hers.first?["node"] == .string("localhost:\(child.port)"))
            #expect(hers.first?["messages"] == 3)
            #expect(hers.first?["transport"] == "tcp")
            #expect(hers.first?["lag_bytes"] == 0)
            let name = try #require(hers.first?["session"]?.text)
            #expect(try session(bench, at: root, ["show", name]) == hers)
            #expect(try session(bench, at: child, ["list", "--address", "127.0.0.1"]).count == 2)
            #expect(try session(bench, at: child, ["list", "--address", "192.0.2.0/24"]).isEmpty)
            let ended = try session(bench, at: root, ["end", "--session", name, "--reason", "tidying up"])
            #expect(ended.first?["sessions"] == 1)
            let told = try anna.expect("AUTHENTICATION_FAIL")
            #expect(told["info"] == "an operator has ended this session: tidying up")
            try anna.expectEnd()
            #expect(try refusal(bench, at: child, "anna", "s") == nil)
        }
    }

    @Test func `A ban that was made while a node was cut off holds there, at a newcomer, and after restarts`() throws {
        try onBench { bench in
            let a = try node(bench, "a")
            let b = try node(bench, "b", under: a)
            let c = try node(bench, "c", under: a)
            for child in [b, c] { try bench.waitForPath(of: child, [a]) }
            let there = try bench.newcomer(at: b, "mallory", "m")
            let away = try bench.client(at: c, as: "mallory", secret: "m")
            let free = try bench.newcomer(at: c, "anna", "s")
            // Stopped, it is cut off: its links are silent, and are lost.
            c.program.signal(SIGSTOP)
            try eventually("a has lost c", within: .seconds(20)) {
                a.program.errors.contains("lost the child")
            }
            let banned = try session(bench, at: a, ["ban", "--name", "mallory", "--for", "2h", "--reason", "spam"])
            #expect(banned.first?["nodes"] == 2)
            #expect(banned.first?["durable"] == 2)
            let told = try there.expect("AUTHENTICATION_FAIL")
            #expect(told["info"]?.text?.hasPrefix("mallory is banned until 20") == true, "\(told.line)")
            #expect(told["info"]?.text?.hasSuffix(": spam") == true)
            c.program.signal(SIGCONT)
            let later = try away.expect("AUTHENTICATION_FAIL", within: .seconds(30))
            #expect(later["info"] == told["info"])
            let late = try node(bench, "late", under: a)
            try bench.waitForPath(of: late, [a])
            for at in [a, b, c, late] {
                try eventually("the ban holds at \(at.name)") {
                    try refusal(bench, at: at, "mallory", "m") == told["info"]?.text
                }
            }
            try free.say(["n": 1], as: "anna", secret: "s")
            try free.hear(["n": 1], from: "anna")
            for gone in [a, b, c, late] { gone.killHard() }
            let again = try node(bench, "c", port: c.port)
            #expect(try refusal(bench, at: again, "mallory", "m") == told["info"]?.text)
            #expect(try session(bench, at: again, ["list", "--bans"]).map { $0["username"] } == ["mallory"])
            try session(bench, at: again, ["unban", "--name", "mallory"])
            #expect(try refusal(bench, at: again, "mallory", "m") == nil)
            // One that still has the ban on its disk doesn't bring it back.
            let old = try node(bench, "b", under: again, port: b.port)
            try bench.waitForPath(of: old, [again])
            for at in [again, old] {
                try eventually("mallory is let in at \(at.name)") { try refusal(bench, at: at, "mallory", "m") == nil }
            }
        }
    }

    @Test func `Behind a balancer the client's address is banned, and not the balancer's`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let node = try bench.node("node", under: root, ["--proxy-from", "127.0.0.1"])
            func enter(_ address: String) throws -> BaseClient {
                let client = try bench.connect(to: node)
                try client.send(
                    bytes: Array("PROXY TCP4 \(address) 192.0.2.1 4711 3780\r\n".utf8)
                        + Array(#"{"command":"LOGIN","username":"anonymous"}"#.utf8) + [10])
                return client
            }
            let (banned, other) = (try enter("203.0.113.7"), try enter("198.51.100.9"))
            for client in [banned, other] { try client.expect("LOGIN_SUCCESS") }
            try eventually("the root lists the sessions behind the balancer") {
                try session(bench, at: root, ["list"]).count == 2
            }
            let listed = try session(bench, at: root, ["list", "--address", "203.0.113.0/24"])
            #expect(listed.map { $0["from"] } == ["203.0.113.7"])
            let done = try session(bench, at: root, ["ban", "--address", "203.0.113.0/24"])
            #expect(done.first?["sessions"] == 1)
            #expect(done.first?["nodes"] == 2)
            try banned.expect("AUTHENTICATION_FAIL", ["info": "your address is banned for good"])
            try banned.expectEnd()
            try enter("203.0.113.9").expect("LOGIN_FAILED", ["info": "your address is banned for good"])
            try enter("198.51.100.10").expect("LOGIN_SUCCESS")
            try other.expectNothingYet()
        }
    }

    @Test func `Mistakes are named, and nothing is asked`() throws {
        try onBench { bench in
            let cases: [(arguments: [String], says: String)] = [
                (["ban"], "--name"), (["ban", "--name", "a", "--session", "b"], "one of"),
                (["ban", "--address", "10.0.0.1/8"], "10.0.0.1/8"), (["ban", "--name", "a", "--for", "2"], "--for"),
                (["end"], "--name"),
                (["ban", "--name", "a", "--reason", String(repeating: "x", count: 257)], "--reason"),
            ]
            for (arguments, says) in cases {
                let program = try bench.program("session", ["session"] + arguments + ["-s", "s"])
                let ending = try program.waitForEnd()
                #expect(ending != .exited(0), "\(arguments)")
                #expect(program.errors.contains(says), "\(arguments): \(program.errors)")
            }
        }
    }
}
