import Testing

extension RealPrograms {
    /// What a client shows at other nodes instead of its secret.
    @Suite struct ResumeTokenTests {}
}

extension RealPrograms.ResumeTokenTests {
    private static let void = "the resume token is void: log in with the secret"

    /// Logs in with a session.
    private func logIn(_ client: BaseClient, _ fields: [String: JSONValue]) throws {
        let login: [String: JSONValue] = ["command": "LOGIN", "username": "anna", "session": "a-session-of-anna"]
        try client.send(.object(login.merging(fields) { $1 }))
    }

    private func token(_ bench: Bench, at node: Node, secret: String) throws -> JSONValue {
        let client = try bench.connect(to: node)
        try logIn(client, ["secret": .string(secret)])
        let token = try #require(try client.expect("LOGIN_SUCCESS")["resume_token"]?.text)
        #expect(token.utf8.count == 77)
        client.close()
        return .string(token)
    }

    @Test func `A token of a node that was killed logs in at the others, until the secret is changed`() throws {
        try onBench { bench in
            let trace = ["--log-level", "trace"]
            let root = try bench.node("root", trace)
            let child = try bench.node("child", under: root, trace)
            try bench.waitForPath(of: child, [root])
            try bench.connect(to: child).register("anna", "s1")
            let token = try token(bench, at: child, secret: "s1")
            child.killHard()

            let client = try bench.connect(to: root, "anna")
            try logIn(client, ["resume_token": token])
            let success = try client.expect("LOGIN_SUCCESS", ["info": "logged in as user anna"])
            // It is as good as the first for as long, and not longer.
            #expect((success["resume_seconds"]?.integer ?? .max) <= 7 * 86_400)
            #expect(success["resume_token"] == token)
            try client.say(["n": 1], as: "anna")
            try client.hear(["n": 1], from: "anna")

            let other = try bench.connect(to: root, "of another session")
            try logIn(other, ["resume_token": token, "session": "another"])
            try other.expectRefusal("LOGIN_FAILED", Self.void)

            let change = try bench.connect(to: root, "change")
            try change.send([
                "command": "CHANGE_SECRET", "username": "anna", "secret": "s1", "new_secret": "s2",
            ])
            try change.expect("SECRET_CHANGED")
            let late = try bench.connect(to: root, "late")
            try logIn(late, ["resume_token": token])
            try late.expectRefusal("LOGIN_FAILED", Self.void)
            // With the secret beside it the login succeeds all the same.
            let both = try bench.connect(to: root, "both")
            try logIn(both, ["resume_token": token, "secret": "s2"])
            #expect(try both.expect("LOGIN_SUCCESS")["resume_token"] != token)

            for node in [root, child] { #expect(!node.program.errors.contains(token.text ?? "none")) }
        }
    }

    @Test func `A token is void after --token-time, at a node with another secret, and as nonsense`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--token-time", "60"])
            let stranger = try bench.node("stranger", secret: "another")
            for place in [node, stranger] { try bench.connect(to: place).register("anna", "s1") }
            let token = try token(bench, at: node, secret: "s1")
            for (place, shown) in [(stranger, token), (node, "x"), (node, ""), (node, .string("a" + token.text!))] {
                let client = try bench.connect(to: place)
                try logIn(client, ["resume_token": shown])
                try client.expectRefusal("LOGIN_FAILED", Self.void)
            }
            let long = try bench.connect(to: node)
            try logIn(long, ["resume_token": .string(String(repeating: "a", count: 129))])
            try long.expectInvalid(saying: ["resume_token", "128"])
            let client = try bench.connect(to: node)
            try logIn(client, ["resume_token": token])
            let seconds = try #require(try client.expect("LOGIN_SUCCESS")["resume_seconds"]?.integer)
            #expect((0...60).contains(seconds))
        }
    }
}
