import Foundation
import Testing

extension RealPrograms {
    /// The secret of a network is changed while it runs: for a while two are taken.
    @Suite struct ChangingNetworkSecretTests {}
}

extension RealPrograms.ChangingNetworkSecretTests {
    /// A node that has its secret from the file.
    private func node(_ bench: Bench, _ name: String, under parent: Node? = nil, _ file: String) throws -> Node {
        var arguments = [
            "node", "-lp", String(try Sockets.freePort()), "--memory", "--redirect-gap", "0", "--clock", "none",
            "--secret-file", file,
        ]
        if let parent { arguments += ["-rh", "localhost:\(parent.port)"] }
        let program = try bench.program(name, arguments)
        return Node(name, program, port: try Node.port(of: program), secret: "")
    }

    private func write(_ secrets: [String], to file: String) throws {
        try secrets.map { $0 + "\n" }.joined().write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }

    @discardableResult
    private func logIn(_ client: BaseClient, _ fields: [String: JSONValue]) throws -> BaseClient {
        let login: [String: JSONValue] = ["command": "LOGIN", "username": "anna", "session": "a-session-of-anna"]
        try client.send(.object(login.merging(fields) { $1 }))
        return client
    }

    private func token(_ bench: Bench, at node: Node) throws -> JSONValue {
        let client = try logIn(try bench.connect(to: node), ["secret": "s1"])
        return .string(try #require(try client.expect("LOGIN_SUCCESS")["resume_token"]?.text))
    }

    private func read(_ words: String, _ nodes: [Node], times: Int) throws {
        for node in nodes { node.program.signal(SIGHUP) }
        try eventually("\(words) is read") {
            nodes.allSatisfy { $0.program.errors.components(separatedBy: words).count - 1 == times }
        }
    }

    @Test func `Old, then both, then the new one alone, while people talk and a node is lost`() throws {
        try onBench { bench in
            let file = bench.folder + "/secret"
            try write(["the-old-secret"], to: file)
            let root = try node(bench, "root", file)
            let middle = try node(bench, "middle", under: root, file)
            let leaf = try node(bench, "leaf", under: middle, file)
            var nodes = [root, middle, leaf].map { Node($0.name, $0.program, port: $0.port, secret: "the-old-secret") }
            try bench.waitForPath(of: nodes[2], [middle, root])
            let talker = try bench.client(at: leaf, "talker")
            let listener = try bench.client(at: root, "listener")
            try bench.connect(to: leaf).register("anna", "s1")
            let oldToken = try token(bench, at: leaf)
            var said = 0
            func talk() throws {
                said += 1
                try talker.say(["n": .integer(said)])
                try listener.hear(["n": .integer(said)])
            }
            try talk()
            try write(["the-old-secret", "the-new-secret"], to: file)
            try read("two are taken from now on", nodes, times: 1)
            try talk()
            try write(["the-new-secret", "the-old-secret"], to: file)
            try read("two are taken from now on", nodes, times: 2)
            try talk()
            // Whoever still has the old one gets in, and so does whoever has the new one.
            for secret in ["the-old-secret", "the-new-secret"] {
                let run = try bench.run(["tree", "-rp", String(root.port), "-s", secret])
                #expect(run.status == 0, "\(secret): \(run.errors)")
            }
            try write(["the-new-secret"], to: file)
            try read("this one alone is taken", nodes, times: 1)
            try talk()
            nodes = nodes.map { Node($0.name, $0.program, port: $0.port, secret: "the-new-secret") }
            // Nodes that were started with the old secret alone make and take the tokens of the new one.
            let newToken = try token(bench, at: leaf)
            try logIn(try bench.connect(to: root), ["resume_token": newToken]).expect("LOGIN_SUCCESS")
            try logIn(try bench.connect(to: root), ["resume_token": oldToken]).expect("LOGIN_FAILED")
            let late = try bench.run(["tree", "-rp", String(root.port), "-s", "the-old-secret"])
            #expect(late.status != 0 && late.errors.contains("it has another secret"), "\(late.errors)")
            // What a node remembers of others goes by the new secret too.
            middle.killHard()
            try bench.waitForPath(of: nodes[2], [root])
            try talk()
            for node in nodes { #expect(!node.program.errors.contains("-secret\n"), "no secret is in a log") }
        }
    }

    @Test func `A file that can't be read changes nothing, and is named`() throws {
        try onBench { bench in
            let file = bench.folder + "/secret"
            try write(["the-old-secret"], to: file)
            let root = try node(bench, "root", file)
            try write([""], to: file)
            root.program.signal(SIGHUP)
            // Each time, since somebody who has sent a signal waits for the answer.
            for times in 1...6 {
                try eventually("it says so") {
                    root.program.errors.components(separatedBy: "the secret stays as it was").count - 1 == times
                }
                if times < 6 { root.program.signal(SIGHUP) }
            }
            try root.program.expectLogged("check --secret-file")
            #expect(try bench.run(["tree", "-rp", String(root.port), "-s", "the-old-secret"]).status == 0)
        }
    }
}
