import Foundation
import Testing

extension RealProcesses {
    /// What is asked for at a terminal isn't shown there.
    @Suite struct SecretPromptTests {}
}

extension RealProcesses.SecretPromptTests {
    /// Waits until the program has asked so, when nothing must be shown any more.
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
            try wait(
                for: "Secret of anna (none: register it under a new one): ", of: client, at: terminal)
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
            for (first, second) in [("sek2", "sek3"), ("sek2", "sek2")] {
                let terminal = try PseudoTerminal()
                let reset = try bench.program(
                    "reset", ["account", "reset", "anna", "-rp", String(node.port), "-s", node.secret],
                    terminal: terminal)
                try wait(for: "New secret of anna: ", of: reset, at: terminal)
                let words = try String(contentsOfFile: "/proc/\(reset.pid)/cmdline", encoding: .utf8)
                #expect(words.contains("anna"))
                #expect(!words.contains("canary"))
                try terminal.type(first)
                #expect(try terminal.readLine() == "")
                try wait(for: "Again: ", of: reset, at: terminal)
                try terminal.type(second)
                #expect(try terminal.readLine() == "")
                #expect(try reset.waitForEnd() == .exited(first == second ? 0 : 1))
                #expect(reset.errors.contains("nothing was changed") == (first != second))
                #expect(terminal.echoes)
                if first != second { try bench.client(at: node, as: "anna", secret: "sek1").close() }
            }
            try bench.client(at: node, as: "anna", secret: "sek2").close()
        }
    }

    @Test func `Whoever ends it while it asks gets the terminal back as it was`() throws {
        try onBench { bench in
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
                let terminal = try PseudoTerminal()
                let client = try bench.program("client", ["client", "-u", "anna"], terminal: terminal)
                try wait(
                    for: "Secret of anna (none: register it under a new one): ", of: client, at: terminal)
                client.signal(signal)
                #expect(try client.waitForEnd() == .exited(128 + signal))
                #expect(terminal.echoes)
            }
        }
    }
}
