import Testing

// MARK: - ACTIVITY_MESSAGE: what is refused

extension RealPrograms.BaseProtocolTests {
    private static let mismatch = "username and secret do not match the logged in the user"

    @Test func `ACTIVITY_MESSAGE that lacks something gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            let messages: [(JSONValue, String)] = [
                (["command": "ACTIVITY_MESSAGE", "username": "alice", "secret": "sek1"], "activity"),
                (["command": "ACTIVITY_MESSAGE", "username": "alice", "activity": ["n": 1]], "secret"),
                // The original's own client sends no username, but always an id, a serial and a timestamp.
                (["command": "ACTIVITY_MESSAGE", "secret": "sek1", "activity": ["n": 1]], "username"),
            ]
            for (message, field) in messages {
                let client = try bench.client(at: node, as: "alice", secret: "sek1")
                try client.send(message)
                try client.expectInvalid(saying: [field])
            }
        }
    }

    @Test func `ACTIVITY_MESSAGE whose activity is no object gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            for activity: JSONValue in ["hello", 5, true, .null, [["n": 1]]] {
                let client = try bench.client(at: node)
                try client.say(activity)
                try client.expectInvalid(saying: ["activity"])
            }
            try witness.say(["n": 1])
            try witness.hear(["n": 1])
        }
    }

    @Test func `ACTIVITY_MESSAGE before LOGIN gets AUTHENTICATION_FAIL and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            try bench.connect(to: node).register("alice", "sek1")
            for (username, secret) in [("alice", "sek1"), ("anonymous", nil)] {
                let client = try bench.connect(to: node)
                try client.say(["n": 1], as: username, secret: secret)
                try client.expectRefusal("AUTHENTICATION_FAIL", "client not login")
            }
            try witness.say(["n": 2])
            try witness.hear(["n": 2])
        }
    }

    @Test func `ACTIVITY_MESSAGE with another name or secret than the login's gets AUTHENTICATION_FAIL`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            try bench.connect(to: node).register("bob", "sek2")
            for (username, secret) in [("bob", "sek2"), ("alice", "bad"), ("alice", ""), ("anonymous", nil)] {
                let client = try bench.client(at: node, as: "alice", secret: "sek1")
                try client.say(["n": 1], as: username, secret: secret)
                try client.expectRefusal("AUTHENTICATION_FAIL", Self.mismatch)
            }
            let anonymous = try bench.client(at: node)
            try anonymous.say(["n": 1], as: "alice", secret: "sek1")
            try anonymous.expectRefusal("AUTHENTICATION_FAIL", Self.mismatch)
        }
    }
}

// MARK: - ACTIVITY_MESSAGE: what goes out

extension RealPrograms.BaseProtocolTests {
    @Test func `An activity goes to all servers and all clients that are logged in, the sender included`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.newcomer(at: node, "alice", "sek1")
            let others = try (1...3).map { try bench.client(at: node, "other \($0)") }
            let leaf = try bench.baseLeaf(at: node)
            try alice.say(["message": "hi"], as: "alice", secret: "sek1")
            for client in [alice] + others { try client.hear(["message": "hi"], from: "alice") }
            try leaf.hear(["message": "hi", "authenticated_user": "alice"])
        }
    }

    @Test func `Who isn't logged in hears nothing, and hears what is said after the login`() throws {
        try onBench { bench in
            let node = try bench.node()
            let speaker = try bench.client(at: node, "speaker")
            let stranger = try bench.connect(to: node, "stranger")
            let registered = try bench.connect(to: node, "registered")
            try registered.register("carol", "s")
            try speaker.say(["n": 1])
            try speaker.hear(["n": 1])
            // The next thing that each of them gets is the answer to its login.
            try stranger.login()
            try registered.login(as: "carol", secret: "s")
            try speaker.say(["n": 2])
            for client in [speaker, stranger, registered] { try client.hear(["n": 2]) }
        }
    }

    @Test func `authenticated_user is the name that is logged in, whatever the client wrote there`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.newcomer(at: node, "alice", "sek1")
            for forged: JSONValue in ["forged", 5, .null, ["a": 1]] {
                try alice.say(["message": "hi", "authenticated_user": forged], as: "alice", secret: "sek1")
                try alice.hear(["message": "hi"], from: "alice")
            }
        }
    }

    @Test func `Nothing else of an activity changes`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            let activities: [JSONValue] = [
                [:], ["": ""], ["command": "LOGOUT", "secret": "s", "activity": ["username": "x"]],
                ["text": "tab \t quote \" backslash \\ slash / newline \n return \r del \u{7F}"],
                ["text": "äöü ñ 漢字 \u{1F333} \u{2028}\u{2029}\u{FFFE} e\u{301}"],
                [
                    "numbers": [
                        0, -1, 9_007_199_254_740_993, .integer(.max), .integer(.min), .real(0.1), .real(-2.5e-10),
                    ]
                ],
                ["nested": [[], [[]], ["a": ["b": ["c": [.null, true, false]]]]]],
            ]
            for activity in activities {
                try client.say(activity)
                try client.hear(activity)
            }
        }
    }

    @Test func `A number that cannot be kept is refused or passed on, never changed`() throws {
        try onBench { bench in
            let node = try bench.node()
            for (text, value) in [("123456789012345678901234567890", 123456789012345678901234567890.0), ("1e-400", 0)] {
                let client = try bench.client(at: node)
                try client.send(
                    #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":\#(text)}}"#)
                let answer = try client.read()
                guard answer["command"] != "INVALID_MESSAGE" else { continue }
                let number = answer["activity"]?["n"]
                #expect(number == .real(value), "\(text) came back as \(answer.line)")
            }
        }
    }

    @Test func `Anonymous may send anything as its secret`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node, secret: "one")
            for (n, secret) in [nil, "", "one", "another"].enumerated() {
                try client.say(["n": .integer(n)], secret: secret)
                try client.hear(["n": .integer(n)])
            }
        }
    }

    @Test func `A gap in serials stops nobody, and a late joiner hears the next message`() throws {
        // The original's servers held back all that came after a gap for ever, and a receiver that had missed a
        // sender's first message never heard anything of that sender.
        try onBench { bench in
            let node = try bench.node()
            let speaker = try bench.client(at: node, "speaker")
            let early = try bench.client(at: node, "early")
            for serial in ["100", "103"] {
                try speaker.send([
                    "command": "ACTIVITY_MESSAGE", "username": "anonymous", "id": "100", "serial": .string(serial),
                    "timestamp": "1795377357389", "activity": ["serial": .string(serial)],
                ])
                try early.hear(["serial": .string(serial)])
            }
            let late = try bench.client(at: node, "late")
            try speaker.say(["n": 3])
            for client in [early, late] { try client.hear(["n": 3]) }
        }
    }
}
