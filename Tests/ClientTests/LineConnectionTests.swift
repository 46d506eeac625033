import Testing
import Tree
import UV

@testable import Client
@testable import CoppiceClient

@Suite("A client's connection", .serialized)
struct LineConnectionTests {
    /// Says something to whoever connects.
    private final class Server: StreamHandler {
        private var listener: Listener?
        private var streams: [UV.Stream] = []

        init(on loop: Loop, saying bytes: [UInt8]) throws {
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { [unowned self] stream in
                streams.append(stream)
                stream.handler = self
                stream.startReading()
                stream.write(bytes)
            }
        }

        var address: Address { Address(host: "127.0.0.1", port: listener?.address?.port ?? 0) }

        func close() {
            listener?.close()
            streams.forEach { $0.close() }
        }

        func stream(_ stream: UV.Stream, received bytes: RawSpan) {}
        func streamDrained(_ stream: UV.Stream) {}
        func streamEnded(_ stream: UV.Stream, error: UVError?) {}
    }

    @Test("ends when a line is longer than it may be, and takes one that is as long", arguments: [0, 1])
    func longLines(more: Int) throws {
        let limit = LineConnection.usualLineBytes
        let loop = try Loop()
        let server = try Server(on: loop, saying: Array(repeating: UInt8(ascii: "x"), count: limit + more) + [10])
        var end: String?
        var lines: [Int] = []
        let watchdog = UV.Timer(on: loop) { loop.stop() }
        watchdog.start(after: .seconds(30))
        var connection: LineConnection?
        connection = LineConnection(
            on: loop, to: server.address, connectTimeout: .seconds(5), limitBytes: LineConnection.usualLineBytes,
            tls: nil
        ) { event in
            switch event {
            case .connected: return
            case .line(let line): lines.append(line.count)
            case .ended(let failure): end = failure.words
            }
            connection?.close()
            server.close()
            watchdog.close()
        }
        withExtendedLifetime(server) { loop.run() }
        loop.close()
        #expect(lines == (more == 0 ? [limit] : []))
        #expect(end == (more == 0 ? nil : "it sent a line of more than \(limit) bytes"))
    }
}
