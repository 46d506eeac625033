import Foundation
import Logging
import Testing
import UV

@testable import Clock

@Suite("The clock's server", .serialized)
struct ClockServerTests {
    /// Runs a server on a loop of its own. It ends when the story calls its `end`.
    private func serve(
        limits: ClockLimits = ClockLimits(),
        _ story: (_ loop: Loop, _ port: UInt16, _ end: @escaping () -> Void) -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("clock-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = ClockSettings()
        settings.port = 0
        settings.keeping = .directory(folder)
        settings.limits = limits
        let loop = try Loop()
        let server = try ClockServer(on: loop, settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let watchdog = Timer(on: loop) {
            Issue.record("the story doesn't end"); loop.stop()
        }
        watchdog.start(after: .seconds(10))
        story(loop, server.address.port) {
            watchdog.close()
            server.stop()
        }
        loop.run()
        loop.close()
        server.release()
    }

    @Test("silent connections and half lines are closed after a while, and others are served meanwhile")
    func slowOnes() throws {
        var limits = ClockLimits()
        limits.patience = .milliseconds(500)
        try serve(limits: limits) { loop, port, end in
            var left = 2
            let silent = Asker(on: loop, port: port, saying: "") { text in
                #expect(text.contains("no whole message"))
                left -= 1
                if left == 0 { end() }
            }
            let half = Asker(on: loop, port: port, saying: "{\"comm") { text in
                #expect(text.contains("no whole message"))
                left -= 1
                if left == 0 { end() }
            }
            let good = Asker(on: loop, port: port, saying: "{\"command\":\"GET_TIME\"}\n") { text in
                #expect(text.hasPrefix("{\"command\":\"CLOCK_RESPONSE\",\"time\":\""))
                #expect(left == 2)
                _ = (silent, half)
            }
            _ = good
        }
    }

    @Test("a line of more than 4096 bytes is refused, with its end and without one", arguments: ["", "\n"])
    func longLines(end lineEnd: String) throws {
        let limit = ClockLimits().lineBytes
        let question = "{\"command\":\"GET_TIME\",\"count\":1"
        func padded(_ count: Int) -> String {
            question + String(repeating: " ", count: count - question.utf8.count - 1) + "}"
        }
        try serve { loop, port, end in
            let long = Asker(on: loop, port: port, saying: padded(limit + 1) + lineEnd) { text in
                #expect(text.contains("longer than \(limit) bytes"))
                let good = Asker(on: loop, port: port, saying: padded(limit) + "\nbye\n") { text in
                    #expect(text.split(separator: "\n").count == 2 && text.contains("\"first\""))
                    end()
                }
                _ = good
            }
            _ = long
        }
    }

    @Test("an asker that reads none of its answers is closed")
    func unread() throws {
        var limits = ClockLimits()
        limits.unreadBytes = 4096
        // The kernel takes some megabytes before anything waits.
        limits.batch = 1 << 20
        try serve(limits: limits) { loop, port, end in
            let question = String(repeating: "{\"command\":\"GET_TIME\",\"count\":1}\n", count: 200_000)
            let asker = Asker(on: loop, port: port, saying: question, reads: false) { _ in end() }
            _ = asker
        }
    }

    @Test("questions that come in one piece are answered in order, without a hole in the stamps")
    func pipelined() throws {
        try serve { loop, port, end in
            let question = "{\"command\":\"GET_TIME\",\"count\":3}\n"
            let asker = Asker(on: loop, port: port, saying: String(repeating: question, count: 200) + "bye\n") { text in
                let lines = text.split(separator: "\n")
                #expect(lines.count == 201)
                #expect(lines.dropLast().allSatisfy { $0.contains("\"count\":3") })
                #expect(lines.last?.contains("only accepts command GET_TIME") == true)
                end()
            }
            _ = asker
        }
    }

    @Test("a connection that asks nothing more after an answer is closed with a reason, and one that asks is not")
    func idle() throws {
        var limits = ClockLimits()
        limits.idle = .milliseconds(500)
        try serve(limits: limits) { loop, port, end in
            let question = "{\"command\":\"GET_TIME\",\"count\":3}\n"
            let asker = Asker(on: loop, port: port, saying: question) { text in
                let lines = text.split(separator: "\n")
                #expect(lines.count == 2)
                #expect(lines.first?.contains("\"count\":3") == true)
                #expect(lines.last?.contains("no question came for") == true)
                #expect(lines.last?.contains("--idle-timeout") == true)
                end()
            }
            _ = asker
        }
    }

    @Test("an address has so many connections only, is told so, and may have another one when one has gone")
    func perAddress() throws {
        var limits = ClockLimits()
        limits.connectionsPerAddress = 1
        try serve(limits: limits) { loop, port, end in
            let question = "{\"command\":\"GET_TIME\",\"count\":1}\n"
            let first = Asker(on: loop, port: port, saying: question) { _ in }
            let second = Asker(on: loop, port: port, saying: "", after: .milliseconds(200)) { text in
                #expect(text.contains("as many as --max-connections-per-address allows"))
                first.leave()
                let third = Asker(
                    on: loop, port: port, saying: "{\"command\":\"GET_TIME\"}\n", after: .milliseconds(200)
                ) { text in
                    #expect(text.contains("CLOCK_RESPONSE"))
                    end()
                }
                _ = third
            }
            _ = second
        }
    }

    @Test("a connection beyond the limit is refused with a reason")
    func tooMany() throws {
        var limits = ClockLimits()
        limits.connections = 1
        try serve(limits: limits) { loop, port, end in
            let first = Asker(on: loop, port: port, saying: "{\"command\":\"GET_TIME\",\"count\":1}\n") { _ in }
            let second = Asker(on: loop, port: port, saying: "", after: .milliseconds(200)) { text in
                #expect(text.contains("as many connections as it can have"))
                _ = first
                end()
            }
            _ = second
        }
    }
}

/// Connects, sends something, and passes on everything that comes until the end.
private final class Asker: StreamHandler {
    private var stream: UV.Stream?
    private var bytes: [UInt8] = []
    private var ended: ((String) -> Void)?
    private var this: Asker?

    init(
        on loop: Loop, port: UInt16, saying text: String, after pause: Duration = .zero, reads: Bool = true,
        ended: @escaping (String) -> Void
    ) {
        self.ended = ended
        this = self
        var timer: UV.Timer?
        timer = UV.Timer(on: loop) { [self] in
            timer?.close()
            timer = nil
            UV.Stream.connect(on: loop, to: .loopbackIPv4(port: port), timeout: .seconds(5)) { [self] result in
                guard let stream = try? result.get() else { return finish() }
                self.stream = stream
                stream.handler = self
                if reads { stream.startReading() }
                stream.write(text)
            }
        }
        timer?.start(after: pause)
    }

    func leave() { finish() }

    private func finish() {
        stream?.close()
        stream = nil
        ended?(String(decoding: bytes, as: UTF8.self))
        ended = nil
        this = nil
    }

    func stream(_ stream: UV.Stream, received bytes: RawSpan) {
        bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
    }

    func streamDrained(_ stream: UV.Stream) {}

    func streamEnded(_ stream: UV.Stream, error: UVError?) { finish() }
}
