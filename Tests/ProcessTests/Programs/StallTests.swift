import Foundation
import Testing

extension RealPrograms {
    /// Readers of logs that stall, and disks that hang. No part of a server waits for them.
    @Suite struct StallTests {}
}

// MARK: - Logs

extension RealPrograms.StallTests {
    @Test func `A node whose log nobody reads serves, and ends in order`() throws {
        try onBench { bench in
            let log = try Fifo.full(bench.folder + "/log")
            let program = try bench.shell(
                "node",
                "exec \"$0\" node -lp 0 -lh localhost --memory -ms \(Bench.secret) --clock \(Bench.nobody) "
                    + "2>\(log.path)"
            )
            let node = Node("node", program, port: try Node.port(of: program), secret: Bench.secret)
            let client = try bench.client(at: node)
            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            for _ in 0..<5 { program.signal(SIGHUP) }
            for n in 0..<20 {
                try client.say(["n": .integer(n)])
                try client.hear(["n": .integer(n)], within: .seconds(2))
            }
            // Standard error may be shared with others, as a terminal is. Its flags must stay the same for them.
            let state = try String(contentsOfFile: "/proc/\(program.pid)/fdinfo/2", encoding: .utf8)
            let flags = state.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last
            #expect(try #require(Int(flags ?? "", radix: 8)) & Int(O_NONBLOCK) == 0)
            client.close()
            program.signal(SIGTERM)
            #expect(try program.waitForEnd(within: .seconds(8)) == .exited(0))
        }
    }

    @Test func `No line of a log is lost at an orderly end, if its reader continues in time`() throws {
        try onBench { bench in
            let log = try Fifo.full(bench.folder + "/log")
            let program = try bench.shell(
                "node",
                "exec \"$0\" node -lp 0 -lh localhost --memory -ms \(Bench.secret) --clock \(Bench.nobody) "
                    + "2>\(log.path)"
            )
            let node = Node("node", program, port: try Node.port(of: program), secret: Bench.secret)
            for _ in 0..<10 { try bench.baseLeaf(at: node).link.close() }
            program.signal(SIGTERM)
            let lines = try log.lines(until: "SIGTERM")
            let order = ["room for", "base protocol", "SIGTERM"]
            let places = order.map { mark in lines.firstIndex { $0.contains(mark) } }
            #expect(places == places.sorted { ($0 ?? -1) < ($1 ?? -1) } && !places.contains(nil), "\(lines)")
            #expect(lines.count { $0.contains("took a server of the base protocol") } == 10)
            #expect(try program.waitForEnd(within: .seconds(5)) == .exited(0))
        }
    }

    @Test func `The reason why a node ends is written, although its log has stalled`() throws {
        try onBench { bench in
            let log = try Fifo.full(bench.folder + "/log")
            let taken = try StandInListener()
            let program = try bench.shell(
                "node", "exec \"$0\" node -lp \(taken.port) -lh localhost --memory -ms s 2>\(log.path)")
            #expect(try log.lines(until: "is in use by another program").count > 0)
            #expect(try program.waitForEnd() == .exited(1))
        }
    }

    @Test func `A clock whose log nobody reads hands out stamps, and ends in order`() throws {
        try onBench { bench in
            let log = try Fifo.full(bench.folder + "/log")
            let clock = try bench.shell(
                "clock", "exec \"$0\" clock --plain-links -lp 0 --data-dir \(bench.folder)/data 2>\(log.path)")
            let port = try Node.port(of: clock)
            for _ in 0..<5 {
                clock.signal(SIGHUP)
                let client = try bench.connect(port: port)
                // A stamp of the far future is refused and logged.
                try client.send(["command": "GET_TIME", "count": 1, "seen": "900000000000000000"])
                _ = try client.read(within: .seconds(2))
                client.close()
            }
            clock.signal(SIGTERM)
            #expect(try clock.waitForEnd(within: .seconds(8)) == .exited(0))
        }
    }

    @Test func `A flood whose progress nobody reads still measures and reports`() throws {
        try onBench { bench in
            let log = try Fifo.full(bench.folder + "/log")
            let node = try bench.node()
            let flood = try bench.shell(
                "flood",
                "exec \"$0\" flood --nodes localhost:\(node.port) --clients 4 --duration 1.5 --json 2>\(log.path)")
            #expect(try flood.readToEnd().joined().hasPrefix("{"))
            #expect(try flood.waitForEnd() == .exited(0))
        }
    }
}

// MARK: - Disks

extension RealPrograms.StallTests {
    @Test func `A disk that hangs in a save of known nodes delays neither messages nor the end`() throws {
        try onBench { bench in
            let data = bench.folder + "/data"
            let root = try bench.node("root", ["--data-dir", data])
            // From now on, a write of known-nodes waits for a reader, who never comes.
            let disk = try Fifo.full(data + "/known-nodes.new")
            let client = try bench.client(at: root)
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            try eventually("a thread of the root hangs in the save") { try disk.isHeld(by: root.program) }
            for n in 0..<20 {
                try client.say(["n": .integer(n)])
                try client.hear(["n": .integer(n)], within: .seconds(2))
            }
            let another = try bench.node("another", under: root)
            try bench.waitForPath(of: another, [root])
            client.close()
            root.program.signal(SIGTERM)
            #expect(try root.program.waitForEnd(within: .seconds(8)) == .exited(0))
            try root.program.expectLogged("ended without it")
        }
    }

    @Test func `A disk that never syncs delays neither messages nor the end`() throws {
        try onBench { bench in
            let disk = try HangingDisk(bench)
            let program = try bench.shell(
                "root",
                "\(disk.environment) exec \"$0\" node -lp 0 -lh localhost --data-dir \(bench.folder)/data "
                    + "-ms \(Bench.secret) --clock \(Bench.nobody)")
            let root = Node("root", program, port: try Node.port(of: program), secret: Bench.secret)
            // The file of accounts has something to sync at the end.
            try bench.newcomer(at: root, "anna", "s").close()
            let client = try bench.client(at: root)
            try disk.hang()
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            try eventually("a save hangs") { disk.hasCaught }
            for n in 0..<20 {
                try client.say(["n": .integer(n)])
                try client.hear(["n": .integer(n)], within: .seconds(2))
            }
            client.close()
            program.signal(SIGTERM)
            #expect(try program.waitForEnd(within: .seconds(8)) == .exited(0))
        }
    }

    @Test func `A second signal ends a node at once, whatever its disk does`() throws {
        try onBench { bench in
            let data = bench.folder + "/data"
            let root = try bench.node("root", ["--data-dir", data])
            let disk = try Fifo.full(data + "/known-nodes.new")
            let child = try bench.node("child", under: root)
            try bench.waitForPath(of: child, [root])
            try eventually("a thread of the root hangs in the save") { try disk.isHeld(by: root.program) }
            root.program.signal(SIGTERM)
            try eventually("it has begun to leave") { root.program.errors.contains("SIGTERM: leaving") }
            root.program.signal(SIGTERM)
            #expect(try root.program.waitForEnd(within: .seconds(2)) == .exited(0))
        }
    }

    @Test func `A disk that hangs in a save of the bound doesn't keep a clock from ending`() throws {
        try onBench { bench in
            let data = bench.folder + "/data"
            let clock = try bench.program("clock", ["clock", "--plain-links", "-lp", "0", "--data-dir", data])
            let client = try bench.connect(port: try Node.port(of: clock))
            let disk = try Fifo.full(data + "/clock-bound.json.new")
            try eventually("the bound is moved on") {
                try client.send(["command": "GET_TIME", "count": 262_144])
                _ = try client.read()
                return try disk.isHeld(by: clock)
            }
            client.close()
            clock.signal(SIGTERM)
            #expect(try clock.waitForEnd(within: .seconds(8)) == .exited(0))
        }
    }
}
