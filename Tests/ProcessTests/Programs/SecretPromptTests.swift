import Foundation
import Testing

extension RealPrograms {
    /// Secrets that are asked for at a terminal are not shown there.
    @Suite struct SecretPromptTests {}
}

extension RealPrograms.SecretPromptTests {
    private static let question = "Secret of anna (Enter: a new name, with a secret made for it): "
    private static let again = "Again, to register anna with it (Enter: another secret): "

    /// Waits until the program has asked this, and checks that the terminal shows no typed text any more.
    private func wait(for prompt: String, of program: Program, at terminal: PseudoTerminal) throws {
        try eventually("\(program.name) asks: \(prompt)") { program.errors.hasSuffix(prompt) }
        #expect(!terminal.echoes, "what is typed now would be seen")
    }

    @Test func `The client asks for the secret without showing it, and shows what is typed afterwards`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            let listener = try bench.client(at: node, "listener")
            let terminal = try PseudoTerminal()
            let client = try bench.program(
                "client", ["client", "-rp", String(node.port), "-u", "anna"], terminal: terminal)
            try wait(for: Self.question, of: client, at: terminal)
            try terminal.type("sek1")
            #expect(try terminal.readLine() == "", "only the line's end is shown")
            try eventually("the terminal shows again what is typed") { terminal.echoes }
            try terminal.type("hello")
            #expect(try terminal.readLine() == "hello")
            try listener.hear(["object": "hello"], from: "anna")
            try terminal.end()
            #expect(try client.waitForEnd() == .exited(0))
        }
    }

    @Test func `A reset asks twice, shows neither, and hides the node's secret meanwhile`() throws {
        try onBench { bench in
            let node = try bench.node(secret: "canary-5e1d")
            try bench.connect(to: node).register("anna", "sek1")
            let terminal = try PseudoTerminal()
            let reset = try bench.program(
                "reset", ["account", "reset", "anna", "-rp", String(node.port), "-s", node.secret],
                terminal: terminal)
            try wait(for: "New secret of anna: ", of: reset, at: terminal)
            let words = try String(contentsOfFile: "/proc/\(reset.pid)/cmdline", encoding: .utf8)
            #expect(words.contains("anna"))
            #expect(!words.contains("canary"))
            try answer(
                [
                    ("New secret of anna: ", "sek2"), ("Again: ", "sek3"),
                    ("The two are not the same: try again.\nNew secret of anna: ", ""),
                    ("The secret is empty: try again.\nNew secret of anna: ", "sek2"), ("Again: ", "sek2"),
                ], of: reset, at: terminal)
            #expect(try reset.waitForEnd() == .exited(0))
            #expect(terminal.echoes)
            try bench.client(at: node, as: "anna", secret: "sek2").close()
        }
    }

    /// Types an answer to each question. None of the answers is shown.
    private func answer(
        _ talk: [(question: String, answer: String)], of program: Program, at terminal: PseudoTerminal
    ) throws {
        for (question, answer) in talk {
            try wait(for: question, of: program, at: terminal)
            try terminal.type(answer)
            #expect(try terminal.readLine() == "", "\(answer) is shown")
        }
    }

    @Test func `A new name asks for its secret twice, and goes back to the first question when the two differ`() throws
    {
        try onBench { bench in
            let node = try bench.node()
            let terminal = try PseudoTerminal()
            let client = try bench.program(
                "client", ["client", "-rp", String(node.port), "-u", "anna"], terminal: terminal)
            let unknown = "this is not the secret of anna, or nobody has registered anna yet\n"
            try answer(
                [
                    (Self.question, "sek1"), (unknown + Self.again, "sek2"),
                    ("the two are not the same: nothing was registered\n" + Self.question, "sek1"),
                    (unknown + Self.again, ""), (Self.question, "sek1"), (unknown + Self.again, "sek1"),
                ], of: client, at: terminal)
            try eventually("anna is in") { client.errors.contains("logged in at") }
            #expect(client.errors.contains("registered as anna\n"))
            #expect(!client.errors.contains("sek1"))
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            try terminal.end()
            #expect(try client.waitForEnd() == .exited(0))
        }
    }

    @Test func `An empty answer registers a new name under a secret that is shown once, and no name of others`() throws
    {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.node(under: node)
            try bench.waitForPath(of: other, [node])
            let terminal = try PseudoTerminal()
            let client = try bench.program(
                "client", ["client", "-rp", String(node.port), "-u", "anna"], terminal: terminal)
            try answer([(Self.question, "")], of: client, at: terminal)
            try eventually("anna is in") { client.errors.contains("logged in at") }
            let told = try #require(client.errors.components(separatedBy: "registered as anna with secret ").last)
            let secret = String(told.prefix { $0 != "\n" })
            #expect(secret.count == 26)
            #expect(client.errors.ranges(of: secret).count == 1)
            try terminal.end()
            #expect(try client.waitForEnd() == .exited(0))

            let second = try PseudoTerminal()
            let late = try bench.program(
                "client", ["client", "-rp", String(other.port), "-u", "anna"], terminal: second)
            try answer(
                [(Self.question, ""), ("anna is registered already: type its secret\n" + Self.question, secret)],
                of: late, at: second)
            try eventually("anna is in again") { late.errors.contains("logged in at") }
            try second.end()
            #expect(try late.waitForEnd() == .exited(0))
        }
    }

    @Test func `With --register the client asks for the new secret twice, until both agree`() throws {
        try onBench { bench in
            let node = try bench.node()
            let terminal = try PseudoTerminal()
            let client = try bench.program(
                "client", ["client", "-rp", String(node.port), "-u", "anna", "--register"], terminal: terminal)
            let question = "New secret of anna (Enter: one is made, and shown once): "
            try answer(
                [
                    (question, "sek1"), ("Again: ", "sek2"),
                    ("The two are not the same: try again.\n" + question, "sek1"),
                    ("Again: ", "sek1"),
                ], of: client, at: terminal)
            try eventually("anna is in") { client.errors.contains("logged in at") }
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            try terminal.end()
            #expect(try client.waitForEnd() == .exited(0))
        }
    }

    @Test func `The end of the input at the question ends the client, and registers nothing`() throws {
        try onBench { bench in
            let node = try bench.node()
            for flags in [[], ["--register"]] {
                let terminal = try PseudoTerminal()
                let client = try bench.program(
                    "client", ["client", "-rp", String(node.port), "-u", "anna"] + flags, terminal: terminal)
                try eventually("it asks") { client.errors.hasSuffix("): ") }
                try terminal.end()
                #expect(try client.waitForEnd() == .exited(1))
                #expect(client.errors.contains("\nError: no secret was typed: give it with --secret-file"))
            }
            try bench.connect(to: node).register("anna", "sek1")
        }
    }

    @Test func `A user's own change asks for the present secret and twice for the new one, and shows none`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            let terminal = try PseudoTerminal()
            let change = try bench.program(
                "secret", ["account", "secret", "anna", "-rp", String(node.port)], terminal: terminal)
            try answer(
                [
                    ("Present secret of anna: ", "sek1"), ("New secret of anna: ", "sek2"), ("Again: ", "sek3"),
                    ("The two are not the same: try again.\nNew secret of anna: ", "sek2"), ("Again: ", "sek2"),
                ], of: change, at: terminal)
            #expect(try change.readToEnd() == ["changed the secret of anna: on 0 disks"])
            #expect(try change.waitForEnd() == .exited(0))
            #expect(terminal.echoes)
            try bench.client(at: node, as: "anna", secret: "sek2").close()
        }
    }

    @Test func `A signal at the question leaves the terminal as it was`() throws {
        try onBench { bench in
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
                let terminal = try PseudoTerminal()
                let client = try bench.program("client", ["client", "-u", "anna"], terminal: terminal)
                try wait(for: Self.question, of: client, at: terminal)
                client.signal(signal)
                #expect(try client.waitForEnd() == .exited(128 + signal))
                #expect(client.errors == Self.question + "\n", "what the shell prints next stands on a line of its own")
                #expect(terminal.echoes)
            }
        }
    }
}
