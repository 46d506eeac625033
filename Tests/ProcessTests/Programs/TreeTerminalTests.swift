import Foundation
import Testing

extension RealPrograms {
    /// `coppice tree` at a terminal, mostly with --watch.
    @Suite struct TreeTerminalTests {}
}

/// `coppice tree` at a terminal.
private func screenful(_ bench: Bench, _ setting: String, at node: Node, _ flags: String) throws -> TerminalProgram {
    try TerminalProgram(bench, setting, "tree -rp \(node.port) -s \(node.secret) \(flags)")
}

extension RealPrograms.TreeTerminalTests {
    private static let escape = "\u{1b}"

    @Test func `No line of the picture is longer than 80 columns, and a dumb terminal gets no escape codes`() throws {
        try onBench { bench in
            var chain = [try bench.node("root")]
            for number in 1...9 {
                chain.append(try bench.node("n\(number)", under: chain.last!))
                try bench.waitForPath(of: chain.last!, chain.dropLast().reversed())
            }
            for (setting, hasColour) in [
                ("export TERM=xterm", true), ("export TERM=dumb", false), ("unset TERM", false),
                ("export TERM=xterm NO_COLOR=1", false),
            ] {
                let screen = try screenful(bench, setting, at: chain[9], "")
                try screen.finish()
                let picture = screen.lines.prefix { !$0.hasPrefix("status") }
                #expect(picture.allSatisfy { $0.count < 80 }, "\(picture.joined(separator: "\n"))")
                for node in chain { #expect(picture.contains { $0.contains("localhost:\(node.port)") }) }
                #expect(screen.written.contains(Self.escape) == hasColour, "\(setting)")
                #expect(screen.lines.contains("status 0"))
            }
        }
    }

    @Test func `While watching, the next known node is asked when the asked one dies, and is named`() throws {
        try onBench { bench in
            let tree = try SixNodes(bench)
            let screen = try screenful(bench, "export TERM=xterm", at: tree.d, "--watch 0.1")
            try screen.read(until: "localhost:\(tree.f.port)")
            tree.d.killHard()
            try screen.read(
                until: "asking localhost:\(tree.b.port), since localhost:\(tree.d.port) gives no")
            try screen.read(until: "◀ asked")
            tree.b.killHard()
            try screen.read(until: "asking localhost:\(tree.a.port), since localhost:\(tree.b.port) gives no")
            try screen.press("\u{3}")
            try screen.finish()
            #expect(screen.lines.contains("status 0"))
            #expect(screen.lines.contains { $0.contains(" echo ") }, "the terminal shows what is typed")
            // The picture is written over in place: the screen is neither cleared nor switched, and the cursor isn't
            // hidden.
            #expect(screen.written.contains(/\u{1b}\[[0-9]+A/))
            for code in ["[2J", "[?"] { #expect(!screen.written.contains(Self.escape + code), "\(code)") }
        }
    }

    @Test func `A picture that is too long for the screen says how much of it is missing`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let leaves = try (0..<24).map { try bench.node("n\($0)", under: root) }
            try eventually("the root has all children") { try bench.tree(at: root).children.count == leaves.count }
            let screen = try screenful(bench, "export TERM=xterm", at: root, "--watch 0.1")
            try screen.read(until: " lines more")
            try screen.press("\u{3}")
            try screen.finish()
            #expect(screen.lines.contains("status 0"))
        }
    }

    @Test func `Without a terminal the pictures follow one another, and messages go to standard error`() throws {
        try onBench { bench in
            let (root, other) = (try bench.node("root"), try bench.node("other"))
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let watch = try bench.program(
                "watch", ["tree", "-rp", String(child.port), "-s", child.secret, "--watch", "0.1"])
            func readPicture() throws -> [String] {
                var lines: [String] = []
                while lines.last?.hasPrefix("deadpool") != true { lines.append(try watch.readLine()) }
                return lines
            }
            let first = try readPicture()
            let second = try readPicture()
            #expect(second == [""] + first)
            #expect(!first.joined().contains(Self.escape))
            child.killHard()
            try eventually("it says whom it asks") {
                watch.errors.contains("asking localhost:\(root.port), since localhost:\(child.port) gives no")
            }
            _ = other
            try eventually("the root is drawn") { try readPicture().contains { $0.contains("root  ◀ asked") } }
            watch.signal(SIGTERM)
            #expect(try watch.waitForEnd() == .exited(0))
        }
    }

    @Test func `The next node is asked within seconds after one is stopped, also with --json`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let watch = try bench.program(
                "watch", ["tree", "-rp", String(child.port), "-s", child.secret, "--json", "--watch", "0.1"])
            #expect(try JSONParser.parse(Array(try watch.readLine().utf8))["port"]?.integer == child.port)
            child.program.signal(SIGSTOP)
            try eventually("the root tells", within: .seconds(10)) {
                try JSONParser.parse(Array(try watch.readLine().utf8))["port"]?.integer == root.port
            }
            #expect(watch.errors.contains("gives no answer: no answer within 2000 ms"))
            child.program.signal(SIGCONT)
        }
    }

    @Test func `When no node answers, the screen says so, and shows the tree again once one does`() throws {
        try onBench { bench in
            let node = try bench.node("node")
            let screen = try screenful(bench, "export TERM=xterm", at: node, "--watch 0.1")
            try screen.read(until: "◀ asked")
            node.killHard()
            try screen.read(until: "cannot reach a node at localhost:\(node.port)")
            let again = try bench.node("node", port: node.port)
            try screen.read(until: "◀ asked")
            _ = again
            try screen.press("\u{3}")
            try screen.finish()
            #expect(screen.lines.contains("status 0"))
        }
    }
}
