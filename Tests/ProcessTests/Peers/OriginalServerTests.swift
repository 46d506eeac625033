import Testing

extension RealProcesses {
    /// The original group's own servers and clients, as their programs speak.
    @Suite struct OriginalServerTests {}
}

/// A root a and its child b, each with a secret of its own.
private struct Elders {
    let a, b: Node

    init(_ bench: Bench) throws {
        a = try bench.node("a", secret: "aaa")
        b = try bench.node("b", under: a, secret: "bbb")
        try bench.waitForPath(of: b, [a])
    }
}

// MARK: - Its servers

extension RealProcesses.OriginalServerTests {
    @Test func `The first to join a lone root is told that there is no other server yet`() throws {
        // The original counted any first connection, a client's too, as that server: root then named it as the one
        // to turn to.
        try onBench { bench in
            let root = try bench.node("a", secret: "aaa")
            _ = try bench.client(at: root, "came first")
            let (_, answer) = try bench.originalServer(at: root)
            #expect(answer["empty"] == "T")
            #expect(answer["root"] == "T")
        }
    }

    @Test func `One that joins the root is given the root's first child to turn to`() throws {
        try onBench { bench in
            let elders = try Elders(bench)
            let (_, answer) = try bench.originalServer(at: elders.a, port: "3782", mysecret: "ccc")
            #expect(answer["empty"] == "F")
            #expect(answer["root"] == "T")
            #expect(answer["hostname"] == "localhost")
            #expect(answer["port"] == .string(String(elders.b.port)))
            #expect(answer["secret"] == "bbb")
        }
    }

    @Test func `One that joins below is given the parent of the node that it joined`() throws {
        try onBench { bench in
            let elders = try Elders(bench)
            let (_, answer) = try bench.originalServer(at: elders.b, port: 3_783)  // a number will do
            #expect(answer["empty"] == "F")
            #expect(answer["root"] == "F")
            #expect(answer["hostname"] == "localhost")
            #expect(answer["port"] == .string(String(elders.a.port)))
            #expect(answer["secret"] == "aaa")
        }
    }

    @Test func `One with a wrong secret is refused and cut off`() throws {
        // The original refused without an info, and went on to treat the peer as a server.
        try onBench { bench in
            let peer = try bench.connect(to: try bench.node())
            try peer.send([
                "command": "AUTHENTICATE", "secret": "wrong", "hostname": "localhost", "port": "3781",
                "mysecret": "bbb",
            ])
            try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: wrong")
        }
    }

    @Test func `When the path above changes it is told the new server to turn to`() throws {
        // The report's figure 2 shows this update; its code never sends it, so a dead-pool named a dead server.
        try onBench { bench in
            let elders = try Elders(bench)
            let d = try bench.node("d", under: elders.b, secret: "ddd")
            try bench.waitForPath(of: d, [elders.b, elders.a])
            let (server, answer) = try bench.originalServer(at: d, port: "3784", mysecret: "eee")
            #expect(answer["port"] == .string(String(elders.b.port)))
            #expect(answer["secret"] == "bbb")

            elders.b.killHard()
            try expectUpdate(of: server) { update in
                update["root"] == "F" && update["empty"] == "F" && update["secret"] == "aaa"
                    && update["port"] == .string(String(elders.a.port))
            }
            elders.a.killHard()
            try expectUpdate(of: server) { $0["root"] == "T" && $0["empty"] == "T" }
        }
    }

    /// Reads until an AUTHENTICATION_SUCCESS says this. Others may come before: the way there has steps.
    private func expectUpdate(of server: ScriptedBaseServer, _ isWanted: (JSONValue) -> Bool) throws {
        while true {
            let message = try server.expect("AUTHENTICATION_SUCCESS", within: .seconds(10))
            if isWanted(message) { return }
        }
    }

    @Test func `Its clients and ours hear each other, and registrations on both sides end`() throws {
        try onBench { bench in
            let elders = try Elders(bench)
            let (server, _) = try bench.originalServer(at: elders.b)
            server.background.insert("AUTHENTICATION_SUCCESS")
            let client = try bench.client(at: elders.a)
            try client.say(["n": 1])
            try client.hear(["n": 1])
            try server.hear(["n": 1, "authenticated_user": "anonymous"])
            try server.link.send(
                #"{"activity":{"n":2,"authenticated_user":"u1"},"serial":"100","id":"100","#
                    + #""command":"ACTIVITY_BROADCAST","timestamp":"1795377357389"}"#
            )
            try client.hear(["n": 2], from: "u1")

            let newcomer = try bench.connect(to: elders.a)
            try newcomer.sendRegister("alice", "s")
            try server.send(.allowed, "alice", try server.expectRequest(of: "alice"))
            try newcomer.expect("REGISTER_SUCCESS")
            try server.send(.request, "newu", "n1")
            try server.expect(.allowed, "newu", "n1")
            _ = try bench.client(at: elders.a, as: "newu", secret: "n1")
            #expect(
                server.commands.isSubset(of: [
                    "SERVER_ANNOUNCE", "AUTHENTICATION_SUCCESS", "ACTIVITY_BROADCAST", "LOCK_REQUEST", "LOCK_ALLOWED",
                ]))
        }
    }
}

// MARK: - Its client

extension RealProcesses.OriginalServerTests {
    @Test func `Its client, with the length before each line and no username in its activities, may talk`() throws {
        try onBench { bench in
            let elders = try Elders(bench)
            let listener = try bench.client(at: elders.b, "listener")
            let client = try bench.connect(to: elders.a, "original client")
            try client.send(bytes: prefixed(#"{"command":"LOGIN","username":"anonymous"}"#))
            try client.expect("LOGIN_SUCCESS", ["info": "logged in as user anonymous"])
            for serial in 100..<103 {
                try client.send(
                    bytes: prefixed(
                        #"{"activity":{"message":"hi"},"serial":"\#(serial)","id":"100","#
                            + #""command":"ACTIVITY_MESSAGE","timestamp":"1795377357389"}"#
                    ))
                try client.hear(["message": "hi"])
                try listener.hear(["message": "hi"])
            }
        }
    }

    @Test func `Its activity is of the user who is logged in`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.newcomer(at: node, "alice", "s")
            try client.send(
                #"{"activity":{"n":1},"serial":"1","id":"1","command":"ACTIVITY_MESSAGE","timestamp":"1"}"#)
            try client.hear(["n": 1], from: "alice")
            let stranger = try bench.connect(to: node)
            try stranger.send(
                #"{"activity":{"n":1},"serial":"1","id":"1","command":"ACTIVITY_MESSAGE","timestamp":"1"}"#)
            try stranger.expectRefusal("AUTHENTICATION_FAIL", "client not login")
        }
    }

    /// A line as `writeUTF` sends it.
    private func prefixed(_ line: String) -> [UInt8] {
        let bytes = Array((line + "\n").utf8)
        return [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }
}
