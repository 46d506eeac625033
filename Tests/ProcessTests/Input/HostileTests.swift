import Foundation
import Testing

// MARK: - Lines without an end, and connections that break

extension RealProcesses.BadInputTests {
    @Test(arguments: [nil, 4_096])
    func `A line longer than the limit is refused before its newline comes`(limit: Int?) throws {
        try onBench { bench in
            let node = try bench.node("node", limit.map { ["--max-line-bytes", String($0)] } ?? [])
            let limit = limit ?? 65_536
            let witness = try bench.client(at: node, "witness")

            let fitting = try bench.client(at: node, "fitting")
            let start = #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"t":""#
            let text = String(repeating: "x", count: limit - start.utf8.count - 3 - 1)
            try fitting.send(start + text + "\"}}")  // one byte below the limit, newline not counted
            try fitting.hear(["t": .string(text)])
            try witness.hear(["t": .string(text)])

            let long = try bench.connect(to: node, "long")
            try long.send(bytes: [UInt8](repeating: 0x78, count: limit + 2))
            let answer = try long.expect("INVALID_MESSAGE")
            let info = answer["info"]?.text?.lowercased() ?? ""
            #expect(["long", "limit", "large", "big"].contains { info.contains($0) }, "\(info)")
            try long.expectEnd()

            try witness.say(["n": 1])
            try witness.hear(["n": 1])
        }
    }

    @Test func `The answer to a line that is too long arrives although its sender goes on sending`() throws {
        // Closing with unread input would turn into a reset, which can destroy the answer on its way.
        try onBench { bench in
            let node = try bench.node("node", ["--max-line-bytes", "4096"])
            let client = try bench.connect(to: node)
            let flood = [UInt8](repeating: 0x7B, count: 20_000)
            for _ in 0..<10 { client.sendAnyway(bytes: flood) }
            try client.expect("INVALID_MESSAGE")
            let other = try bench.client(at: node)
            try other.say(["n": 1])
            try other.hear(["n": 1])
        }
    }

    @Test func `Half a line is told and closed after ten seconds, from strangers and from users alike`() throws {
        try onBench { bench in
            let node = try bench.node("node")
            let witness = try bench.client(at: node, "witness")
            let stranger = try bench.connect(to: node, "stranger")
            try stranger.send(bytes: Array(#"{"command":"LOGIN","username":"#.utf8))
            let user = try bench.client(at: node, "user")
            try user.send(bytes: Array(#"{"command":"ACTIVITY_MESSAGE","#.utf8))
            // One that sends a byte each second gets no more time.
            for _ in 0..<8 {
                user.sendAnyway(bytes: Array(" ".utf8))
                try witness.say(["n": 1])
                try witness.hear(["n": 1])
                usleep(1_000_000)
            }
            for client in [stranger, user] {
                let answer = try client.expect(
                    "INVALID_MESSAGE", skipping: ["ACTIVITY_BROADCAST"], within: .seconds(10))
                #expect(answer["info"]?.text?.contains("within 10 seconds") == true, "\(answer.line)")
                try client.expectEnd()
            }
        }
    }

    @Test func `The beginnings of many long lines take no more memory than they may`() throws {
        try onBench { bench in
            let node = try bench.node("node")
            let witness = try bench.client(at: node, "witness")
            let start = Array(#"{"command":"AUTHENTICATE","secret":""#.utf8)
            let half = start + [UInt8](repeating: 0x78, count: 900_000)
            let before = try node.program.residentMegabytes
            var open: [BaseClient] = []
            for _ in 0..<150 {
                let connection = try bench.connect(to: node)
                connection.sendAnyway(bytes: half)
                open.append(connection)
            }
            try witness.say(["n": 1])
            try witness.hear(["n": 1])
            #expect(try node.program.residentMegabytes - before < 160)
            let told = open.count { (try? $0.read(within: .seconds(5)))?["command"] == "INVALID_MESSAGE" }
            #expect(told >= 75, "\(told)")
        }
    }

    @Test func `Connections that break in the middle of a line leave the node serving`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            let line = Array(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":1}}"#.utf8)
            for (n, length) in [0, 1, 2, 20, line.count - 1].enumerated() {
                for isAbrupt in [false, true] {
                    let client = try bench.client(at: node)
                    if length > 0 { try client.send(bytes: Array(line[..<length])) }
                    if isAbrupt { client.abort() } else { client.close() }
                }
                try witness.say(["n": .integer(n)])
                try witness.hear(["n": .integer(n)])
            }
        }
    }
}

// MARK: - Those who mean harm

extension RealProcesses.BadInputTests {
    @Test func `A hundred hostile connections at once disturb nobody`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.client(at: node, "alice")
            let bob = try bench.client(at: node, "bob")
            var random = SystemRandomNumberGenerator()
            var hostile: [BaseClient] = []
            for n in 0..<100 {
                let client = try bench.connect(to: node, "hostile \(n)")
                hostile.append(client)
                switch n % 5 {
                case 0:
                    client.sendAnyway(bytes: (0..<2_000).map { _ in UInt8.random(in: .min ... .max, using: &random) })
                case 1: client.sendAnyway(bytes: Array("{\"command\":\"LOGIN\",".utf8))  // never goes on
                case 2: client.sendAnyway(bytes: [UInt8](repeating: 0x5B, count: 70_000))
                case 3: client.sendAnyway(bytes: Array("{\"command\":\"NO_SUCH\"}\n".utf8))
                default: break  // says nothing at all
                }
                if n % 10 == 3 { client.abort() }
                let speaker = n % 2 == 0 ? alice : bob
                try speaker.say(["n": .integer(n)])
                try alice.hear(["n": .integer(n)], within: .seconds(2))
                try bob.hear(["n": .integer(n)], within: .seconds(2))
            }
            // Those who sent a whole bad line are told and cut off; those who wait are let wait.
            for n in stride(from: 8, to: 100, by: 10) {
                try hostile[n].expectRefusal("INVALID_MESSAGE", "unknown message")
            }
            for n in stride(from: 4, to: 100, by: 10) { try hostile[n].login() }
        }
    }

    @Test func `A denied client that neither reads, writes nor closes freezes nobody`() throws {
        // After one denied login or registration the original server served nobody until the denied client sent a
        // byte or left: its close waited for that client's reader while it held the server's lock.
        try onBench { bench in
            let root = try bench.node("a")
            let child = try bench.node("b", under: root)
            try bench.waitForPath(of: child, [root])
            let names = ["taken", "t2"]
            for name in names { try bench.connect(to: root).register(name, "right") }

            let before = try root.program.openDescriptors()
            var denied: [BaseClient] = []
            for node in [root, child] {
                for line in [
                    #"{"command":"LOGIN","username":"taken","secret":"wrong"}"#,
                    #"{"command":"REGISTER","username":"t2","secret":"mine"}"#,
                    #"{"command":"AUTHENTICATE","secret":"wrong"}"#, #"{"command":"NO_SUCH"}"#,
                    #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{}}"#,
                ] {
                    let client = try bench.connect(to: node, "denied")
                    try client.send(line)
                    denied.append(client)
                }
            }
            // All of them have been answered, and stay as they are.
            for client in denied { #expect(Sockets.waitForEndUnread(client.descriptor.number, within: .seconds(5))) }

            let alice = try bench.newcomer(at: root, "alice", "s")
            let bob = try bench.newcomer(at: child, "bob", "s")
            for n in 0..<10 {
                try alice.say(["n": .integer(n)], as: "alice", secret: "s")
                for client in [alice, bob] { try client.hear(["n": .integer(n)], from: "alice", within: .seconds(2)) }
            }
            // The node lets go of them by itself.
            try eventually("the denied clients' connections are closed", within: .seconds(20)) {
                try root.program.openDescriptors() <= before + 1
            }
            // And what they were told has reached them.
            for (n, command) in [
                "LOGIN_FAILED", "REGISTER_FAILED", "AUTHENTICATION_FAIL", "INVALID_MESSAGE", "AUTHENTICATION_FAIL",
            ].enumerated() {
                for client in [denied[n], denied[n + 5]] { try client.expect(command) }
            }
        }
    }

    @Test func `A client that reads nothing holds up nobody`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try bench.client(at: node, "deaf")
            let alice = try bench.client(at: node, "alice")
            let bob = try bench.client(at: node, "bob")
            let text = JSONValue.string(String(repeating: "x", count: 20_000))
            // 5 MB, more than the sockets between the node and the deaf one take.
            for n in 0..<250 {
                try alice.say(["n": .integer(n), "t": text])
                try alice.hear(["n": .integer(n), "t": text])
                try bob.hear(["n": .integer(n), "t": text])
            }
        }
    }
}
