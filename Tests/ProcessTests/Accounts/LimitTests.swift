import Foundation
import Testing

extension RealPrograms {
    /// Limits by address, which hold for this machine too unless an operator trusts it (docs/protocol.md#limits).
    @Suite struct LimitTests {}
}

extension RealPrograms.LimitTests {
    private static let limits = [
        "--login-attempts", "2", "--register-attempts", "2", "--max-strangers-per-address", "3",
    ]

    @Test func `Failed logins and registrations from this machine have to wait, and are told`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits)
            try bench.connect(to: node).register("anna", "sek1")
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            for _ in 0..<2 { try bench.connect(to: node).loginInVain(as: "anna", secret: "x") }
            let guesser = try bench.connect(to: node)
            try guesser.sendLogin(as: "anna", secret: "y")
            try guesser.expectRefusal(
                "LOGIN_FAILED", "too many failed logins as anna from your address: try again in 1 s")
            // A secret that was right before gets in all the same.
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            try bench.connect(to: node).register("carl", "sek1")
            let third = try bench.connect(to: node)
            try third.sendRegister("dora", "sek1")
            try third.expectRefusal(
                "REGISTER_FAILED", "too many registrations from your address: try again in 1 s")
            try eventually("after the pause one more may be tried") {
                let client = try bench.connect(to: node)
                defer { client.close() }
                try client.sendRegister("dora", "sek1")
                return try client.read()["command"] == "REGISTER_SUCCESS"
            }
        }
    }

    @Test func `A guesser keeps none of a hundred honest users behind its address out`() throws {
        try onBench { bench in
            let users = (0..<100).map { "user \($0)" }
            let data = ["--data-dir", bench.folder + "/node"]
            // Whoever registered or logged in before is known to a node as long as it runs: it is another one then.
            let before = try bench.node("before", data)
            let registering = try users.map { _ in try bench.connect(to: before) }
            for (user, client) in zip(users, registering) { try client.sendRegister(user, "secret of \(user)") }
            for client in registering { try client.expect("REGISTER_SUCCESS") }
            before.program.signal(SIGTERM)
            #expect(try before.program.waitForEnd() == .exited(0))
            try bench.forget(before.program)

            let node = try bench.node("node", data + ["--redirect-gap", "0"])
            var paused = 0
            func guess(at name: String, _ count: Int) throws {
                let guessers = try (0..<count).map { _ in try bench.connect(to: node, "guesser") }
                for (number, guesser) in guessers.enumerated() {
                    try guesser.sendLogin(as: name, secret: "guess \(number)")
                }
                for guesser in guessers {
                    let answer = try guesser.expect("LOGIN_FAILED")
                    if answer["info"]?.text?.contains("try again") == true { paused += 1 }
                    guesser.close()
                }
            }
            try guess(at: "user 0", 50)
            for round in 0..<5 {
                // They all come while the guesser's tries wait for their hashes.
                let honest = try users.enumerated().filter { $0.offset % 5 == round && $0.offset > 0 }
                    .map { ($0.element, try bench.connect(to: node, $0.element)) }
                for (user, client) in honest { try client.sendLogin(as: user, secret: "secret of \(user)") }
                try guess(at: "user \(round)", 20)
                for name in 0..<10 { try guess(at: "nobody \(round) \(name)", 3) }
                for (user, client) in honest {
                    try client.expect("LOGIN_SUCCESS", ["info": .string("logged in as user \(user)")])
                }
            }
            #expect(paused >= 100, "of 150 tries at names that exist ten each are looked at, or three")
        }
    }

    @Test func `The oldest connection of this machine that hasn't logged in makes room, and is told`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits)
            let known = try bench.client(at: node)
            let idle = try (0..<4).map { try bench.connect(to: node, "idle \($0)") }
            try idle[0].expectInvalid(saying: ["too many connections from your address have not logged in"])
            for client in idle[1...] { try client.login(as: "anonymous") }
            try known.say(["n": 1])
            try known.hear(["n": 1])
        }
    }

    @Test func `Past the clients of an address its next one is told why, and the log says so once`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-clients-per-address", "2"])
            let first = try bench.client(at: node)
            let second = try bench.client(at: node)
            for _ in 0..<3 {
                let refused = try bench.connect(to: node)
                try refused.sendLogin(as: "anonymous")
                try refused.expectInvalid(saying: ["2 clients from your address are logged in here"])
            }
            let line = "refusing clients from 127.0.0.1: 2 from there are logged in, as many as may be"
            try eventually("the log says so") { node.program.errors.contains(line) }
            #expect(node.program.errors.components(separatedBy: line).count == 2)
            #expect(try bench.tree(at: node).value["counts"]?["refused"]?.integer == 3)
            first.close()
            try eventually("a place is free") {
                let client = try bench.connect(to: node)
                defer { client.close() }
                try client.sendLogin(as: "anonymous")
                return try client.read()["command"] == "LOGIN_SUCCESS"
            }
            try second.say(["n": 1])
            try second.hear(["n": 1])
        }
    }

    @Test func `Who says nothing for too long is told, and who says PING or runs coppice client stays`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--idle-timeout", "5"])
            let program = try bench.program("client", ["client", "-rp", String(node.port), "--linger", "600"])
            let silent = try bench.client(at: node, "silent")
            let pinging = try bench.client(at: node, "pinging")
            var answers = 0
            try eventually("the silent one is closed", within: .seconds(30)) {
                try pinging.send(["command": "PING", "id": .string("\(answers)")])
                try pinging.expect("PONG", ["id": .string("\(answers)")])
                answers += 1
                guard let message = try silent.readAvailable() else {
                    usleep(300_000)
                    return false
                }
                #expect(message["info"]?.text?.contains("nothing came from you for 5 s") == true)
                return true
            }
            try silent.expectEnd()
            #expect(try bench.tree(at: node).value["counts"]?["idle_clients"]?.integer == 1)
            try node.program.expectLogged("closed a client that has said nothing for too long")
            try eventually("more than the limit has passed once more", within: .seconds(30)) {
                try pinging.send(["command": "PING"])
                try pinging.expect("PONG")
                answers += 1
                usleep(300_000)
                return answers > 36
            }
            #expect(program.isRunning)
            #expect(try bench.tree(at: node).value["counts"]?["idle_clients"]?.integer == 1)
            #expect(try bench.tree(at: node).value["clients"]?.integer == 2)
        }
    }

    @Test func `With --byte-rate a client that sends more is read from at that rate, and nobody else waits`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--byte-rate", "20000"])
            let loud = try bench.connect(to: node, "loud")
            try loud.send(["command": "LOGIN", "username": "anonymous", "features": ["notice"]])
            try loud.expect("LOGIN_SUCCESS")
            let quiet = try bench.client(at: node, "quiet")
            let start = now()
            let text = JSONValue.string(String(repeating: "x", count: 1000))
            for number in 0..<150 { try loud.say(["n": .integer(number), "text": text]) }
            try loud.expect("NOTICE", skipping: ["ACTIVITY_BROADCAST"])
            try quiet.say(["n": "quiet"])
            var heard = 0
            var heardItself: Int?
            while heard < 150 || heardItself == nil {
                let activity = try quiet.read(within: .seconds(20))["activity"]
                if activity?["n"] == "quiet" { heardItself = heard } else { heard += 1 }
            }
            // 64 KiB at once, and of the other 90 KB 20 each second; what has been read by then may be a buffer more.
            #expect(now() - start > .seconds(1))
            #expect(heardItself ?? 150 < 140, "it didn't wait behind the loud one")
            try loud.expect("ACTIVITY_BROADCAST", within: .seconds(1))
        }
    }

    @Test func `All addresses of this machine count as one`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits)
            let idle = try (2...5).map { number in
                BaseClient(try Sockets.connect(port: node.port, from: 0x7F00_0000 + number), name: "127.0.0.\(number)")
            }
            defer { for client in idle { client.close() } }
            try idle[0].expectInvalid(saying: ["too many connections from your address have not logged in"])
            for client in idle[1...] { try client.login(as: "anonymous") }
        }
    }

    @Test func `With --trust-loopback this machine may try as often as it likes`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits + ["--trust-loopback"])
            let idle = try (0..<6).map { try bench.connect(to: node, "idle \($0)") }
            for number in 0..<6 {
                try bench.connect(to: node).loginInVain(as: "nobody \(number)", secret: "x")
                try bench.connect(to: node).register("user \(number)", "sek1")
            }
            for client in idle { try client.login(as: "anonymous") }
        }
    }

    @Test func `As it comes a node lets one machine register, mistype and connect in hundreds`() throws {
        try onBench { bench in
            let node = try bench.node("node")
            let crowd = try (0..<300).map { try bench.connect(to: node, "client \($0)") }
            for (number, client) in crowd.enumerated() where number < 40 {
                try client.register("user \(number)", "s")
                let mistyping = try bench.connect(to: node)
                try mistyping.loginInVain(as: "user \(number)", secret: "mistyped")
            }
            for client in crowd { try client.login(as: "anonymous") }
        }
    }

    @Test func `The flag that it took before says what to do instead`() throws {
        try onBench { bench in
            let program = try bench.program("node", ["node", "--memory", "-ms", "s", "--limit-loopback"])
            #expect(try program.waitForEnd() != .exited(0))
            #expect(program.errors.contains("--limit-loopback is gone: limits hold for this machine too; leave it out"))
            try bench.forget(program)
        }
    }
}
