import Testing

// MARK: - REGISTER

extension RealPrograms.BaseProtocolTests {
    @Test func `REGISTER on a connection that is logged in with a name gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.newcomer(at: node, "alice", "s")
            try client.sendRegister("zed", "s")
            try client.expectRefusal("INVALID_MESSAGE", "client has already logged in")
            // And nothing was registered.
            try bench.connect(to: node).register("zed", "other")
        }
    }

    @Test func `REGISTER without a string username or secret gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for (message, field): (JSONValue, String) in [
                (["command": "REGISTER", "secret": "s"], "username"),
                (["command": "REGISTER", "username": "zed"], "secret"),
                (["command": "REGISTER", "username": 5, "secret": "s"], "username"),
                (["command": "REGISTER", "username": "zed", "secret": ["s"]], "secret"),
            ] {
                let client = try bench.connect(to: node)
                try client.send(message)
                try client.expectInvalid(saying: [field])
            }
            try bench.connect(to: node).register("zed", "s")
        }
    }

    @Test func `REGISTER of a known name is refused with another secret and with the same`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            try bench.connect(to: node).registerInVain("alice", "other")
            try bench.connect(to: node).registerInVain("alice", "sek1")
            _ = try bench.client(at: node, as: "alice", secret: "sek1")
            try bench.connect(to: node).loginInVain(as: "alice", secret: "other")
        }
    }

    @Test func `REGISTER of anonymous is refused`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            try client.sendRegister("anonymous", "mine")
            let answer = try client.read()
            #expect(["REGISTER_FAILED", "INVALID_MESSAGE"].contains(answer["command"]?.text))
            #expect(answer["info"]?.text?.isEmpty == false)
            try client.expectEnd()
            _ = try bench.client(at: node)
        }
    }

    @Test func `REGISTER with a node that is alone succeeds, and leaves the connection open and not logged in`() throws
    {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            try client.register("alice", "sek1")
            try client.say(["n": 1], as: "alice", secret: "sek1")
            try client.expectRefusal("AUTHENTICATION_FAIL", "client not login")
        }
    }

    @Test func `A client registers and then logs in on the same connection`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.newcomer(at: node, "alice", "40sbi87re0cde4cqqm1gnlm9j2")
            try alice.say(["message": "hi"], as: "alice", secret: "40sbi87re0cde4cqqm1gnlm9j2")
            try alice.hear(["message": "hi"], from: "alice")
        }
    }

    @Test func `A client may register several names on one connection`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            try client.register("alice", "s1")
            try client.register("bob", "s2")
            try client.login(as: "alice", secret: "s1")
            _ = try bench.client(at: node, as: "bob", secret: "s2")
        }
    }
}
