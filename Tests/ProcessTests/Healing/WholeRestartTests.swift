import Testing

extension RealProcesses {
    /// All nodes of a network end at once, and are started again with empty logs.
    @Suite struct WholeRestartTests {}
}

extension RealProcesses.WholeRestartTests {
    @Test func `Clients that had said something are heard again at once, although nobody holds what they saw`() throws {
        try onBench { bench in
            let flags = ["--data-dir", "root"]
            var root = try bench.node("root", flags)
            var child = try bench.node("child", under: root, ["--data-dir", "child"])
            try bench.waitForPath(of: child, [root])
            let former = try bench.client(at: child, "former")
            var id = ""
            for number in 0..<5 {
                try former.say(["n": .integer(number)])
                id = try former.hear(["n": .integer(number)])["id"]?.text ?? ""
            }
            let dot = try #require(id.lastIndex(of: "."))
            root.killHard()
            child.killHard()

            root = try bench.node("root again", port: root.port, flags)
            child = try bench.node("child again", under: root, port: child.port, ["--data-dir", "child"])
            try bench.waitForPath(of: child, [root])
            let returned = try bench.connect(to: child, "returned")
            let began = now()
            let sequence = try #require(Int(id[id.index(after: dot)...]))
            try returned.send([
                "command": "LOGIN", "username": "anonymous", "since": .object([String(id[..<dot]): .integer(sequence)]),
                "features": ["notice"],
            ])
            try returned.expect("LOGIN_SUCCESS")
            try returned.say(["n": 99])
            let notice = try returned.expect("NOTICE")
            #expect(notice["info"]?.text == "\(sequence) messages that you have seen are kept by no server any more")
            try returned.hear(["n": 99])
            // It was 15 s.
            #expect(now() - began < .seconds(5))
        }
    }
}
