import Foundation
import Testing

extension RealPrograms {
    /// `coppice top`, at a terminal and elsewhere.
    @Suite struct TopTests {}
}

extension RealPrograms.TopTests {
    private static let escape = "\u{1b}"

    @Test func `Once prints a table with the rates of each node, and no escape codes`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let (sender, reader) = (try bench.client(at: root), try bench.client(at: child))
            _ = reader
            let top = try bench.program(
                "top", ["top", "-rp", "\(child.port)", "-s", child.secret, "--once", "--sort", "node"])
            var lines: [String] = []
            // The sender says something every few milliseconds until the table is there.
            try eventually("a table", within: .seconds(20)) {
                while let line = top.readAvailableLine() { lines.append(line) }
                try sender.say(["object": "hello"])
                usleep(2000)
                return lines.count == 4
            }
            #expect(try top.waitForEnd() == .exited(0))
            #expect(lines[0].hasPrefix("2 nodes, 2 clients: "), "\(lines)")
            #expect(lines[1].hasPrefix("node "))
            let rows = lines[2...].map { $0.split(separator: " ").map(String.init) }
            #expect(Set(rows.map { $0[0] }) == ["localhost:\(root.port)*", "localhost:\(child.port)"])
            for row in rows {
                #expect(row.count == 11 && row[1] == "1" && row[9] == "1", "\(row)")
                #expect(row[3] != "0" && row[3] != "-", "a client at each node gets what is said: \(row)")
                let isRoot = row[0].hasSuffix("*")
                #expect((row[2] == "0") == !isRoot, "messages are said at the root alone: \(row)")
                #expect(row[4] != "0" && row[5] != "0", "\(row)")
            }
            #expect(lines.allSatisfy { !$0.contains(Self.escape) })
        }
    }

    @Test func `A wrong secret, an unknown column and a node that isn't there name the flag`() throws {
        try onBench { bench in
            let node = try bench.node("node")
            for (arguments, words) in [
                (["-rp", "\(node.port)", "-s", "wrong", "--once"], "--secret-file or COPPICE_SECRET"),
                (["-rp", "1", "-s", node.secret, "--once"], "-rp/--port"),
                (["-s", node.secret, "--sort", "age"], "--sort"),
                (["-s", node.secret, "0.01"], "0.05 or more"),
            ] {
                let run = try bench.run(["top"] + arguments)
                #expect(run.status != 0, "\(arguments)")
                #expect(run.errors.contains(words), "\(run.errors)")
            }
        }
    }

    @Test func `In a pipe tables follow one another, and the next node is asked when the asked one dies`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let top = try bench.program("top", ["top", "-rp", "\(child.port)", "-s", child.secret, "0.1"])
            func next(_ beginning: String) throws {
                try eventually("a table begins with \(beginning)") { try top.readLine().hasPrefix(beginning) }
            }
            try next("2 nodes, 0 clients")
            try next("2 nodes, 0 clients")
            child.killHard()
            try top.expectLogged("asking localhost:\(root.port), since localhost:\(child.port) gives no")
            try next("1 node, 0 clients")
            top.signal(SIGTERM)
            #expect(try top.waitForEnd() == .exited(0))
        }
    }

    @Test func `At a terminal keys sort, q leaves, and the terminal is as it was`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            let screen = try TerminalProgram(bench, "export TERM=xterm", "top -rp \(root.port) -s \(root.secret) 0.1")
            try screen.read(until: "q quits")
            try screen.read(until: "2 nodes, 0 clients")
            // The heading of the column that sorts is bold.
            try screen.read(until: "\(Self.escape)[1mclients")
            try screen.press("n")
            try screen.read(until: "\(Self.escape)[1mnode")
            try screen.press("?")
            root.killHard()
            try screen.read(until: "asking localhost:\(child.port), since localhost:\(root.port) gives no")
            try screen.press("q")
            try screen.finish()
            #expect(screen.lines.contains("status 0"))
            let modes = screen.lines.drop { !$0.hasPrefix("status") }.joined(separator: " ")
            #expect(
                modes.contains(" echo ") && modes.contains(" icanon "), "the terminal shows what is typed: \(modes)")
            #expect(!screen.lines.contains { $0.contains("?") && $0.hasPrefix("?") }, "keys aren't shown")
        }
    }

    @Test func `No line is longer than 80 columns, and a dumb terminal gets no escape codes`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            for (setting, hasEscapes, hasColour) in [
                ("export TERM=xterm", true, true), ("export TERM=xterm NO_COLOR=1", true, false),
                ("export TERM=dumb", false, false),
            ] {
                let screen = try TerminalProgram(bench, setting, "top -rp \(root.port) -s \(root.secret) 0.1")
                try screen.read(until: "1 node, 0 clients")
                try screen.read(until: "1 node, 0 clients")
                try screen.press(hasEscapes ? "q" : "\u{3}")
                try screen.finish()
                #expect(screen.lines.contains("status 0"))
                #expect(screen.lines.prefix { !$0.hasPrefix("status") }.allSatisfy { $0.count < 80 })
                #expect(screen.written.contains(Self.escape) == hasEscapes, "\(setting)")
                #expect(screen.written.contains(Self.escape + "[1m") == hasColour, "\(setting)")
                #expect(screen.written.contains("q quits") == hasEscapes)
            }
        }
    }

    @Test func `A terminal that becomes narrower is drawn anew, without the last columns`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let person = try Person(on: bench, columns: 80, rows: 24)
            try person.runs("top -rp \(root.port) -s \(root.secret) 0.1")
            try person.sees("the whole table") { $0.contains { $0.hasPrefix("node ") && $0.hasSuffix(" turn") } }
            person.screen.resize(columns: 40)
            try person.sees("a narrower table") { lines in
                // Above it the terminal keeps what is left of the wide one.
                let index = lines.lastIndex { $0.hasPrefix("node ") } ?? 0
                let table = lines[index...]
                return lines[index].contains("clients") && !lines[index].contains("turn")
                    && table.count > 1 && table.allSatisfy { $0.count < 40 }
            }
            try person.presses("q")
            try person.leaves()
        }
    }
}
