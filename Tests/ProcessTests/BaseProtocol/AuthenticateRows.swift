import Testing

// MARK: - AUTHENTICATE

extension RealPrograms.BaseProtocolTests {
    @Test func `AUTHENTICATE without a string secret gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for message: JSONValue in [
                ["command": "AUTHENTICATE"], ["command": "AUTHENTICATE", "secret": 5],
                ["command": "AUTHENTICATE", "secret": .null],
            ] {
                let peer = try bench.connect(to: node)
                try peer.send(message)
                try peer.expectInvalid(saying: ["secret"])
            }
        }
    }

    @Test func `A second AUTHENTICATE gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            let leaf = try bench.baseLeaf(at: node)
            try leaf.link.send(["command": "AUTHENTICATE", "secret": .string(node.secret)])
            try leaf.link.expectInvalid(skipping: ScriptedBaseServer.background)
        }
    }

    @Test func `AUTHENTICATE from a client that is logged in gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            try client.send(["command": "AUTHENTICATE", "secret": .string(node.secret)])
            try client.expectInvalid()
        }
    }

    @Test func `AUTHENTICATE with a wrong secret gets AUTHENTICATION_FAIL that names it, and the end`() throws {
        // The original server sent no info, and went on to treat the peer as a server.
        try onBench { bench in
            let node = try bench.node()
            for secret in ["wrong", "", node.secret + "x", String(node.secret.dropLast()), "a\"b\\c"] {
                let peer = try bench.connect(to: node)
                try peer.send(["command": "AUTHENTICATE", "secret": .string(secret)])
                try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: \(secret)")
            }
        }
    }

    @Test func `AUTHENTICATE with the right secret gets no answer and makes the connection a server's`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            let leaf = try bench.baseLeaf(at: node)  // whose first line is an announcement, not an answer
            try client.say(["n": 1])
            try leaf.hear(["n": 1, "authenticated_user": "anonymous"])
            #expect(leaf.commands == ["SERVER_ANNOUNCE", "ACTIVITY_BROADCAST"])
        }
    }
}

// MARK: - What only servers may say

extension RealPrograms.BaseProtocolTests {
    private static let serverMessages: [JSONValue] = [
        ["command": "ACTIVITY_BROADCAST", "activity": ["n": 1]],
        ["command": "SERVER_ANNOUNCE", "id": "x", "load": 0, "hostname": "localhost", "port": 3780],
        ["command": "LOCK_REQUEST", "username": "alice", "secret": "s"],
        ["command": "LOCK_ALLOWED", "username": "alice", "secret": "s"],
        ["command": "LOCK_DENIED", "username": "alice", "secret": "s"],
    ]

    @Test(arguments: [false, true])
    func `What only servers say gets INVALID_MESSAGE and the end when a client says it`(isLoggedIn: Bool) throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.newcomer(at: node, "alice", "s")
            for message in Self.serverMessages {
                let client = try bench.connect(to: node)
                if isLoggedIn { try client.login() }
                try client.send(message)
                try client.expectInvalid()
            }
            // Neither the broadcast went out, nor did the denial remove the name.
            try witness.say(["n": 2], as: "alice", secret: "s")
            try witness.hear(["n": 2], from: "alice")
            _ = try bench.client(at: node, as: "alice", secret: "s")
        }
    }

    @Test func `A server's message that lacks a field gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for message in Self.serverMessages {
                for key in message.members!.keys.sorted() where key != "command" {
                    var members = message.members!
                    members[key] = nil
                    let leaf = try bench.baseLeaf(at: node)
                    try leaf.link.send(.object(members))
                    try leaf.link.expectInvalid(saying: [key], skipping: ScriptedBaseServer.background)
                }
            }
        }
    }

    @Test func `A server that says INVALID_MESSAGE or AUTHENTICATION_FAIL is cut off without an answer`() throws {
        try onBench { bench in
            let node = try bench.node()
            for command in ["INVALID_MESSAGE", "AUTHENTICATION_FAIL"] {
                let leaf = try bench.baseLeaf(at: node)
                try leaf.link.send(["command": .string(command), "info": "no more"])
                try leaf.link.expectEnd(skipping: ScriptedBaseServer.background)
            }
        }
    }

    @Test func `A server's broadcast goes to all other servers and all clients, and not back to it`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            let first = try bench.baseLeaf(at: node, "first leaf")
            let second = try bench.baseLeaf(at: node, "second leaf")
            let activity: JSONValue = ["message": "from afar", "authenticated_user": "zoe"]
            try first.broadcast(activity)
            try second.hear(activity)
            try client.expect("ACTIVITY_BROADCAST", ["activity": activity])
            // What comes next at the first is the second's, so its own didn't come back before.
            try second.broadcast(["n": 2, "authenticated_user": "yves"])
            try first.hear(["n": 2, "authenticated_user": "yves"])
        }
    }
}
