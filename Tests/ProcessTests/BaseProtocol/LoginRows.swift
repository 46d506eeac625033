import Testing

// MARK: - LOGIN

extension RealPrograms.BaseProtocolTests {
    @Test func `LOGIN without a string username gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for message: JSONValue in [
                ["command": "LOGIN"], ["command": "LOGIN", "secret": "s"],
                ["command": "LOGIN", "username": 5, "secret": "s"], ["command": "LOGIN", "username": .null],
            ] {
                let client = try bench.connect(to: node)
                try client.send(message)
                try client.expectInvalid(saying: ["username"])
            }
        }
    }

    @Test func `Anonymous logs in without a secret, with an empty one and with any other`() throws {
        // The original refused an empty secret, which some clients send.
        try onBench { bench in
            let node = try bench.node()
            for secret in [nil, "", "anything", "\u{1F333}"] {
                _ = try bench.client(at: node, secret: secret)
            }
        }
    }

    @Test func `LOGIN of a name without a secret gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try bench.newcomer(at: node, "alice", "sek1")
            for username in ["alice", "nobody"] {
                let client = try bench.connect(to: node)
                try client.sendLogin(as: username)
                try client.expectInvalid(saying: ["secret"])
            }
        }
    }

    @Test func `An unknown name and a wrong secret get the same LOGIN_FAILED, to the letter, and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            _ = try bench.newcomer(at: node, "alice", "sek1")
            var answers: Set<String> = []
            for (username, secret) in [("nobody", "sek1"), ("alice", "nope"), ("alice", ""), ("alicia", "sek1")] {
                let client = try bench.connect(to: node)
                try client.sendLogin(as: username, secret: secret)
                let answer = try client.expect("LOGIN_FAILED", ["info": BaseClient.wrongSecretInfo])
                answers.insert(answer.line)
                try client.expectEnd()
            }
            #expect(answers.count == 1)
        }
    }

    @Test func `The right name and secret log in`() throws {
        try onBench { bench in
            let node = try bench.node()
            let names = [("alice", "sek1"), ("bob b", "päss \"wörd\""), ("\u{20000}木", "\\"), ("guest", "")]
            for (name, secret) in names {
                try bench.connect(to: node, name).register(name, secret)
            }
            for (name, secret) in names {
                let client = try bench.client(at: node, as: name, secret: secret)
                try client.say(["n": 1], as: name, secret: secret)
                try client.hear(["n": 1], from: name)
                client.close()
            }
        }
    }

    @Test func `A second LOGIN on the same connection is answered again`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            try client.login()
            try client.say(["n": 1])
            try client.hear(["n": 1])  // and once only:
            try client.say(["n": 2])
            try client.hear(["n": 2])
        }
    }

    @Test func `After a second LOGIN as somebody else the connection speaks for that name`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            let client = try bench.client(at: node)
            try client.login(as: "alice", secret: "sek1")
            try client.say(["n": 1], as: "alice", secret: "sek1")
            try client.hear(["n": 1], from: "alice")
            try client.say(["n": 2])
            try client.expectRefusal(
                "AUTHENTICATION_FAIL", "username and secret do not match the logged in the user")
        }
    }
}
