import HTTP
import Testing
import UV

@Suite("HTTP on the loop", .serialized)
struct HTTPTests {
    /// Runs a story beside a server that answers each connection with these bytes, or not at all.
    private func withServer(
        _ answer: String?,
        _ story: (_ loop: Loop, _ client: HTTPClient, _ url: String, _ end: @escaping () -> Void) -> Void
    ) throws -> [String] {
        let loop = try Loop()
        let server = try Server(on: loop, answer: answer)
        let client = HTTPClient(on: loop)
        let watchdog = Timer(on: loop) {
            Issue.record("the story doesn't end")
            loop.stop()
        }
        watchdog.start(after: .seconds(10))
        story(loop, client, "http://127.0.0.1:\(server.port)/v3/x") {
            watchdog.close()
            client.close()
            server.close()
        }
        loop.run()
        loop.close()
        return server.requests
    }

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"

    @Test("a posted body arrives, and the answer comes back")
    func post() throws {
        let requests = try withServer(Self.ok) { _, client, url, end in
            client.post(Array(#"{"b":2}"#.utf8), to: url, patience: .seconds(5), limitBytes: 100) { result in
                let answer = try? result.get()
                #expect(answer?.status == 200)
                #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == #"{"a":1}"#)
                end()
            }
        }
        #expect(requests.count == 1)
        #expect(requests[0].hasPrefix("POST /v3/x HTTP/1.1\r\n"))
        #expect(requests[0].contains("Content-Type: application/json\r\n"))
        #expect(requests[0].hasSuffix("\r\n\r\n{\"b\":2}"))
    }

    @Test("requests at the same time and one after the other all get their answers")
    func many() throws {
        var answers = 0
        _ = try withServer(Self.ok) { _, client, url, end in
            func ask(_ left: Int) {
                client.post([], to: url, patience: .seconds(5), limitBytes: 100) { result in
                    #expect((try? result.get().status) == 200)
                    answers += 1
                    if left > 1 { ask(left - 1) } else if answers == 60 { end() }
                }
            }
            for _ in 0..<20 { ask(3) }
        }
        #expect(answers == 60)
    }

    @Test("a server that says nothing is given up in time")
    func silent() throws {
        _ = try withServer(nil) { _, client, url, end in
            let start = Loop.monotonicNanoseconds
            client.post([], to: url, patience: .milliseconds(200), limitBytes: 100) { result in
                #expect(result == .failure(.timedOut))
                #expect(Loop.monotonicNanoseconds - start >= 190_000_000)
                end()
            }
        }
    }

    @Test("an address where nobody listens, and a text that is no URL, are reported")
    func nobody() throws {
        _ = try withServer(nil) { _, client, _, end in
            client.post([], to: "http://127.0.0.1:1/", patience: .seconds(5), limitBytes: 100) { result in
                #expect(result == .failure(.cannotConnect))
                client.post([], to: "http://[", patience: .seconds(5), limitBytes: 100) { result in
                    #expect(result == .failure(.badURL))
                    end()
                }
            }
        }
    }

    @Test("an answer that is too long is cut off, not kept")
    func tooLong() throws {
        _ = try withServer(Self.ok) { _, client, url, end in
            client.post([], to: url, patience: .seconds(5), limitBytes: 6) { result in
                #expect(result == .failure(.tooLong))
                end()
            }
        }
    }

    @Test("a cancelled request gets no call, and after the end no request does")
    func cancelled() throws {
        _ = try withServer(Self.ok) { loop, client, url, end in
            let first = client.post([], to: url, patience: .seconds(5), limitBytes: 100) { _ in
                Issue.record("a cancelled request got an answer")
            }
            client.post([], to: url, patience: .seconds(5), limitBytes: 100) { _ in
                first.cancel()
                client.post([], to: url, patience: .seconds(5), limitBytes: 100) { _ in
                    Issue.record("an answer after the end")
                }
                end()
            }
            first.cancel()
        }
    }
}

/// Reads a request from each connection, answers it, and reads the next one.
private final class Server {
    private var listener: Listener?
    private var connections: [Connection] = []
    private let answer: String?
    fileprivate(set) var requests: [String] = []

    init(on loop: Loop, answer: String?) throws {
        self.answer = answer
        listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { [unowned self] stream in
            connections.append(Connection(stream, server: self))
        }
    }

    var port: UInt16 { listener?.address?.port ?? 0 }

    func close() {
        listener?.close()
        connections.forEach { $0.stream.close() }
    }

    private final class Connection: StreamHandler {
        let stream: UV.Stream
        private unowned let server: Server
        private var text = ""

        init(_ stream: UV.Stream, server: Server) {
            self.stream = stream
            self.server = server
            stream.handler = self
            stream.startReading()
        }

        func stream(_ stream: UV.Stream, received bytes: RawSpan) {
            text += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            // Only as much of HTTP as the test needs: the body is a JSON object, or empty.
            guard text.hasSuffix("\r\n\r\n") && text.contains("Content-Length: 0\r\n") || text.hasSuffix("}") else {
                return
            }
            server.requests.append(text)
            text = ""
            if let answer = server.answer { stream.write(answer) }
        }

        func streamDrained(_ stream: UV.Stream) {}
        func streamEnded(_ stream: UV.Stream, error: UVError?) { stream.close() }
    }
}
