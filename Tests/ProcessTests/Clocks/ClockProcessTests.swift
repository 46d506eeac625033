import Foundation
import Testing

extension RealProcesses {
    /// `coppice clock`: stamps that never repeat and never go back, whatever happens to the program.
    @Suite struct ClockProcessTests {}
}

/// A running clock.
private struct ClockProgram {
    let program: Program
    let port: Int

    init(_ bench: Bench, _ name: String = "clock", port: Int? = nil, _ flags: [String] = ["--plain-links"]) throws {
        let folder = bench.folder + "/clock-data"
        let port = try port ?? Sockets.freePort()
        program = try bench.program(name, ["clock", "-lp", String(port), "--data-dir", folder] + flags)
        self.port = try Node.port(of: program)
    }
}

extension BaseClient {
    /// Asks for `count` stamps; the numbers of the first and the last of them.
    fileprivate func stamps(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws -> ClosedRange<Int> {
        try send(["command": "GET_TIME", "count": .integer(count)], file: file, line: line)
        let answer = try expect("CLOCK_RESPONSE", file: file, line: line)
        guard let first = answer["first"]?.lenientInteger, let served = answer["count"]?.lenientInteger,
            (1...count).contains(served), first > 0
        else { throw failure("no batch of stamps: \(answer.line)", file, line) }
        return first...(first + served - 1)
    }
}

extension RealProcesses.ClockProcessTests {
    @Test func `A bare GET_TIME gets the original's answer, milliseconds as a string, and the end`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            var times: [Int] = []
            for _ in 0..<3 {
                let client = try bench.connect(port: clock.port)
                try client.send(#"{"command":"GET_TIME"}"#)
                let answer = try client.expect("CLOCK_RESPONSE")
                times.append(try #require(answer["time"]?.text.flatMap { Int($0) }, "\(answer.line)"))
                try client.expectEnd()
            }
            let wall = Int(Date().timeIntervalSince1970 * 1_000)
            #expect(times == times.sorted())
            #expect(times.allSatisfy { abs($0 - wall) < 60_000 })
        }
    }

    @Test func `Anything else gets INVALID_MESSAGE with the original's text, and the end`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            for line in [
                #"{"command":"LOGIN","username":"anonymous"}"#, #"{"command":"get_time"}"#, #"{"foo":1}"#, "[]",
                #"{"command":5}"#, "not JSON", "",
            ] {
                let client = try bench.connect(port: clock.port, "who says \(line)")
                try client.send(line)
                try client.expectRefusal("INVALID_MESSAGE", "Clock server only accepts command GET_TIME")
            }
            _ = try bench.connect(port: clock.port).stamps(1)
        }
    }

    @Test func `A count that is no count is refused`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            for count: JSONValue in ["many", 0, -5, .real(1.5), [1], .integer(.max)] {
                let client = try bench.connect(port: clock.port, "who asks for \(count.line)")
                try client.send(["command": "GET_TIME", "count": count])
                let answer = try client.read()
                // Somebody who asks for too much may be given less.
                let isRefusal = answer["command"] == "INVALID_MESSAGE"
                let isLess = count == .integer(.max) && answer["count"]?.lenientInteger ?? .max < 1_000_000_000
                #expect(isRefusal || isLess, "\(count.line): \(answer.line)")
            }
        }
    }

    @Test func `Batches are asked for on one connection, and rise strictly`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let client = try bench.connect(port: clock.port)
            var last = 0
            for n in 0..<200 {
                let batch = try client.stamps(1 + n % 50)
                try #require(batch.lowerBound > last, "\(batch) after \(last)")
                last = batch.upperBound
            }
        }
    }

    @Test func `Whoever asks, no two get the same stamp, and a later answer is greater`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let clients = try (0..<8).map { try bench.connect(port: clock.port, "client \($0)") }
            var last = 0
            for n in 0..<160 {
                let batch = try clients[n % 8].stamps(1 + n % 7)
                try #require(batch.lowerBound > last, "\(batch) after \(last)")
                last = batch.upperBound
            }
            // All at once: no overlap in whatever order they are served.
            for client in clients { try client.send(["command": "GET_TIME", "count": 100]) }
            let batches = try clients.map { client in
                let answer = try client.expect("CLOCK_RESPONSE")
                return answer["first"]!
                    .lenientInteger!...(answer["first"]!.lenientInteger! + answer["count"]!.lenientInteger! - 1)
            }.sorted { $0.lowerBound < $1.lowerBound }
            #expect(batches[0].lowerBound > last)
            for (one, next) in zip(batches, batches.dropFirst()) { #expect(one.upperBound < next.lowerBound) }
        }
    }

    @Test func `Killed under load, at any moment, it never repeats a stamp or goes back`() throws {
        try onBench { bench in try killUnderLoad(bench, times: 15) }
    }

    @Test func `After SIGTERM and a restart no stamp is repeated or smaller`() throws {
        try onBench { bench in
            var last = 0
            for run in 0..<2 {
                let clock = try ClockProgram(bench, "clock \(run)")
                let batch = try bench.connect(port: clock.port).stamps(65_000)
                try #require(batch.lowerBound > last, "run \(run): \(batch) after \(last)")
                last = batch.upperBound
                clock.program.signal(SIGTERM)
                #expect(try clock.program.waitForEnd() == .exited(0))
            }
        }
    }

    @Test func `Who has seen a stamp far in the future is told so, and pulls nobody along`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let tomorrow = (Int(Date().timeIntervalSince1970 * 1_000) + 86_400_000) << 18
            for seen in [tomorrow, 1 << 62, Int.max - 1] {
                let wrong = try bench.connect(port: clock.port)
                try wrong.send(["command": "GET_TIME", "count": 1, "seen": .string(String(seen))])
                try wrong.expectInvalid(saying: ["--max-clock-skew"])
            }
            #expect(try bench.connect(port: clock.port).stamps(1).upperBound < tomorrow)
            try eventually("the log says so") { clock.program.errors.contains("ahead of the clock's time") }
        }
    }

    @Test func `Strangers who ask for all stamps in a loop are refused, and a node beside them gets its own`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let node = try bench.connect(port: clock.port, "the node")
            let question = #"{"command":"GET_TIME","count":262144}"#
            var isRefused = false
            for round in 0..<8 {
                let stranger = try bench.connect(port: clock.port, "stranger \(round)")
                // They are answered one after another: some hundred each time, of which two thousand take two seconds.
                try stranger.send(Array(repeating: question, count: 600).joined(separator: "\n"))
                for _ in 0..<600 {
                    let answer = try stranger.read()
                    if answer["command"] == "CLOCK_RESPONSE" { continue }
                    #expect(answer["info"]?.text?.contains("used up its share") == true, "\(answer.line)")
                    isRefused = true
                    break
                }
                _ = try node.stamps(100)
            }
            #expect(isRefused)
            try clock.program.expectLogged("used up its share")
        }
    }

    @Test func `Flags of several clocks and of one don't mix`() throws {
        try onBench { bench in
            for (arguments, word) in [
                (["--etcd", "localhost:2379"], "--etcd"),
                (["--etcd", "http://localhost:2379", "--data-dir", "x"], "--data-dir"),
                (["--etcd", "http://localhost:2379", "--bind", "0.0.0.0"], "--hostname"),
                (["--lease", "1"], "--lease"), (["-lh", "here"], "--etcd"), (["--lease", "5"], "--etcd"),
                (["--etcd-prefix", "mine"], "--etcd"),
                (["--max-clock-skew", "-1"], "--max-clock-skew"),
                // That many seconds, once.
                (["--max-clock-skew", "10"], "milliseconds"),
            ] {
                let program = try bench.program("clock", ["clock", "--plain-links", "-lp", "0"] + arguments)
                #expect(try program.waitForEnd() == .exited(64), "\(arguments)")
                #expect(program.errors.contains(word), "\(arguments): \(program.errors)")
                try bench.forget(program)
            }
        }
    }

    @Test func `coppice clock-load measures a clock, and says why it can't`() throws {
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let load = try bench.program(
                "load", ["clock-load", "localhost:\(clock.port)", "--connections", "3", "--seconds", "0.3"])
            let lines = try load.readToEnd()
            #expect(try load.waitForEnd() == .exited(0), "\(lines)")
            #expect(
                lines.contains { $0.hasPrefix("stamps ") } && lines.contains { $0.contains("every stamp given once") })
            let vain = try bench.program("load", ["clock-load", Bench.nobody])
            #expect(try vain.waitForEnd() == .exited(1))
            #expect(vain.errors.contains("cannot be reached"))
            // Somebody listens there, and never answers.
            let silent = try StandInListener()
            let unheard = try bench.run(["clock-load", "localhost:\(silent.port)", "--seconds", "0.2"])
            #expect(unheard.status == 1)
            #expect(unheard.errors.contains("no stamp within 0.2 s"), "\(unheard.errors)")
            #expect(unheard.output.isEmpty, "\(unheard.output)")
        }
    }

    @Test func `A clock with a damaged bound goes on by the copy, and begins anew only with --accept-new-epoch`() throws
    {
        try onBench { bench in
            let folder = bench.folder + "/clock-data"
            func damage(_ file: String) throws {
                try "{}".write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            }
            let clock = try ClockProgram(bench)
            let first = try bench.connect(port: clock.port).stamps(5)
            clock.program.killHard()
            try damage("clock-bound.json")
            let second = try ClockProgram(bench, "second")
            try second.program.expectLogged("clock-bound.json is damaged; its copy is used")
            let next = try bench.connect(port: second.port).stamps(5)
            #expect(next.lowerBound > first.upperBound)
            second.program.killHard()
            for file in ["clock-bound.json", "clock-bound-copy.json"] { try damage(file) }
            let refused = try bench.program("refused", ["clock", "--plain-links", "-lp", "0", "--data-dir", folder])
            #expect(try refused.waitForEnd() == .exited(1))
            #expect(refused.errors.contains("--accept-new-epoch"), "\(refused.errors)")
            let anew = try bench.program(
                "anew", ["clock", "--plain-links", "-lp", "0", "--data-dir", folder, "--accept-new-epoch"])
            _ = try bench.connect(port: Node.port(of: anew)).stamps(5)
            #expect(anew.errors.contains("this clock begins anew"), "\(anew.errors)")
        }
    }

    @Test func `A second clock on the same data folder is refused`() throws {
        // Two clocks that save one bound would give out the same stamps.
        try onBench { bench in
            let clock = try ClockProgram(bench)
            let second = try bench.program(
                "second", ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock-data"])
            guard case .exited(let status) = try second.waitForEnd(), status != 0 else {
                throw Failure("the second clock ended with \(second.ending!)")
            }
            #expect(second.errors.contains("clock-data"), "\(second.errors)")
            _ = try bench.connect(port: clock.port).stamps(1)
        }
    }
}

// MARK: - Nodes and their clock

extension RealProcesses.ClockProcessTests {
    @Test func `A node whose clock is dead says so once and works`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let node = try bench.node("node", ["--clock", "localhost:\(port)"])
            let client = try bench.client(at: node)
            var stamps: [Int] = []
            let start = now()
            var n = 0
            while now() - start < .seconds(2) {
                try client.say(["n": .integer(n)])
                let message = try client.hear(["n": .integer(n)], within: .seconds(2))
                if let stamp = message["stamp"]?.lenientInteger { stamps.append(stamp) }
                n += 1
            }
            func complaints() -> Int {
                node.program.errors.split(separator: "\n").count { $0.lowercased().contains("clock") }
            }
            #expect(complaints() == 0, "it may be starting: \(node.program.errors)")
            try eventually("it says so", within: .seconds(10)) { complaints() == 1 }
            Thread.sleep(forTimeInterval: 1.5)
            #expect(complaints() == 1, "\(node.program.errors)")
            #expect(stamps.count == n, "every broadcast carries its stamp")
            #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `Stamps rise when the clock comes and goes`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let node = try bench.node("node", ["--clock", "localhost:\(port)"])
            let client = try bench.client(at: node)
            var last = 0
            var n = 0
            func talk(_ count: Int) throws {
                for _ in 0..<count {
                    try client.say(["n": .integer(n)])
                    let message = try client.hear(["n": .integer(n)], within: .seconds(2))
                    let stamp = try #require(message["stamp"]?.lenientInteger)
                    try #require(stamp > last)
                    last = stamp
                    n += 1
                }
            }
            try talk(20)
            for run in 0..<2 {
                let clock = try ClockProgram(bench, "clock \(run)", port: port, ["-s", Bench.secret])
                try talk(20)
                clock.program.killHard()
                try talk(20)
            }
        }
    }
}
