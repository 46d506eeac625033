import Foundation
import Testing

extension RealPrograms {
    /// `coppice client` as a person at a terminal sees it.
    @Suite struct ClientTerminalTests {}
}

extension [String] {
    /// How many lines contain this text.
    fileprivate func count(_ text: String) -> Int { filter { $0.contains(text) }.count }
}

// MARK: - The line

extension RealPrograms.ClientTerminalTests {
    @Test func `Messages appear above the line that is typed, which stays whole and is sent once`() throws {
        try onBench { bench in
            let node = try bench.node()
            let bob = try bench.newcomer(at: node, "bob", "s")
            let person = try Person(on: bench, columns: 30)
            try person.starts("client -rp \(node.port)")
            try person.presses("half of a line that goes on in the next row 日本")
            for word in ["one", "two"] {
                try bob.say(["object": .string(word)], as: "bob", secret: "s")
                try bob.hear(["object": .string(word)], from: "bob")
                try person.sees("bob's word above the line") { lines in
                    lines.suffix(3) == ["bob: \(word)", "> half of a line that goes on", "in the next row 日本"]
                }
            }
            #expect(person.screen.beforeCursor == "in the next row 日本")
            try person.says("!")
            try bob.hear(["object": "half of a line that goes on in the next row 日本!"])
            try person.sees("an empty line") { $0.last == ">" }
            let shown = person.screen.lines.joined()
            #expect(shown.components(separatedBy: "half of a line").count == 2, "\(person.screen.lines)")
            try person.presses("\u{4}")
            #expect(try person.status() == 0)
            try person.leaves()
        }
    }

    @Test func `Keys edit the line, and the history is searched`() throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let person = try Person(on: bench)
            try person.starts("client -rp \(node.port)")
            for (keys, line) in [
                ("wörld\u{1}hello \u{5}!", "hello wörld!"),
                ("one three\u{1b}btwo \u{5}\u{1b}[D\u{1b}[D\u{1b}[DX", "one two thXree"),
                ("gone\u{15}stays", "stays"),
                ("keep this word\u{17}", "keep this "),
                ("ab\u{2}\u{b}\u{19}\u{19}", "abb"),
                ("日本語\u{7f}\u{7f}", "日"),
                ("\u{1b}[A\u{1b}[A!", "abb!"),
                ("draft\u{10}\u{e}", "draft"),
                ("\u{12}HELLO", "hello wörld!"),
                ("\u{12}two\u{1}0 ", "0 one two thXree"),
                ("x\u{12}hello\u{7}y", "xy"),
                ("delete\u{1b}[H\u{1b}[3~\u{4}\u{1b}[F.", "lete."),
                ("\u{1b}[1;5D\u{1b}[24~a\u{1b}", "a"),
                ("a🇩🇪🇫🇷\u{7f}b", "a🇩🇪b"),
                ("🇩🇪🇫🇷\u{2}\u{2}\u{4}x", "x🇫🇷"),
                ("e\u{301}o\u{2}\u{7f}\u{6}👩‍👩‍👧\u{1b}[D.", "o.👩‍👩‍👧"),
                ("x\u{12}🇩🇪🇫🇷\u{7f}\u{7f}hello\u{7}y", "xy"),
                ("a🇩🇪b\u{2}\u{12}hello\u{7}y", "a🇩🇪yb"),
            ] {
                try person.says(keys)
                try other.hear(["object": .string(line)])
            }
            // A tab is text. The lines of a paste are sent when Enter is pressed, and not before.
            try person.presses("\u{1b}[200~first\nsecond\tx\u{1b}[201~")
            try person.sees("first↵second")
            try person.says("")
            try other.hear(["object": "first"])
            try other.hear(["object": "second\tx"])
            try person.presses("\u{3}")
            #expect(try person.status() == 130)
            try person.leaves()
        }
    }

    @Test func `A line may be longer than a terminal's input buffer, and one that is too long does no harm`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-line-bytes", "20000"])
            let other = try bench.client(at: node)
            let person = try Person(on: bench)
            try person.starts("client -rp \(node.port)")
            let long = (0..<3_000).map { String($0) }.joined(separator: " ")
            try person.says(long)
            try other.hear(["object": .string(long)])
            try person.says(String(repeating: "x", count: 20_000))
            try person.sees("the server takes lines of up to 20000 bytes") { lines in
                lines.suffix(6).joined().contains("the server takes lines of up to 20000 bytes")
            }
            try person.says("after")
            try other.hear(["object": "after"])
            try person.says("/quit")
            #expect(try person.status() == 0)
            #expect(person.screen.lines.joined().components(separatedBy: "connected").count == 1)
            try person.leaves()
        }
    }

    @Test func `After a change of the terminal's size the line is whole, and nothing of the old one is left`() throws {
        try onBench { bench in
            let node = try bench.node()
            let person = try Person(on: bench, columns: 50, rows: 20)
            try person.starts("client -rp \(node.port)")
            let line = "a line that is broken anew at each other width, 日本日本日本日本"
            try person.presses(line)
            try person.sees("日本日本日本日本")
            for columns in [30, 71, 24, 50] {
                person.screen.resize(columns: columns)
                // Each key is shown before the size changes again, since text drawn for one size looks different in
                // another.
                for (key, end) in [("!", "!"), ("\u{7f}", "")] {
                    try person.presses(key)
                    try person.sees("the line at \(columns) columns") { lines in
                        let whole = lines.joined().filter { $0 != " " }
                        return whole.hasSuffix("> \(line)\(end)".filter { $0 != " " })
                            && whole.components(separatedBy: "alinethat").count == 2
                            && whole.contains("leaves>")
                    }
                }
            }
            try person.presses("\u{3}")
            #expect(try person.status() == 130)
            try person.leaves()
        }
    }
}

// MARK: - The terminal's mode

extension RealPrograms.ClientTerminalTests {
    @Test func `However a client ends, the terminal is as it was`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            let person = try Person(on: bench)
            for (keys, status) in [("\u{3}", 130), ("abc\u{3}", 130), ("\u{4}", 0), ("/quit\r", 0), ("\u{1c}", 131)] {
                try person.starts("client -rp \(node.port)")
                #expect(!person.screen.isCooked)
                try person.presses(keys)
                #expect(try person.status() == status)
            }
            for (signal, status) in [(SIGTERM, 0), (SIGINT, 130), (SIGHUP, 129), (SIGQUIT, 131)] {
                try person.starts("client -rp \(node.port)")
                try person.presses("abc")
                kill(try person.pid(), signal)
                #expect(try person.status() == status)
            }
            try person.runs("client -rp \(node.port) -u anna -s wrong")
            try person.sees("attempt to login with wrong secret")
            #expect(try person.status() == 1)
            try person.leaves()
        }
    }

    /// The terminal isn't the one that controls the program, so that no SIGHUP comes, and the loss itself is noticed.
    @Test func `A terminal that goes ends a client as SIGHUP does`() throws {
        try onBench { bench in
            let node = try bench.node()
            let script = """
                import os, pty, sys, subprocess, time
                for term in ("xterm", "dumb"):
                    master, terminal = pty.openpty()
                    env = dict(os.environ, TERM=term)
                    child = subprocess.Popen(sys.argv[1:], stdin=terminal, stdout=terminal, stderr=terminal, env=env)
                    os.close(terminal)
                    seen = b""
                    while b"logged in" not in seen: seen += os.read(master, 4096)
                    time.sleep(0.3)
                    os.close(master)
                    print(child.wait(20))
                """
            let program = try bench.program(
                "terminals", path: "/usr/bin/env",
                ["python3", "-c", script, try Binary.path(), "client", "-rp", String(node.port)])
            #expect(try program.readToEnd() == ["129", "129"], "\(program.errors)")
            try bench.forget(program)
        }
    }

    @Test func `Control-Z gives the shell its terminal, and fg brings the line back`() throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let person = try Person(on: bench)
            try person.starts("client -rp \(node.port)")
            try person.presses("half ")
            try person.sees("> half")
            try person.presses("\u{1a}")
            try person.waitForShell()
            try other.say(["object": "meanwhile"])
            try other.hear(["object": "meanwhile"])
            try person.says("fg")
            try person.sees("the line again") { lines in
                lines.last == "> half" && lines.contains { $0.hasSuffix(": meanwhile") }
            }
            #expect(!person.screen.isCooked)
            try person.says("whole")
            try other.hear(["object": "half whole"])
            try person.presses("\u{4}")
            #expect(try person.status() == 0)
            try person.leaves()
        }
    }

    @Test(arguments: ["client", "client | cat"])
    func `Without a terminal that can be drawn on there are no escape codes`(command: String) throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let person = try Person(on: bench, terminal: command == "client" ? "dumb" : "xterm")
            try person.runs(command.replacing("client", with: "client -rp \(node.port)"))
            try person.sees("logged in at")
            #expect(person.screen.isCooked)
            try person.says("hello")
            try other.hear(["object": "hello"])
            try other.say(["object": "good day"])
            try person.sees(": good day")
            // The terminal has shown what was typed. A pipe gets the echo like every broadcast.
            if command == "client" { try person.sees("(on 1 server only)") }
            #expect(person.screen.lines.count(": hello") == (command == "client" ? 0 : 1))
            #expect(person.screen.lines.filter { $0 == "hello" }.count == 1)
            try person.presses("\u{4}")
            #expect(try person.status() == 0)
            if command == "client" { #expect(!person.screen.bytes.contains(0x1b)) }
            #expect(!String(decoding: person.screen.bytes, as: UTF8.self).contains("\u{1b}[J"))
            try person.leaves()
        }
    }
}

// MARK: - Commands and receipts

extension RealPrograms.ClientTerminalTests {
    @Test func `A line is a command if it begins with a slash, and two slashes send one`() throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let person = try Person(on: bench, columns: 100, rows: 30)
            try person.starts("client -rp \(node.port)")
            try person.sees("/help lists what you can type; /quit or Control-D leaves")
            try person.says("/help")
            try person.sees("/quit      leave")
            try person.says("/nonsense here")
            try person.sees("there is no /nonsense, so nothing was said")
            try person.says("/me")
            try person.sees("you are anonymous#")
            try person.says("//slash")
            // None of the lines before was sent.
            try other.hear(["object": "/slash"])
            try person.says("/me waves")
            try other.hear(["object": "* waves"])
            try person.says("/who")
            try person.sees(" (you), just now")
            try person.says("/quit")
            #expect(try person.status() == 0)
            try person.leaves()
        }
    }

    @Test func `People without names are told apart, and a message on fewer servers than promised says so`() throws {
        try onBench { bench in
            let node = try bench.node()
            let person = try Person(on: bench)
            try person.starts("client -rp \(node.port)")
            let names = try ["one", "two"].map { word in
                let client = try bench.program("client", ["client", "-rp", String(node.port)])
                try client.write(word)
                client.closeInput()
                #expect(try client.readToEnd() == ["anonymous: \(word)"], "a pipe has no tags")
                try person.sees(": \(word)")
                let line = person.screen.lines.first { $0.hasSuffix(": \(word)") }!
                #expect(line.hasPrefix("anonymous#"))
                return line.prefix { $0 != ":" }
            }
            #expect(names[0] != names[1])
            try person.says("alone")
            try person.sees(": alone (on 1 server only)")
            _ = try bench.node("other", under: node)
            try eventually("two servers hold it") {
                try person.says("together")
                return person.screen.lines.contains { $0.hasSuffix(": together") }
            }
            try person.presses("\u{3}")
            #expect(try person.status() == 130)
            try person.leaves()
        }
    }

    @Test func `When the server is gone, a client says so at once, and sends what was typed when one is back`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let node = try bench.node("node", port: port)
            let person = try Person(on: bench, columns: 120, rows: 20)
            try person.starts("client -rp \(port)")
            node.killHard()
            try person.sees("no server lets us in at the moment (localhost:\(port): connection refused)")
            for word in ["first", "second"] { try person.says(word) }
            try person.sees("both under way") { lines in
                lines.suffix(4) == ["... first", "... second", "no server yet: 2 messages wait", ">"]
            }
            _ = try bench.node("node again", port: port)
            try person.sees("connected again, to localhost:\(port): nothing was missed")
            try person.sees("both said, and nothing under way") { lines in
                lines.count(": first") == 1 && lines.count(": second") == 1 && lines.count("... ") == 0
                    && lines.count("no server yet") == 0
            }
            try person.presses("\u{4}")
            #expect(try person.status() == 0)
            try person.leaves()
        }
    }
}
