import Glibc
import TestPorts
import Testing

@testable import UV

@Suite struct `A listener` {
    @Test func `reports that its port is in use`() throws {
        try play { loop in
            let first = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { $0.close() }
            #expect(first.port > 0)
            #expect(first.address == .loopbackIPv4(port: first.port))
            #expect(throws: UVError.addressInUse) {
                try Listener.bind(on: loop, address: .loopbackIPv4(port: first.port)) { $0.close() }
            }
            first.close()
            first.close()
            #expect(first.port == 0)
        }
    }

    @Test func `reports that an address isn't this machine's`() throws {
        try play { loop in
            let foreign = try #require(SocketAddress(numeric: "192.0.2.1", port: 0))
            #expect(throws: UVError.addressNotAvailable) {
                try Listener.bind(on: loop, address: foreign) { $0.close() }
            }
        }
    }

    @Test func `takes a port again whose connections have just been closed`() throws {
        let port = try Ports.next()
        for _ in 0..<3 {
            try play { loop in
                var listener: Listener?
                listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: port)) { stream in
                    // The server closes first, so the kernel keeps the server's port for a while.
                    stream.close()
                    listener?.close()
                }
                Stream.connect(on: loop, to: .loopbackIPv4(port: port), timeout: .seconds(5)) { result in
                    if let stream = try? result.get() { _ = Recorder(stream) }
                }
            }
        }
    }

    @Test func `accepts all waiting connections, a portion in each turn`() throws {
        let count = 200
        try play { loop in
            var turns: [Int: Int] = [:]
            var turn = 0
            var accepted = 0
            let hook = TurnHook(on: loop, kind: .beforePolling) { turn += 1 }
            var listener: Listener?
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                turns[turn, default: 0] += 1
                accepted += 1
                usleep(250)
                let most = Int(UVLimits.acceptingNanosecondsPerTurn / 250_000) + 1
                #expect(turns[turn]! <= most)
                _ = Recorder(stream)
                if accepted == count {
                    listener?.close()
                    hook.close()
                }
            }
            for _ in 0..<count {
                Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                    #expect(throws: Never.self) { try result.get().close() }
                }
            }
        }
    }

    @Test func `can be closed inside of its own callback, with others waiting`() throws {
        try play { loop in
            var listener: Listener?
            var accepted = 0
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                accepted += 1
                #expect(accepted == 1)
                stream.close()
                listener?.close()
            }
            for _ in 0..<5 {
                Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                    if let stream = try? result.get() { _ = Recorder(stream) }
                }
            }
        }
    }

    @Test func `lets its connections inherit what was set on it`() throws {
        try play { loop in
            var listener: Listener?
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                var value: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(stream.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length)
                #expect(value != 0)
                getsockopt(stream.descriptor, SOL_SOCKET, SO_SNDBUF, &value, &length)
                #expect(value == 2 * 65_536)
                stream.close()
                listener?.close()
            }
            listener?.setNoDelay()
            listener?.setSendBuffer(bytes: 65_536)
            Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                if let stream = try? result.get() { _ = Recorder(stream) }
            }
        }
    }
}
