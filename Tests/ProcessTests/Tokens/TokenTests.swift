import Foundation
import Testing

extension RealPrograms {
    /// Logins by tokens that somebody else has signed.
    @Suite(.enabled(if: PyJWT.path != nil, Comment(rawValue: PyJWT.refusal))) struct TokenTests {}
}

extension RealPrograms.TokenTests {
    private func withTokens(_ story: (Bench, PyJWT) throws -> Void) throws {
        try onBench { bench in
            let signer = try PyJWT(on: bench)
            defer { signer.end() }
            try story(bench, signer)
        }
    }

    /// Shows a token and waits for the answer.
    private func show(
        _ token: String, as name: String? = nil, at node: Node, _ bench: Bench
    ) throws -> (client: BaseClient, answer: JSONValue) {
        let client = try bench.connect(to: node)
        var login: [String: JSONValue] = ["command": "LOGIN", "token": .string(token)]
        login["username"] = name.map { .string($0) }
        try client.send(.object(login))
        return (client, try client.read())
    }

    private func enters(_ token: String, as name: String? = nil, at node: Node, _ bench: Bench) throws -> String? {
        let (_, answer) = try show(token, as: name, at: node, bench)
        return answer["command"] == "LOGIN_SUCCESS" ? nil : answer["info"]?.text ?? "no reason"
    }

    @Test func `A token of PyJWT's lets its bearer in at any node, with each kind of key`() throws {
        try withTokens { bench, signer in
            for (file, algorithms) in [
                ("secret", ["HS256", "HS512"]), ("RS256.pem", ["RS256"]), ("ES256.pem", ["ES256"]),
                ("EdDSA.pem", ["EdDSA"]), ("set.json", ["RS256", "ES256", "EdDSA"]),
            ] {
                let node = try bench.node("node", ["--jwt-key", signer.folder + "/" + file])
                for algorithm in algorithms where !(file == "secret" && algorithm == "HS512") {
                    for key in ["-", algorithm] {
                        let token = try signer.token(["sub": "Anna"], algorithm, key: key)
                        #expect(try enters(token, at: node, bench) == nil, "\(file) \(algorithm)")
                    }
                }
                for algorithm in ["HS256", "RS256", "ES256", "EdDSA"] where !algorithms.contains(algorithm) {
                    let token = try signer.token(["sub": "anna"], algorithm)
                    #expect(try enters(token, at: node, bench)?.contains("no key") == true)
                }
                let token = try signer.token(["sub": "Anna"], algorithms[0])
                let (anna, answer) = try show(token, as: "anna", at: node, bench)
                #expect(answer["username"] == "Anna")
                try anna.say(["n": 1], as: "anna")
                try anna.hear(["n": 1], from: "Anna")
                node.program.signal(SIGTERM)
                try bench.forget(node.program)
            }
        }
    }

    @Test func `What a token claims is checked: its time, its audience, its issuer, its name`() throws {
        try withTokens { bench, signer in
            let node = try bench.node(
                "node",
                [
                    "--jwt-key", signer.folder + "/set.json", "--jwt-audience", "chat", "--jwt-audience", "talk",
                    "--jwt-issuer", "https://login.example",
                ])
            let good: [String: JSONValue] = ["sub": "anna", "aud": "talk", "iss": "https://login.example"]
            let cases: [(change: [String: JSONValue], word: String?)] = [
                ([:], nil), (["aud": ["x", "chat"]], nil), (["exp": 1_600_000_000], "expired"),
                (["nbf": 4_000_000_000, "exp": 4_100_000_000], "later time"), (["aud": "mail"], "audience"),
                (["iss": "https://other.example"], "issuer"), (["sub": ""], "sub"), (["sub": " x"], "sub"),
                (["sub": "anonymous"], "needs none"),
            ]
            for (change, word) in cases {
                let token = try signer.token(good.merging(change) { $1 }, "ES256", key: "ES256")
                let info = try enters(token, at: node, bench)
                if let word {
                    #expect(info?.contains(word) == true, "\(change): \(info ?? "")")
                } else {
                    #expect(info == nil)
                }
            }
            let token = try signer.token(good, "ES256")
            #expect(try enters(token, as: "bert", at: node, bench)?.contains("another name") == true)
            var forged = Array(token.utf8)
            forged[forged.count - 5] = forged[forged.count - 5] == 65 ? 66 : 65
            let text = String(decoding: forged, as: UTF8.self)
            #expect(try enters(text, at: node, bench)?.contains("signature") == true)
            #expect(try enters("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.", at: node, bench)?.contains("signed") == true)
            // Nothing of a token is in the log.
            for part in token.split(separator: ".") { #expect(!node.program.errors.contains(part)) }
        }
    }

    @Test func `A registered name is its owner's, unless whoever signs owns the names`() throws {
        try withTokens { bench, signer in
            let key = ["--jwt-key", signer.folder + "/RS256.pem"]
            let root = try bench.node("root", key)
            let owning = try bench.node("owning", under: root, key + ["--jwt-owns-names"])
            let token = try signer.token(["sub": "ANNA"], "RS256")
            #expect(try enters(token, at: root, bench) == nil)
            let (bearer, _) = try show(token, at: root, bench)
            let anna = try bench.newcomer(at: root, "anna", "her secret")
            try bearer.expect("AUTHENTICATION_FAIL")
            #expect(try enters(token, at: root, bench)?.contains("--jwt-owns-names") == true)
            try eventually("the other node knows the account") {
                let (client, answer) = try show(token, at: owning, bench)
                client.close()
                return answer["username"] == "anna"
            }
            let stranger = try bench.connect(to: owning)
            try stranger.send(["command": "REGISTER", "username": "bert", "secret": "s"])
            try stranger.expect("REGISTER_FAILED")
            try anna.say(["n": 1], as: "anna", secret: "her secret")
            try anna.hear(["n": 1], from: "anna")
        }
    }

    @Test func `Keys are read again on SIGHUP, and a broken file changes nothing`() throws {
        try withTokens { bench, signer in
            let file = bench.folder + "/keys.json"
            func copy(_ name: String) throws {
                try String(contentsOfFile: signer.folder + "/" + name, encoding: .utf8).write(
                    toFile: file, atomically: true, encoding: .utf8)
            }
            try copy("RS256-alone.json")
            let node = try bench.node("node", ["--jwt-key", file])
            let old = try signer.token(["sub": "anna"], "RS256", key: "RS256")
            let new = try signer.token(["sub": "anna"], "EdDSA", key: "EdDSA")
            #expect(try enters(old, at: node, bench) == nil)
            #expect(try enters(new, at: node, bench) != nil)
            try copy("set.json")
            node.program.signal(SIGHUP)
            try eventually("the new key is known") { try enters(new, at: node, bench) == nil }
            #expect(try enters(old, at: node, bench) == nil)
            try "{".write(toFile: file, atomically: true, encoding: .utf8)
            node.program.signal(SIGHUP)
            try eventually("the fault is told") {
                node.program.errors.contains("the keys for tokens stay as they were")
            }
            #expect(try enters(new, at: node, bench) == nil)
        }
    }

    /// Sends a request of HTTP with a token, and reads the answer to its end.
    private func ask(_ request: String, _ body: String = "", _ token: String, at node: Node, _ bench: Bench) throws
        -> String
    {
        let client = try bench.connect(to: node)
        let fields = "Host: localhost\r\nAuthorization: Bearer \(token)\r\nContent-Length: \(body.utf8.count)"
        try client.send(bytes: Array("\(request) HTTP/1.1\r\n\(fields)\r\n\r\n\(body)".utf8))
        defer { client.close() }
        return String(decoding: try client.readBytesToEnd(), as: UTF8.self)
    }

    @Test func `A program shows its token as a bearer, to say something and to listen`() throws {
        try withTokens { bench, signer in
            let node = try bench.node("node", ["--jwt-key", signer.folder + "/secret"])
            let listener = try bench.client(at: node)
            let token = try signer.token(["sub": "Anna"], "HS256")
            let answer = try ask("POST /api/say", #"{"n": 1}"#, token, at: node, bench)
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            try listener.hear(["n": 1], from: "Anna")

            let anna = try bench.connect(to: node)
            try anna.send(
                bytes: Array(
                    "GET /api/listen HTTP/1.1\r\nHost: localhost\r\nAuthorization: bearer \(token)\r\n\r\n".utf8))
            #expect(try WebSocketClient.readHead(anna).hasPrefix("HTTP/1.1 200 "))

            let wrong = try signer.token(["sub": "Anna"], "ES256")
            for request in ["POST /api/say", "GET /api/listen"] {
                let body = request.hasPrefix("POST") ? "{}" : ""
                let refusal = try ask(request, body, wrong, at: node, bench)
                #expect(refusal.hasPrefix("HTTP/1.1 401 ") && refusal.contains("WWW-Authenticate: Bearer"))
                #expect(try ask(request, body, "", at: node, bench).hasPrefix("HTTP/1.1 401 "))
            }
        }
    }

    @Test func `Keys that can't be used are named with the flag, and the node doesn't start`() throws {
        try onBench { bench in
            func file(_ name: String, _ text: String) throws -> String {
                try text.write(toFile: bench.folder + "/" + name, atomically: true, encoding: .utf8)
                return bench.folder + "/" + name
            }
            for (flags, word) in [
                (["--jwt-key", bench.folder + "/none"], "no such file"),
                (["--jwt-key", try file("short", "short\n")], "bytes"),
                (["--jwt-key", try file("empty", "")], "empty"), (["--jwt-key", try file("set", "{}")], "keys"),
                (["--jwt-audience", "x"], "needs --jwt-key"), (["--jwt-owns-names"], "needs --jwt-key"),
            ] {
                let run = try bench.run(["node", "-lp", "0", "--memory", "--clock", "none"] + flags)
                #expect(run.status != 0)
                #expect(run.errors.contains(word) && run.errors.contains("--jwt-key"), "\(flags): \(run.errors)")
            }
        }
    }
}
