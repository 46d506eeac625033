import Foundation
import Testing

extension RealPrograms {
    /// An account registered anywhere logs in anywhere.
    @Suite struct LoginAnywhereTests {}
}

extension RealPrograms.LoginAnywhereTests {
    @Test func `Who registered at e logs in at c, whose branch knows nothing of it, and is heard everywhere`() throws {
        // In the original one LOGIN_DENIED outweighed a LOGIN_ALLOWED, so this login failed in any tree with a second
        // branch; and a login that was allowed from afar was not entered, so its first activity was refused.
        try onBench { bench in
            let tree = try SixNodes(bench)
            let listeners = try tree.all.map { try bench.client(at: $0, "listener at \($0.name)") }
            try bench.connect(to: tree.e).register("u1", "s1")
            let client = try bench.client(at: tree.c, as: "u1", secret: "s1")
            try client.say(["message": "first"], as: "u1", secret: "s1")
            for listener in listeners + [client] { try listener.hear(["message": "first"], from: "u1") }
        }
    }

    @Test func `A login elsewhere works at the moment when the registration has succeeded`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            for n in 0..<20 {
                let (here, there) = n % 2 == 0 ? (tree.d, tree.c) : (tree.c, tree.d)
                let newcomer = try bench.connect(to: there, "user \(n) at \(there.name)")
                try bench.connect(to: here, "user \(n)").register("user \(n)", "secret \(n)")
                try newcomer.login(as: "user \(n)", secret: "secret \(n)")
                try newcomer.say(["n": .integer(n)], as: "user \(n)", secret: "secret \(n)")
                try newcomer.hear(["n": .integer(n)], from: "user \(n)")
                newcomer.close()
            }
        }
    }

    @Test func `A name that nobody knows and a wrong secret are denied at every node`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            try bench.connect(to: tree.d).register("alice", "sek1")
            for node in tree.all {
                try bench.connect(to: node, "nobody at \(node.name)").loginInVain(as: "nobody", secret: "s")
                try bench.connect(to: node, "impostor at \(node.name)").loginInVain(as: "alice", secret: "wrong")
            }
        }
    }

    @Test func `Logins at all nodes at once are all answered`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            try bench.connect(to: tree.d).register("alice", "sek1")
            let clients = try (0..<24).map { n in
                let client = try bench.connect(to: tree.all[n % 4], "client \(n)")
                try client.sendLogin(as: n % 3 == 0 ? "nobody" : "alice", secret: n % 3 == 1 ? "wrong" : "sek1")
                return client
            }
            for (n, client) in clients.enumerated() {
                if n % 3 == 2 {
                    try client.expect("LOGIN_SUCCESS")
                } else {
                    try client.expect("LOGIN_FAILED")
                    try client.expectEnd()
                }
            }
        }
    }

    @Test func `A login that cannot be checked because a branch is silent is answered, and says so`() throws {
        // The original has no timeout: the client waits for ever.
        try onBench { bench in
            let tree = try FourNodes(bench)
            tree.d.program.signal(SIGSTOP)
            let client = try bench.connect(to: tree.c)
            try client.sendLogin(as: "stranger", secret: "s")
            let answer = try client.expect("LOGIN_FAILED", within: .seconds(4))
            #expect(answer["info"]?.text?.hasSuffix("cannot be checked now, try again") == true, "\(answer.line)")
            try client.expectEnd()
        }
    }

    @Test func `While a branch is silent an unknown name and a wrong secret get one answer, to the letter`() throws {
        try onBench { bench in
            let tree = try FourNodes(bench)
            try bench.connect(to: tree.c).register("alice", "right")
            tree.d.program.signal(SIGSTOP)
            let clients = try ["stranger", "alice"].map { name in
                let client = try bench.connect(to: tree.c, name)
                try client.sendLogin(as: name, secret: "wrong")
                return client
            }
            let answers = try clients.map { try $0.expect("LOGIN_FAILED", within: .seconds(4)).line }
            #expect(answers[0] == answers[1])
            #expect(answers[0].contains("cannot be checked now, try again"), "\(answers[0])")
        }
    }

    @Test func `One account may be logged in twice, and both hear everything`() throws {
        try onBench { bench in
            let root = try bench.node("a")
            let child = try bench.node("b", under: root)
            try bench.waitForPath(of: child, [root])
            let first = try bench.newcomer(at: root, "alice", "s")
            let second = try bench.client(at: child, as: "alice", secret: "s")
            try first.say(["n": 1], as: "alice", secret: "s")
            for client in [first, second] { try client.hear(["n": 1], from: "alice") }
            try second.say(["n": 2], as: "alice", secret: "s")
            for client in [first, second] { try client.hear(["n": 2], from: "alice") }
        }
    }
}
