import Foundation
import Testing

extension RealProcesses {
    /// Nodes and clocks prove to each other that they know the network's secret.
    @Suite struct ClockProofTests {}
}

extension RealProcesses.ClockProofTests {
    private func clock(_ bench: Bench, port: Int, secret: String = Bench.secret) throws -> Program {
        let clock = try bench.program(
            "clock", ["clock", "-lp", String(port), "-s", secret, "--data-dir", bench.folder + "/clock-data"])
        #expect(try Node.port(of: clock) == port)
        return clock
    }

    private func load(_ bench: Bench, port: Int, secret: String) throws -> Run {
        try bench.run(["clock-load", "localhost:\(port)", "--connections", "2", "--seconds", "0.2", "-s", secret])
    }

    @Test func `A clock gives no stamps to strangers, and the time to everybody`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let clock = try clock(bench, port: port)
            let stranger = try bench.connect(port: port, "in clear")
            try stranger.send(["command": "GET_TIME", "count": 1])
            try stranger.expectInvalid(saying: ["the network's secret"])
            let original = try bench.connect(port: port, "of the original system")
            try original.send(["command": "GET_TIME"])
            try original.expect("CLOCK_RESPONSE")
            let guesser = try load(bench, port: port, secret: "another-secret")
            #expect(guesser.status != 0 && guesser.errors.contains("it has another secret"), "\(guesser.errors)")
            try eventually("its log says so") { clock.errors.contains("127.0.0.1 gets no stamps: it knows another") }
            let member = try load(bench, port: port, secret: Bench.secret)
            #expect(member.status == 0, "\(member.errors)")
            let silent = try bench.program("open", ["clock", "-lp", "0", "--data-dir", bench.folder + "/open"])
            #expect(try silent.waitForEnd() != .exited(0))
            #expect(silent.errors.contains("--plain-links"), "\(silent.errors)")
        }
    }

    @Test func `Whoever binds the address of a dead clock is asked nothing and believed nothing`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let clock = try clock(bench, port: port)
            let node = try bench.node("node", ["--clock", "localhost:\(port)"])
            try eventually("the node follows the clock") { node.program.errors.contains("follows the clock at") }
            clock.killHard()
            let far = (UInt64(Date().timeIntervalSince1970 * 1000) + 5000) << 18
            let impostor = try Impostor(
                port: port,
                answer: #"{"command":"CLOCK_RESPONSE","first":"\#(far)","count":1,"epoch":"1","time":"1"}"# + "\n")
            defer { impostor.close() }
            try eventually("the node has tried it") { node.program.errors.contains("so it isn't believed") }
            for heard in impostor.heard {
                #expect(Data(heard).range(of: Data("GET_TIME".utf8)) == nil && heard.count < 2000)
            }
            let client = try bench.client(at: node)
            try client.say(["n": 1])
            let stamp = try client.hear(["n": 1])["stamp"]?.text.flatMap { UInt64($0) }
            #expect(try #require(stamp) < far - 2000 << 18)
        }
    }
}
