import Testing

extension RealProcesses {
    /// A server of the original system below a node, which reads as its program does: a field of another type than a
    /// string makes it deaf.
    @Suite struct OriginalLeafTests {}
}

/// A root a, its child b, and a server of the original system under b.
private struct Pair {
    let a, b: Node
    let server: OriginalServer

    init(_ bench: Bench, _ flags: [String] = []) throws {
        a = try bench.node("a", secret: "aaa", flags)
        b = try bench.node("b", under: a, secret: "bbb", flags)
        try bench.waitForPath(of: b, [a])
        server = try bench.joinOriginal(to: b)
        let port = a.port
        try server.serve("is told of a") { [server] in server.backup == .init(port: port, secret: "aaa") }
    }
}

extension Bench {
    fileprivate func joinOriginal(to node: Node) throws -> OriginalServer {
        try OriginalServer(
            try connect(to: node, "original server"), port: 3_781, secret: "original", parentSecret: node.secret)
    }
}

extension RealProcesses.OriginalLeafTests {
    @Test func `Announcements over seconds and every message reach its clients, the late ones too`() throws {
        try onBench { bench in
            let pair = try Pair(bench, ["-a", "200"])
            let server = pair.server
            let early = server.newReceiver()
            let client = try bench.client(at: pair.a)
            for n in 0..<10 { try client.say(["n": .integer(n)]) }
            try server.serve("the first ten are shown") { early.shown.count == 10 }
            let late = server.newReceiver()
            for n in 10..<20 { try client.say(["n": .integer(n)]) }
            let start = now()
            try server.serve("the others are shown, and announcements come") {
                early.shown.count == 20 && now() - start > .seconds(1)
            }
            #expect(early.shown.map { $0["n"]?.integer } == (0..<20).map { $0 })
            #expect(late.shown.map { $0["n"]?.integer } == (10..<20).map { $0 })
            #expect(early.shown.allSatisfy { $0["authenticated_user"] == "anonymous" })
            #expect(server.announced.count == 1)
        }
    }

    @Test func `Its clients are heard, and names are registered on both sides without a wait`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let server = pair.server
            let client = try bench.client(at: pair.a, "listener")
            try server.say(["n": 1, "authenticated_user": "u1"], client: 100, serial: 100)
            try client.hear(["n": 1], from: "u1")

            for (name, node) in [("alice", pair.a), ("bob", pair.b)] {
                let newcomer = try bench.connect(to: node, name)
                let start = now()
                try newcomer.sendRegister(name, "s")
                var answer: JSONValue?
                try server.serve("\(name) is registered") {
                    answer = try newcomer.readAvailable()
                    return answer != nil
                }
                #expect(answer?["command"] == "REGISTER_SUCCESS")
                #expect(now() - start < .seconds(3))
            }
            try server.send("LOCK_REQUEST", "carol", "c1")
            try server.serve("carol is allowed") { server.answers.last == ["LOCK_ALLOWED", "carol", "c1"] }
            _ = try bench.client(at: pair.a, as: "carol", secret: "c1")
            try server.send("LOCK_REQUEST", "alice", "other")
            try server.serve("alice is denied") { server.answers.last == ["LOCK_DENIED", "alice", "other"] }
            #expect(!pair.b.program.errors.contains("doesn't answer"))
        }
    }

    @Test func `Users of the tree log in at its clients' place, with the right secret only`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let server = pair.server
            server.accounts = [:]
            let newcomer = try bench.connect(to: pair.a, "alice")
            try newcomer.sendRegister("alice", "right")
            try server.serve("alice is registered") { try newcomer.readAvailable() != nil }
            for (name, secret, verdict) in [
                ("alice", "right", "LOGIN_ALLOWED"), ("alice", "wrong", "LOGIN_DENIED"),
                ("nobody", "right", "LOGIN_DENIED"), ("alice", "right", "LOGIN_ALLOWED"),
            ] {
                let before = server.answers.count
                try server.send("LOGIN_REQUEST", name, secret)
                try server.serve("\(name) with \(secret) is answered") { server.answers.count > before }
                #expect(server.answers.last == [verdict, name, secret])
            }
        }
    }

    @Test func `When its node dies it finds the network by the address that it was told, and hears it`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let client = try bench.client(at: pair.a)
            let receiver = pair.server.newReceiver()
            try client.say(["n": 1])
            try pair.server.serve("the first is shown") { receiver.shown.count == 1 }
            pair.b.killHard()

            let backup = try #require(pair.server.backup)
            let again = try OriginalServer(
                try bench.connect(port: backup.port, "original server again"), port: 3_781, secret: "original",
                parentSecret: backup.secret)
            again.receivers = [receiver]  // its clients are still there
            try again.serve("is below the root") { again.isBelowRoot && !again.announced.isEmpty }
            #expect(again.backup == nil)
            for n in 2...6 { try client.say(["n": .integer(n)]) }
            try again.serve("the rest is shown") { receiver.shown.count == 6 }
            #expect(receiver.shown.map { $0["n"]?.integer } == (1...6).map { $0 })
        }
    }

    @Test func `The log and the tree name it as what it is, and where`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let name = "a server of the original system at localhost:3781"
            try eventually("the log names it") { pair.b.program.errors.contains("took \(name) as a leaf") }
            let tree = try bench.program(
                "tree", ["tree", "-rh", "localhost", "-rp", String(pair.a.port), "-s", "aaa", "--json"])
            let status = try JSONParser.parse(Array(try tree.readToEnd().joined(separator: "\n").utf8))
            let leaves = (status["nodes"]?.elements ?? []).compactMap { $0["leaves"]?.elements }.flatMap { $0 }
            #expect(leaves == [["protocol": "original", "hostname": "localhost", "port": 3781]])
            let picture = try bench.program(
                "picture", ["tree", "-rh", "localhost", "-rp", String(pair.a.port), "-s", "aaa"])
            #expect(
                try picture.readToEnd().contains {
                    $0.contains("localhost:3781") && $0.contains("original")
                })
            pair.server.link.close()
            try eventually("the log says why it went") {
                pair.b.program.errors.contains("lost \(name): the connection was closed")
            }
        }
    }
}
