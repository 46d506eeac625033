import Foundation
import Testing

extension RealProcesses {
    /// A parent, or a seed, that is no node: it is said once what answers there, and tried ever more seldom.
    @Suite struct ForeignParentTests {}
}

extension RealProcesses.ForeignParentTests {
    /// What answers, and what of the log's line is looked for.
    private static let servers: [(manner: OtherServer.Manner, words: String)] = [
        (.answers("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), "an HTTP server answers"),
        (.answers("<!DOCTYPE HTML>\n<html><head><title>Error response</title>"), "an HTTP server answers"),
        (.answersBytes([0x15, 3, 1, 0, 2, 2, 70]), "a server that speaks TLS answers"),
        (.greets("SSH-2.0-OpenSSH_9.2p1\r\n"), "an SSH server answers"),
        (.answers("-ERR unknown command '{\"command\":'\r\n"), "a Redis server answers"),
        (.greets("220 mail.example.org ESMTP\r\n"), "it says \"220 mail.example.org ESMTP\""),
        (
            .answers("{\"command\":\"INVALID_MESSAGE\",\"info\":\"Clock server only accepts command GET_TIME\"}\n"),
            "a clock server answers"
        ),
        (
            .answers("{\"root\":\"T\",\"command\":\"AUTHENTICATION_SUCCESS\",\"empty\":\"T\"}\n"),
            "a server of the original system answers"
        ),
        (.answers("{\"command\":\"AUTHENTICATION_FAIL\"}\n"), "a server of the original system answers"),
        (
            .answers(
                "{\"command\":\"AUTHENTICATION_FAIL\",\"info\":\"the supplied secret is incorrect: tree-secret\"}\n"),
            "a server of the base protocol answers"
        ),
        (
            .announces(
                #"{"hostname":"127.0.0.1","load":0,"port":4100,"id":"dkbc","command":"SERVER_ANNOUNCE"}"#,
                every: .seconds(4)), "a server of the base protocol answers"
        ),
        (.closes, "a server closes each connection without a word"),
        (.silent, "a server takes connections and says nothing"),
    ]

    @Test func `Whatever answers where the parent should be is said once, with its address and the flags`() throws {
        try onBench { bench in
            var started: [(program: Program, server: OtherServer, words: String)] = []
            defer { for (_, server, _) in started { server.close() } }
            for (index, server) in Self.servers.enumerated() {
                let other = try OtherServer(server.manner)
                let program = try bench.startNode("node \(index)", parentPort: other.port, port: 0)
                started.append((program, other, server.words))
            }
            for (program, server, words) in started {
                try eventually("\(program.name) says: \(words)") {
                    program.errors.contains("there is no parent at localhost:\(server.port): ")
                        && program.errors.contains(words)
                }
            }
            // By then it has become a root and looks for other trees too.
            for (program, _, words) in started {
                try eventually("\(program.name) goes on alone", within: .seconds(25)) {
                    program.errors.contains("this node is root now")
                }
                #expect(count("there is no", in: program.errors) == 1, "\(words): \(program.errors)")
                #expect(program.errors.contains("check -rh and -rp; trying again ever more seldom"))
                #expect(!program.errors.contains("no answer"), "\(program.errors)")
                #expect(!program.errors.contains("skipped a bad message"), "\(program.errors)")
            }
            // Ten tries or so in ten seconds, not one every tenth of a second.
            for (_, server, words) in started { #expect(server.arrivals.count <= 12, "\(words)") }
        }
    }

    @Test func `A node that comes up where something else was is found`() throws {
        try onBench { bench in
            let other = try OtherServer(.answers("HTTP/1.1 400 Bad Request\r\n\r\n"))
            let program = try bench.startNode("b", parentPort: other.port, port: 0)
            try eventually("b says so") { program.errors.contains("an HTTP server answers") }
            let port = other.port
            other.close()
            let a = try bench.node("a", port: port)
            let b = Node("b", program, port: try Node.port(of: program), secret: Bench.secret)
            try bench.waitForPath(of: b, [a])
        }
    }

    @Test func `A seed that is no node is said once and probed ever more seldom`() throws {
        try onBench { bench in
            let other = try OtherServer(
                .answers("{\"command\":\"INVALID_MESSAGE\",\"info\":\"unknown message\"}\n"))
            defer { other.close() }
            let node = try bench.node("a", ["--seeds", "localhost:\(other.port)"])
            try eventually("seven probes have come", within: .seconds(60)) { other.arrivals.count >= 7 }
            let arrivals = other.arrivals
            // A root probes every 1 to 3 s. Here each pause is half as long again as the one before, by a fifth more or
            // less: the sixth is longer than 3 s, whatever was drawn.
            var shortest = Duration.milliseconds(400)
            for (arrival, next) in zip(arrivals, arrivals.dropFirst()) {
                #expect(next - arrival >= shortest)
                shortest = shortest * 3 / 2
            }
            #expect(count("there is no seed at localhost:\(other.port)", in: node.program.errors) == 1)
            try node.program.expectLogged("check --seeds")
        }
    }

    @Test func `A clock of the original system is named by a node and by clock-load, and asked seldom`() throws {
        try onBench { bench in
            let clock = try OtherServer(.answers("{\"time\":\"1795376500724\",\"command\":\"CLOCK_RESPONSE\"}\n"))
            defer { clock.close() }
            let words = "a clock of the original system answers, which has no stamps"
            let node = try bench.node("a", ["--clock", "localhost:\(clock.port)"])
            try eventually("five questions have come", within: .seconds(30)) { clock.arrivals.count >= 5 }
            let arrivals = clock.arrivals
            #expect(arrivals[4] - arrivals[0] > .seconds(2))
            #expect(count("there is no clock at localhost:\(clock.port): \(words)", in: node.program.errors) == 1)

            let load = try bench.program("clock-load", ["clock-load", "localhost:\(clock.port)", "--seconds", "1"])
            #expect(try load.waitForEnd() != .exited(0))
            #expect(load.errors.contains(words))
        }
    }

    private func count(_ words: String, in text: String) -> Int {
        text.components(separatedBy: words).count - 1
    }
}
