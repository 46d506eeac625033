import Testing

extension RealPrograms {
    /// Conversations as they were seen between independent programs: commands and the conventional texts.
    @Suite struct TranscriptTests {}
}

extension RealPrograms.TranscriptTests {
    @Test func `A server joins and announces; a client registers, logs in, sends and logs out`() throws {
        try onBench { bench in
            let node = try bench.node("A", secret: "abc")
            let server = ScriptedBaseServer(try bench.connect(to: node, "B"))
            try server.link.send(#"{"secret":"abc","command":"AUTHENTICATE"}"#)
            let announcement = try server.readAny()
            #expect(announcement["command"] == "SERVER_ANNOUNCE")
            #expect(announcement["hostname"] == "localhost")
            #expect(announcement["port"] == .integer(node.port))
            #expect(announcement["load"] == 0)
            #expect(announcement["id"]?.text?.isEmpty == false)

            let other = try bench.connect(to: node, "anonymous")
            try other.send(#"{"secret":"","command":"LOGIN","username":"anonymous"}"#)
            try other.expect("LOGIN_SUCCESS", ["info": "logged in as user anonymous"])

            let secret = "40sbi87re0cde4cqqm1gnlm9j2"
            let alice = try bench.connect(to: node, "alice")
            try alice.send(#"{"secret":"\#(secret)","command":"REGISTER","username":"alice"}"#)
            try server.expect(.request, "alice", secret)
            try server.send(.allowed, "alice", secret)
            try alice.expect("REGISTER_SUCCESS", ["info": "register success for alice"])
            try alice.send(#"{"secret":"\#(secret)","command":"LOGIN","username":"alice"}"#)
            try alice.expect("LOGIN_SUCCESS", ["info": "logged in as user alice"])

            try alice.send(
                #"{"activity":{"message":"via API"},"secret":"\#(secret)","command":"ACTIVITY_MESSAGE","#
                    + #""username":"alice"}"#
            )
            let activity: JSONValue = ["message": "via API", "authenticated_user": "alice"]
            try alice.expect("ACTIVITY_BROADCAST", ["activity": activity])
            try server.hear(activity)
            try other.expect("ACTIVITY_BROADCAST", ["activity": activity])

            try alice.send(#"{"command":"LOGOUT"}"#)
            try alice.expectEnd()
        }
    }

    @Test func `A wrong server secret`() throws {
        try onBench { bench in
            let peer = try bench.connect(to: try bench.node())
            try peer.send(#"{"secret":"wrong","command":"AUTHENTICATE"}"#)
            try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: wrong")
        }
    }

    @Test func `A wrong user secret`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            let client = try bench.connect(to: node)
            try client.send(#"{"secret":"nope","command":"LOGIN","username":"alice"}"#)
            try client.expectRefusal("LOGIN_FAILED", "attempt to login with wrong secret")
        }
    }

    @Test func `A known name, and a registration after the login`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            let second = try bench.connect(to: node)
            try second.send(#"{"command":"REGISTER","username":"alice","secret":"other"}"#)
            try second.expectRefusal("REGISTER_FAILED", "alice is already registered with the system")
            let loggedIn = try bench.client(at: node, as: "alice", secret: "sek1")
            try loggedIn.send(#"{"command":"REGISTER","username":"zed1","secret":"s"}"#)
            try loggedIn.expectRefusal("INVALID_MESSAGE", "client has already logged in")
        }
    }

    @Test(arguments: [
        (#"{"command":"NO_SUCH"}"#, "unknown message"),
        (#"{"command":"LOGIN","#, "JSON parse error while parsing message"),
        (#"{"foo":1}"#, "the received message did not contain a command"),
    ])
    func `An unknown command, malformed JSON, no command`(line: String, info: String) throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send(line)
            try client.expectRefusal("INVALID_MESSAGE", info)
        }
    }

    @Test func `A forged field, an activity before the login, and one with a wrong secret`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.newcomer(at: node, "alice", "sek1")
            try alice.send(
                #"{"command":"ACTIVITY_MESSAGE","username":"alice","secret":"sek1","activity":{"message":"hi","#
                    + #""authenticated_user":"forged"}}"#
            )
            try alice.expect(
                "ACTIVITY_BROADCAST", ["activity": ["message": "hi", "authenticated_user": "alice"]])

            let activity = #"{"command":"ACTIVITY_MESSAGE","username":"alice","secret":"bad","activity":{}}"#
            let early = try bench.connect(to: node)
            try early.send(activity)
            try early.expectRefusal("AUTHENTICATION_FAIL", "client not login")
            try alice.send(activity)
            try alice.expectRefusal(
                "AUTHENTICATION_FAIL", "username and secret do not match the logged in the user")
        }
    }

    @Test func `Locks as a peer sees them`() throws {
        try onBench { bench in
            let node = try bench.node()
            let peer = try bench.baseLeaf(at: node)

            let dave = try bench.connect(to: node, "dave")
            try dave.sendRegister("dave", "sek1")
            try peer.expect(.request, "dave", "sek1")
            try peer.send(.allowed, "dave", "sek1")
            try dave.expect("REGISTER_SUCCESS", ["info": "register success for dave"])

            let erin = try bench.connect(to: node, "erin")
            try erin.sendRegister("erin", "sek1")
            try peer.expect(.request, "erin", "sek1")
            try peer.send(.denied, "erin", "sek1")
            try erin.expectRefusedName("erin")

            try peer.send(.request, "newu", "n1")
            try peer.expect(.allowed, "newu", "n1")
            _ = try bench.client(at: node, as: "newu", secret: "n1")

            try peer.send(.request, "dave", "zzz")
            try peer.expect(.denied, "dave", "zzz")

            try peer.send(.denied, "newu", "n1")
            try eventually("newu can't log in any longer") {
                let client = try bench.connect(to: node)
                try client.sendLogin(as: "newu", secret: "n1")
                return try client.read()["command"] == "LOGIN_FAILED"
            }
        }
    }
}
