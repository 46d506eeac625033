import Foundation
import Testing

extension RealPrograms {
    /// A name can be had once in the whole tree.
    @Suite struct RegistrationTests {}
}

extension RealPrograms.RegistrationTests {
    @Test func `A name registered at any node logs in at every other`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            for origin in tree.all {
                let name = "from \(origin.name)"
                try bench.connect(to: origin, name).register(name, "secret of \(origin.name)")
                for node in tree.all {
                    try bench.client(at: node, as: name, secret: "secret of \(origin.name)").close()
                }
            }
        }
    }

    @Test func `A name that is taken anywhere is refused everywhere, and stays with its owner`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            try bench.connect(to: tree.d).register("alice", "sek1")
            for node in tree.all {
                try bench.connect(to: node, "second at \(node.name)").registerInVain("alice", "mine")
                try bench.connect(to: node, "again at \(node.name)").registerInVain("alice", "sek1")
            }
            for node in tree.all {
                try bench.connect(to: node).loginInVain(as: "alice", secret: "mine")
                _ = try bench.client(at: node, as: "alice", secret: "sek1")
            }
        }
    }

    @Test func `anonymous is refused at every node`() throws {
        try onBench { bench in
            let root = try bench.node("a")
            let child = try bench.node("b", under: root)
            try bench.waitForPath(of: child, [root])
            for node in [root, child] {
                let client = try bench.connect(to: node)
                try client.sendRegister("anonymous", "mine")
                #expect(try ["REGISTER_FAILED", "INVALID_MESSAGE"].contains(client.read()["command"]?.text))
                try client.expectEnd()
            }
        }
    }

    @Test func `Of two who want one name at once exactly one gets it`() throws {
        // Base servers that register one name with different secrets at once deny each other.
        try onBench { bench in
            let tree = try FourNodes(bench)
            let pairs = [(tree.c, tree.d), (tree.a, tree.d), (tree.b, tree.c), (tree.d, tree.a)]
            for (n, (left, right)) in pairs.enumerated() {
                let name = "contested \(n)"
                let rivals = try [(left, "left"), (right, "right")].map { node, secret in
                    (client: try bench.connect(to: node, "\(secret) at \(node.name)"), secret: secret)
                }
                for rival in rivals { try rival.client.sendRegister(name, rival.secret) }
                let winners = try rivals.filter { rival in
                    let answer = try rival.client.read()
                    if answer["command"] == "REGISTER_FAILED" { try rival.client.expectEnd() }
                    return answer["command"] == "REGISTER_SUCCESS"
                }
                try #require(winners.count == 1, "\(name): \(winners.map(\.secret)) won")
                for node in tree.all {
                    for rival in rivals {
                        let client = try bench.connect(to: node, "\(rival.secret) at \(node.name)")
                        if rival.secret == winners[0].secret {
                            try client.login(as: name, secret: rival.secret)
                        } else {
                            try client.loginInVain(as: name, secret: rival.secret)
                        }
                    }
                }
            }
        }
    }

    @Test func `Many registrations at once, at all nodes, all end`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            let clients = try (0..<24).map { n in
                let client = try bench.connect(to: tree.all[n % 4], "user \(n)")
                try client.sendRegister("user \(n)", "secret \(n)")
                return client
            }
            for (n, client) in clients.enumerated() {
                try client.expect("REGISTER_SUCCESS", ["info": .string("register success for user \(n)")])
            }
            for n in clients.indices {
                try bench.client(at: tree.all[(n + 1) % 4], as: "user \(n)", secret: "secret \(n)").close()
            }
        }
    }

    @Test func `A node that dies while it is asked holds up no registration`() throws {
        // Base servers wait for a dead server's LOCK_ALLOWED for ever, and so did the original while it healed.
        try onBench { bench in
            let tree = try FourNodes(bench)
            tree.d.program.signal(SIGSTOP)
            let client = try bench.connect(to: tree.c)
            try client.sendRegister("alice", "sek1")
            // The question has reached b at least when a later message has, along the same links.
            let speaker = try bench.client(at: tree.c, "speaker")
            let listener = try bench.client(at: tree.b, "listener")
            try speaker.say(["n": 1])
            try listener.hear(["n": 1])
            try client.expectNothingYet()
            tree.d.killHard()
            try client.expect("REGISTER_SUCCESS", within: .seconds(3))
            for node in [tree.a, tree.b, tree.c] { _ = try bench.client(at: node, as: "alice", secret: "sek1") }
        }
    }

    @Test func `A node that joins later knows the names registered before`() throws {
        // In the base protocol nothing is synchronised when a server joins.
        try onBench { bench in
            let root = try bench.node("a")
            try bench.connect(to: root).register("alice", "sek1")
            let child = try bench.node("b", under: root)
            try bench.waitForPath(of: child, [root])
            let alice = try bench.client(at: child, as: "alice", secret: "sek1")
            try alice.say(["n": 1], as: "alice", secret: "sek1")
            try alice.hear(["n": 1], from: "alice")
            try bench.connect(to: child).registerInVain("alice", "other")
        }
    }

    @Test func `Names outlive the node at which they were registered`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            try bench.connect(to: tree.b).register("alice", "sek1")
            tree.b.killHard()
            try bench.waitForPath(of: tree.d, [tree.a])
            for node in [tree.a, tree.c, tree.d] {
                _ = try bench.client(at: node, as: "alice", secret: "sek1")
                try bench.connect(to: node).registerInVain("alice", "other")
            }
        }
    }
}
