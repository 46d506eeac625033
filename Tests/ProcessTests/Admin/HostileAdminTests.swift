import Foundation
import Testing

extension RealPrograms {
    /// Those who mean an admin port no good.
    @Suite struct HostileAdminTests {}
}

extension RealPrograms.HostileAdminTests {
    @Test func `What is no request gets its reason and the end, and nobody else notices`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            _ = try bench.node("node", flags)
            for (text, status) in [
                ("{\"command\":\"LOGIN\"}\n", 400),
                ("GET / HTTP/1.1\r\n\r\n", 400),
                ("GET /metrics HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n", 431),
                ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", 413),
                ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", 413),
                ("DELETE /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
                ("GET /../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            ] {
                #expect(try admin.ask(Array(text.utf8)).status == status, "\(text.prefix(40))")
            }
            #expect(try admin.get("/health").status == 200)
            let counted = try admin.samples()
            #expect(counted["coppice_admin_requests_total{status=\"413\"}"] == 2)
        }
    }

    @Test func `Many connections to the admin port leave room for the next one`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            let node = try bench.node("node", flags)
            let silent = try (0..<64).map { _ in try Sockets.connect(port: admin.port) }
            let half = try (0..<64).map { _ in try Sockets.connect(port: admin.port) }
            for socket in half {
                _ = socket.write(Array("GET /metrics HTTP/1.1\r\nHost".utf8), until: Deadline(within: .seconds(5)))
            }
            #expect(try admin.get("/health").status == 200)
            let samples = try admin.samples()
            #expect(samples["coppice_admin_connections"].map { $0 <= 16 } == true)
            _ = try bench.client(at: node)
            for socket in silent + half { socket.close() }
        }
    }

    @Test func `Who takes too long for a request is closed`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            _ = try bench.node("node", flags)
            let slow = try Sockets.connect(port: admin.port)
            let silent = try Sockets.connect(port: admin.port)
            _ = slow.write(Array("GET /metrics HTTP/1.1\r\n".utf8), until: Deadline(within: .seconds(5)))
            for socket in [slow, silent] {
                if case .end = socket.readLine(until: Deadline(within: .seconds(30))) {
                } else {
                    Issue.record("not closed")
                }
                socket.close()
            }
        }
    }

    @Test func `Many requests at once are answered one after the other, and an answer that nobody reads takes no more`()
        throws
    {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            let node = try bench.node("node", flags)
            let requests = Array(String(repeating: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: 2000).utf8)
            // Some forty megabytes of answers.
            let greedy = try Sockets.connect(port: admin.port)
            _ = greedy.write(requests, until: Deadline(within: .seconds(2)))
            #expect(try admin.get("/health").status == 200)
            #expect(try admin.samples()["process_resident_memory_bytes"].map { $0 < 200e6 } == true)
            _ = try bench.client(at: node)
            greedy.close()
            let patient = try Sockets.connect(port: admin.port)
            let few = String(repeating: "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", count: 50)
            let last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            _ = patient.write(Array((few + last).utf8), until: Deadline(within: .seconds(2)))
            let answers = try AdminPort.read(patient).body
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count == 51)
            patient.close()
        }
    }
}
