import Foundation
import Testing

extension RealPrograms {
    /// Standard streams that are closed, full, or read by nobody.
    @Suite struct OutputTests {}
}

/// All subsets of the standard descriptors, as a shell closes them.
private let closings = (1..<8).map { subset in
    zip([1, 2, 4], ["<&-", ">&-", "2>&-"]).filter { subset & $0.0 != 0 }.map(\.1).joined(separator: " ")
}

/// Arguments of a simulation that takes a moment.
private let small = "--nodes 3 --minutes 0.1"

/// Commands that print something and end. They contain marks for the port of a node, that of a clock, and a folder.
private let printing = [
    "--version", "--help", "help", "help node", "node --help", "account list --help",
    "--generate-completion-script bash",
    "tree -rp NODE -s \(Bench.secret)", "tree -rp NODE -s \(Bench.secret) --json",
    "tree -rp NODE -s \(Bench.secret) --watch 0.1", "account list -rp NODE -s \(Bench.secret)",
    "top -rp NODE -s \(Bench.secret) --once 0.1",
    "account list -rp NODE -s \(Bench.secret) --json", "account show -rp NODE -s \(Bench.secret) anna",
    "account bench --accounts 10 --differences 1 --data-dir FOLDER/bench",
    "account storm -rp NODE --accounts 1 --rate 1 --seconds 1 --listeners 1 --messages 1",
    "clock-load localhost:CLOCK -s \(Bench.secret) --seconds 0.1 --connections 1", "simulate --seed 1 \(small)",
    "simulate --seed 1 \(small) --trace",
    "simulate --seeds 1..2 \(small)", "simulate --scale 10",
]

/// A node and a clock for the commands that ask one.
private struct Servers {
    let node: Node
    let clock: Int
    let folder: String

    init(_ bench: Bench) throws {
        node = try bench.node()
        clock = try Node.port(
            of: bench.program(
                "clock", ["clock", "-s", Bench.secret, "-lp", "0", "--data-dir", bench.folder + "/clock"]))
        folder = bench.folder
        _ = try bench.newcomer(at: node, "anna", "s")
    }

    func arguments(_ words: String) -> String {
        words.replacing("NODE", with: String(node.port)).replacing("CLOCK", with: String(clock))
            .replacing("FOLDER", with: folder)
    }
}

// MARK: - Closed

extension RealPrograms.OutputTests {
    @Test func `A program that prints and ends does so without any of the standard descriptors`() throws {
        try onBench { bench in
            let servers = try Servers(bench)
            let watched = ["--watch", "--trace", "--scale", "bench", "storm", "completion"]
            for words in printing where !watched.contains(where: words.contains) {
                for closing in ["<&- >&- 2>&-", "<&-", ">&-"] {
                    let program = try bench.shell("program", "exec \"$0\" \(servers.arguments(words)) \(closing)")
                    let ending = try program.waitForEnd()
                    // Without standard output, the text that was to be printed is lost.
                    #expect(ending == .exited(closing == "<&-" ? 0 : 1), "\(words) \(closing)")
                    try bench.forget(program)
                }
            }
        }
    }

    @Test(arguments: closings)
    func `A node and a clock serve without standard descriptors, which are on the null device`(closing: String) throws {
        try onBench { bench in
            for words in [
                "node -lh localhost --memory -ms s --clock \(Bench.nobody)",
                "clock --plain-links --data-dir \(bench.folder)/data",
            ] {
                let port = try Sockets.freePort()
                let program = try bench.shell("server", "exec \"$0\" \(words) -lp \(port) \(closing)")
                let client = try bench.connect(port: port)
                try client.send(["command": "GET_TIME"])
                _ = try client.read()
                client.close()
                for (number, mark) in ["<&-", ">&-", "2>&-"].enumerated()
                where closing.split(separator: " ").contains(Substring(mark)) {
                    let target = try FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/\(program.pid)/fd/\(number)")
                    #expect(target == "/dev/null", "descriptor \(number) of \(words)")
                }
                program.signal(SIGTERM)
                #expect(try program.waitForEnd(within: .seconds(5)) == .exited(0), "\(words)")
            }
        }
    }

    @Test func `A client talks without the descriptors that it doesn't need`() throws {
        try onBench { bench in
            let node = try bench.node()
            let listener = try bench.client(at: node)
            for (closing, status) in [("2>&-", 0), (">&-", 1), (">&- 2>&-", 1)] as [(String, Int32)] {
                let client = try bench.shell("client", "echo hello | exec \"$0\" client -rp \(node.port) \(closing)")
                _ = try listener.read()
                #expect(try client.waitForEnd() == .exited(status), "\(closing)")
            }
            let silent = try bench.shell("client", "exec \"$0\" client -rp \(node.port) <&-")
            #expect(try silent.waitForEnd() == .exited(0))
        }
    }

    @Test(arguments: closings)
    func `A flood's workers run without standard descriptors`(closing: String) throws {
        try onBench { bench in
            let node = try bench.node()
            let flood = try bench.shell(
                "flood", "exec \"$0\" flood --nodes localhost:\(node.port) --clients 4 --duration 0.3 --json \(closing)"
            )
            let isLost = closing.split(separator: " ").contains(">&-")
            #expect(try flood.waitForEnd() == .exited(isLost ? 2 : 0), "\(flood.errors)")
            #expect(try flood.readToEnd().joined().hasPrefix("{") != isLost)
        }
    }
}

// MARK: - Unwritable

extension RealPrograms.OutputTests {
    @Test func `Output that can't be written is an error in every subcommand`() throws {
        try onBench { bench in
            let servers = try Servers(bench)
            for words in printing {
                let program = try bench.shell("program", "exec \"$0\" \(servers.arguments(words)) >/dev/full")
                #expect(try program.waitForEnd() == .exited(1), "\(words)")
                #expect(program.errors.contains("standard output cannot be written: no space left"), "\(words)")
                try bench.forget(program)
            }
            for flags in ["", "--json"] {
                let flood = try bench.shell(
                    "flood",
                    "exec \"$0\" flood --nodes localhost:\(servers.node.port) --clients 4 --duration 0.3 \(flags) "
                        + ">/dev/full"
                )
                #expect(try flood.waitForEnd() == .exited(2), "\(flags)")
                #expect(flood.errors.contains("standard output cannot be written: no space left"))
            }
            for flags in ["", "--json"] {
                let client = try bench.shell(
                    "client", "echo '{}' | exec \"$0\" client -rp \(servers.node.port) \(flags) >/dev/full")
                #expect(try client.waitForEnd() == .exited(1))
                #expect(client.errors.contains("standard output cannot be written: no space left"))
            }
        }
    }

    @Test func `A server that can't print its address doesn't serve`() throws {
        try onBench { bench in
            for words in [
                "node --memory -ms s --clock \(Bench.nobody)", "clock --plain-links --data-dir \(bench.folder)/data",
            ] {
                let program = try bench.shell("server", "exec \"$0\" \(words) -lp 0 >/dev/full")
                #expect(try program.waitForEnd() == .exited(1), "\(words)")
                #expect(program.errors.contains("standard output cannot be written: no space left"), "\(words)")
            }
        }
    }

    @Test func `Output that nobody reads any more is an error too`() throws {
        try onBench { bench in
            let servers = try Servers(bench)
            // No program is started before the reader has gone.
            for words in printing {
                let program = try bench.shell(
                    "program",
                    "{ read -r line; \"$0\" \(servers.arguments(words)); echo \"status $?\" >&2; } | exec sleep 0")
                usleep(20_000)
                try program.write("go")
                try eventually("\(words) ends") { program.errors.contains("status ") }
                #expect(program.errors.contains("status 1"), "\(words): \(program.errors)")
                try bench.forget(program)
            }
        }
    }

    @Test(arguments: ["client", "client --json", "tree --watch 60"])
    func `A program that waits for something to print ends when its reader has gone`(command: String) throws {
        try onBench { bench in
            let node = try bench.node()
            let secret = command.hasPrefix("tree") ? "-s \(node.secret)" : ""
            let program = try bench.shell(
                "program",
                "{ \"$0\" \(command) -rp \(node.port) \(secret); echo \"status $?\" >&2; } | exec head -n 1")
            if command.hasPrefix("client") {
                try eventually("it is in") { program.errors.contains("logged in") }
                try bench.client(at: node).say(["n": 1])
            }
            try eventually("it ends") { program.errors.contains("status ") }
            #expect(program.errors.contains("status 1"), "\(program.errors)")
            try bench.forget(program)
        }
    }
}
