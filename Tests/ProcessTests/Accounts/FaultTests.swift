import Foundation
import Testing

extension RealPrograms {
    /// Calls to the operating system fail: nothing that was acknowledged is lost, and the node serves on or ends.
    @Suite struct FaultTests {}
}

extension RealPrograms.FaultTests {
    private func node(_ bench: Bench, _ faults: FaultyCalls, _ flags: String = "") throws -> Node {
        let program = try bench.shell(
            "node",
            "\(faults.environment) exec \"$0\" node -lp 0 -lh localhost --data-dir \(bench.folder)/data "
                + "-ms \(Bench.secret) --clock \(Bench.nobody) --redirect-gap 0 --replicas 0 \(flags)")
        return Node("node", program, port: try Node.port(of: program), secret: Bench.secret)
    }

    private func isRegistered(_ name: String, at node: Node, _ bench: Bench) throws -> Bool {
        let client = try bench.connect(to: node, name)
        defer { client.close() }
        try client.send(["command": "REGISTER", "username": .string(name), "secret": "s"])
        return try client.read()["command"] == "REGISTER_SUCCESS"
    }

    /// A disk that fails in this way: whoever is registered meanwhile is told the truth, and all that was acknowledged
    /// is there after the node's sudden end.
    private func failing(_ call: FaultyCalls.Call, with error: Int32) throws {
        try onBench { bench in
            let faults = try FaultyCalls(bench)
            let first = try node(bench, faults)
            #expect(try isRegistered("anna", at: first, bench))
            let talker = try bench.client(at: first)
            try faults.fail(call, with: error)
            var acknowledged = ["anna"]
            for number in 0..<3 where try isRegistered("during \(number)", at: first, bench) {
                acknowledged.append("during \(number)")
            }
            #expect(faults.hasCaught)
            #expect(acknowledged == ["anna"], "\(first.program.errors)")
            try talker.say(["n": 1])
            try talker.hear(["n": 1], within: .seconds(2))
            try bench.client(at: first, as: "anna", secret: "s").close()
            try faults.work(call)
            var tries = 0
            try eventually("somebody is registered again") {
                tries += 1
                guard try isRegistered("after \(tries)", at: first, bench) else { return false }
                acknowledged.append("after \(tries)")
                return true
            }
            try expectWrittenAnew(try faults.journal())
            first.killHard()
            let second = try node(bench, faults)
            for name in acknowledged { try bench.client(at: second, as: name, secret: "s").close() }
        }
    }

    /// After a failed sync the kernel may have dropped what it could not write, and the next sync succeeds for nothing
    /// (Rebello and others, "Can Applications Recover from fsync Failures?", 2020).
    private func expectWrittenAnew(_ journal: [(what: Character, file: Int)]) throws {
        var failed: Set<Int> = []
        for (what, file) in journal {
            switch what {
            case "F": failed.insert(file)
            case "w": failed.remove(file)
            default: #expect(!failed.contains(file), "synced once more, without having been written")
            }
        }
    }

    @Test func `A sync fails: what it covered isn't acknowledged, and is written anew`() throws {
        try failing(.sync, with: EIO)
    }

    @Test func `A disk is full: nothing is acknowledged until it has room`() throws {
        try failing(.write, with: ENOSPC)
    }

    @Test func `A disk can't be written: nothing is acknowledged until it can`() throws {
        try failing(.write, with: EIO)
    }

    @Test func `Known nodes can't be saved: the node serves on, and saves them later`() throws {
        for call in [FaultyCalls.Call.rename, .open] {
            try onBench { bench in
                let faults = try FaultyCalls(bench)
                let root = try node(bench, faults)
                let talker = try bench.client(at: root)
                try faults.fail(call, with: call == .rename ? EIO : EMFILE)
                let child = try bench.node("child", under: root)
                try bench.waitForPath(of: child, [root])
                try eventually("a save has failed") { faults.hasCaught }
                try talker.say(["n": 1])
                try talker.hear(["n": 1], within: .seconds(2))
                try faults.work(call)
                let file = "\(bench.folder)/data/known-nodes"
                let other = try bench.node("other", under: root)
                try bench.waitForPath(of: other, [root])
                try eventually("both are saved", within: .seconds(30)) {
                    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
                    return text.contains(String(child.port)) && text.contains(String(other.port))
                }
            }
        }
    }

    @Test func `There is no memory any more: the node ends, and nothing that was acknowledged is lost`() throws {
        try onBench { bench in
            let faults = try FaultyCalls(bench)
            let first = try node(bench, faults)
            for number in 0..<5 { #expect(try isRegistered("user \(number)", at: first, bench)) }
            try faults.fail(.malloc, with: ENOMEM)
            let client = try? bench.connect(to: first)
            try? client?.send(["command": "REGISTER", "username": "late", "secret": "s"])
            let wasAcknowledged = (try? client?.read())?["command"] == "REGISTER_SUCCESS"
            try faults.work(.malloc)
            // It may have come through without a large piece. However it has ended, that is no fault here.
            first.killHard()
            try bench.forget(first.program)
            let second = try node(bench, faults)
            for number in 0..<5 { try bench.client(at: second, as: "user \(number)", secret: "s").close() }
            if wasAcknowledged { try bench.client(at: second, as: "late", secret: "s").close() }
        }
    }
}
