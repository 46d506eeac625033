import Foundation
import Testing

extension RealProcesses {
    /// A child behind a link that takes less than is said.
    @Suite struct SlowLinkTests {}
}

extension Bench {
    fileprivate func node(
        _ name: String, behind link: SlowLink, above: Node, _ flags: [String] = []
    ) throws -> Node {
        let program = try startNode(name, parentPort: link.port, port: try Sockets.freePort(), flags)
        let node = Node(name, program, port: try Node.port(of: program), secret: Self.secret)
        try waitForPath(of: node, [above])
        return node
    }

    /// `coppice client`, which says so many lines of a kilobyte.
    fileprivate func talker(at node: Node, lines: Int) throws -> Program {
        let file = folder + "/lines"
        let text = (0..<lines).map { "\($0) " + String(repeating: "x", count: 1000) }.joined(separator: "\n")
        try (text + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        return try shell("client", "exec \"$0\" client -rh localhost -rp \(node.port) --json <\(file) >/dev/null")
    }
}

extension Program {
    fileprivate func lines(saying words: String) -> Int {
        errors.split(separator: "\n").count { $0.contains(words) }
    }
}

/// Reads along, and counts.
private struct Audience {
    let client: BaseClient
    private(set) var heard = 0
    private(set) var missed = 0
    private(set) var last = -1
    private(set) var longestSilence = Duration.zero
    private var lastHeard: Instant?

    init(_ client: BaseClient) { self.client = client }

    mutating func listen() throws {
        while let message = try client.readAvailable() {
            if message["command"] == "GAP" {
                missed += (message["through"]?.integer ?? 0) - (message["from"]?.integer ?? 0) + 1
                continue
            }
            guard let text = message["activity"]?["object"]?.text, let number = Int(text.prefix { $0 != " " }) else {
                continue
            }
            let moment = now()
            if let lastHeard { longestSilence = max(longestSilence, moment - lastHeard) }
            lastHeard = moment
            try #require(number > last, "\(number) came after \(last)")
            heard += 1
            last = number
        }
    }
}

extension RealProcesses.SlowLinkTests {
    @Test func `Everybody says what a slow link takes, nobody falls silent, and registrations don't wait behind it`()
        throws
    {
        try onBench { bench in
            let root = try bench.node("root")
            let link = try SlowLink(to: root.port, bytesPerSecond: 300_000)
            defer { link.close() }
            let slow = try bench.node("slow", behind: link, above: root)
            let lines = 2500
            var audiences = [
                Audience(try bench.client(at: root, "audience")), Audience(try bench.client(at: slow, "far audience")),
            ]
            let talker = try bench.talker(at: root, lines: lines)
            let start = now()
            var isAsked = false
            let deadline = Deadline(within: .seconds(60))
            while audiences.contains(where: { $0.last < lines - 1 }) {
                try #require(!deadline.hasPassed, "\(audiences.map(\.last))")
                for index in audiences.indices { try audiences[index].listen() }
                usleep(1000)
                guard !isAsked, now() - start > .seconds(4) else { continue }
                isAsked = true
                let lag = try bench.tree(at: root).value["lag"]
                #expect(lag?["policy"] == "wait")
                #expect(lag?["waits_for"]?["port"]?.integer == slow.port)
                #expect((lag?["waited_ms"]?.integer ?? 0) >= 2000)
                let asked = now()
                _ = try bench.newcomer(at: slow, "carla", "secret")
                #expect(now() - asked < .seconds(3))
                for index in audiences.indices { try audiences[index].listen() }
            }
            for audience in audiences {
                #expect(audience.heard == lines)
                // Some 0.1 s where the machine is free (`make bench-slow-link`), 1.1 s beside builds; 33 s before.
                #expect(audience.longestSilence < .seconds(3), "\(audience.client.name)")
            }
            let seconds = (now() - start).milliseconds / 1000
            #expect(Double(lines) * 1000 / seconds > 0.6 * 300_000, "\(seconds) s")
            #expect(try talker.waitForEnd() == .exited(0))
            #expect(talker.lines(saying: "holds us back") == 1, "\(talker.errors)")
            let held = "clients are held back: the link to"
            try eventually("the log says so") { root.program.errors.contains(held) }
            #expect(root.program.lines(saying: held) == 1)
        }
    }

    @Test func `Where nobody waits, a slow child misses what it can't take, and is told what`() throws {
        try onBench { bench in
            let flags = ["--lag-policy", "gap", "--max-link-lag", "100000"]
            let root = try bench.node("root", flags)
            let fast = try bench.node("fast", under: root, flags)
            try bench.waitForPath(of: fast, [root])
            let link = try SlowLink(to: root.port, bytesPerSecond: 100_000)
            defer { link.close() }
            let slow = try bench.node("slow", behind: link, above: root, flags)
            let lines = 3000
            let far = try bench.connect(to: slow, "far audience")
            try far.send(["command": "LOGIN", "username": "anonymous", "features": ["gap"]])
            try far.expect("LOGIN_SUCCESS")
            var (near, distant) = (Audience(try bench.client(at: fast, "audience")), Audience(far))
            let talker = try bench.talker(at: root, lines: lines)
            let start = now()
            // Thirty seconds' worth of the slow link.
            try eventually("the fast child has heard all", within: .seconds(15)) {
                try near.listen()
                try distant.listen()
                return near.last == lines - 1
            }
            #expect(near.heard == lines)
            #expect(now() - start < .seconds(15))
            #expect(try talker.waitForEnd() == .exited(0))
            let lag = try bench.tree(at: root).value["lag"]
            #expect(lag?["left_behind"]?.elements?.compactMap { $0["port"]?.integer } == [slow.port])
            #expect(lag?["waits_for"] == nil)
            // The last line may be among those that it misses.
            try eventually("the slow child has come to the end", within: .seconds(15)) {
                try distant.listen()
                return distant.heard + distant.missed >= lines
            }
            #expect(distant.missed > lines / 2)
            #expect(distant.heard + distant.missed == lines)
            #expect(root.program.lines(saying: "leaving the child") == 1)
        }
    }

    @Test(arguments: [
        (["--lag-policy", "drop"], "lag-policy"), (["--max-link-lag", "10"], "--max-link-lag has to be at least"),
        (["--lag-policy", "gap", "--max-link-lag", "300000000"], "less than --retention-bytes"),
    ])
    func `Flags that make no sense are refused, and named`(_ flags: [String], _ words: String) throws {
        try onBench { bench in
            let program = try bench.startNode("node", parentPort: nil, port: 0, flags)
            #expect(try program.waitForEnd() != .exited(0))
            #expect(program.errors.contains(words), "\(program.errors)")
        }
    }
}
