import Foundation
import Testing

extension RealProcesses {
    /// Several clocks with etcd between them.
    @Suite(.enabled(if: EtcdCluster.path != nil, "\(EtcdCluster.refusal)"))
    struct SharedClockTests {
        /// A loaded machine is no defect: `make chaos-clock` holds to the promise itself.
        static let patience = Duration.seconds(10)
    }
}

extension RealProcesses.SharedClockTests {
    @Test func `Whatever happens to a leader or to etcd's, stamps go on, and none is repeated or goes back`() throws {
        try onBench { bench in
            let clocks = try SharedClocks(bench)
            defer { clocks.end() }
            try clocks.hunter.hunt(for: .milliseconds(300))
            try clocks.killLeader(mayTake: Self.patience)
            try clocks.stopLeader(for: .milliseconds(500), mayTake: Self.patience)
            try clocks.endLeader(mayTake: Self.patience)
            try clocks.killEtcdLeader(mayTake: Self.patience)
            // They end in order only while etcd is there to hear it.
            for clock in clocks.clocks {
                clock.signal(SIGTERM)
                #expect(try clock.waitForEnd(within: .seconds(5)) == .exited(0))
            }
        }
    }

    @Test func `A node follows its clocks: a standby points to the leader, and a dead leader's successor is found`()
        throws
    {
        try onBench { bench in
            let clocks = try SharedClocks(bench)
            defer { clocks.end() }
            let standby = clocks.ports[(clocks.leader + 1) % 3]
            let list = ([standby] + clocks.ports).map { "localhost:\($0)" }.joined(separator: ",")
            let node = try bench.node("node", ["--plain-links", "--clock", list])
            func followed() -> Int { node.program.errors.components(separatedBy: "follows the clock at").count - 1 }
            try eventually("the node follows the leader") { followed() == 1 }
            clocks.clocks[clocks.leader].killHard()
            try eventually("the node follows another clock") { followed() == 2 }
            clocks.etcd.end()
        }
    }

    @Test func `A clock whose etcd can't be reached says so, and stands by`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let clock = try bench.program(
                "clock",
                ["clock", "--plain-links", "-lp", String(port), "--etcd", "http://127.0.0.1:1,http://127.0.0.1:2"])
            _ = try Node.port(of: clock)
            let client = try bench.connect(port: port)
            try client.send(#"{"command":"GET_TIME","count":1}"#)
            try client.expect("CLOCK_STANDBY")
            try client.expectEnd()
            try eventually("it says so") { clock.errors.contains("etcd doesn't answer") }
            // The time is everybody's to tell.
            let other = try bench.connect(port: port)
            try other.send(#"{"command":"GET_TIME"}"#)
            try other.expect("CLOCK_RESPONSE")
        }
    }
}
