import Foundation
import Testing

extension RealProcesses {
    /// `--order total`: everybody reads one sequence.
    @Suite struct OneOrderTests {}
}

extension RealProcesses.OneOrderTests {
    @Test func `Six clients read one sequence, and the clock's death costs neither a message nor a second`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let clockArguments = [
                "clock", "-s", Bench.secret, "-lp", String(port), "--data-dir", bench.folder + "/clock-data",
            ]
            let clock = try bench.program("clock", clockArguments)
            _ = try Node.port(of: clock)
            let tree = try SixNodes(bench, ["--order", "total", "--clock", "localhost:\(port)"])
            let traffic = Traffic()
            for node in tree.all { traffic.add(node.name, try bench.client(at: node), perSecond: 50) }
            try traffic.runFor(40)
            clock.killHard()
            try traffic.runFor(60)
            let restarted = try bench.program("clock again", clockArguments)
            _ = try Node.port(of: restarted)
            try traffic.runFor(60)
            try traffic.finish()
            for member in traffic.members {
                #expect(member.sequence == traffic.members[0].sequence, "\(member.name) reads another sequence")
                #expect(member.lateCount == 0)
                #expect(member.longestSilence < .seconds(1), "\(member.name): \(member.longestSilence)")
            }
        }
    }

    @Test func `A node that was started with another order is refused, and told once which flag to change`() throws {
        try onBench { bench in
            let root = try bench.node("root", ["--order", "total"])
            let other = try bench.node("other", under: root)
            try eventually("the refusal is logged") { other.program.errors.contains("check --order") }
            // Until then it was tried again every second.
            try eventually("the parent is given up") { other.program.errors.contains("not joined:") }
            // As a refusal of the parent it is told once, and at most once more as a tree that was met.
            for telling in ["refuses this node", "stays apart from it"] {
                let count = other.program.errors.components(separatedBy: telling).count - 1
                #expect(count <= 1, "\(other.program.errors)")
            }
            try other.program.expectLogged("refuses this node")
            try other.program.expectLogged("--order total")
        }
    }
}
