import Glibc
import Testing

@testable import UV

@Suite struct `Vanished peers` {
    private func option(_ name: Int32, of stream: UV.Stream) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(stream.descriptor, Int32(IPPROTO_TCP), name, &value, &length)
        return value
    }

    @Test func `are asked three times within the limit, and no earlier than the last quarter`() {
        for seconds in [5, 10, 55, 3600] {
            let liveness = Liveness(within: .seconds(seconds))
            #expect(liveness.idle + liveness.interval * liveness.probes == liveness.unacknowledged)
            #expect(liveness.unacknowledged == .seconds(seconds))
            #expect(liveness.idle >= .seconds(2))
        }
    }

    @Test func `are asked at drawn times where they are many, all within the limit`() {
        for seconds in [5, 10, 55, 3600] {
            let liveness = Liveness(ofManyWithin: .seconds(seconds))
            #expect(liveness.idle + liveness.interval * liveness.probes <= liveness.unacknowledged)
            #expect(liveness.unacknowledged == .seconds(seconds))
            #expect(liveness.earliestIdle >= .seconds(1) && liveness.earliestIdle < liveness.idle)
            #expect(liveness.probes >= 3)
        }
        // Below 16 s the kernel's timers are fine.
        #expect(Liveness(ofManyWithin: .seconds(55)).idle <= .seconds(15))
    }

    @Test func `are asked at times that differ from one accepted connection to the next`() throws {
        var seen: [Int32: Int] = [:]
        try play { loop in
            var listener: Listener?
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                seen[option(TCP_KEEPIDLE, of: stream), default: 0] += 1
                stream.close()
                if seen.values.reduce(0, +) == 200 { listener?.close() }
            }
            listener?.setLiveness(Liveness(ofManyWithin: .seconds(55)))
            for _ in 0..<200 {
                Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                    _ = (try? result.get()).map { Recorder($0) }
                }
            }
        }
        // Of nine times each is drawn for 22 of 200; that one isn't drawn at all happens once in 10^10 runs.
        #expect(Set(seen.keys) == Set(7...15))
        #expect(seen.values.allSatisfy { $0 < 80 })
    }

    @Test func `are noticed by options that connections inherit from the listener`() throws {
        try play { loop in
            var listener: Listener?
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                #expect((7...15).contains(option(TCP_KEEPIDLE, of: stream)))
                #expect(option(TCP_KEEPINTVL, of: stream) == 5)
                #expect(option(TCP_KEEPCNT, of: stream) == 8)
                #expect(option(TCP_USER_TIMEOUT, of: stream) == 55_000)
                var isOn: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(stream.descriptor, SOL_SOCKET, SO_KEEPALIVE, &isOn, &length)
                #expect(isOn == 1)
                stream.close()
                listener?.close()
            }
            listener?.setLiveness(Liveness(ofManyWithin: .seconds(55)))
            Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                _ = (try? result.get()).map { Recorder($0) }
            }
        }
    }

    @Test func `are told from a peer that lives but doesn't read, whose time begins anew afterwards`() throws {
        let liveness = Liveness(idle: .seconds(1), interval: .seconds(1), probes: 1, unacknowledged: .seconds(1))
        try play { loop in
            try connectedPair(on: loop) { server, client in
                server.setLiveness(liveness)
                let writer = Recorder(server)
                let reader = Recorder(client, reading: false)
                var looks = 0
                var total = 0
                // More bytes than the kernel keeps for a peer that doesn't read.
                while server.queuedBytes < 1 << 20 {
                    server.write([UInt8](repeating: 7, count: 1 << 20))
                    total += 1 << 20
                }
                let look = Timer(on: loop) {
                    #expect(!server.isLost(by: liveness))
                    looks += 1
                    // This is three times as long as a lost peer would have been kept.
                    if looks == 12 {
                        #expect(option(TCP_USER_TIMEOUT, of: server) == 0)
                        client.startReading()
                    }
                }
                look.start(after: .milliseconds(250), repeating: .milliseconds(250))
                writer.onDrained = { _ in
                    #expect(looks >= 12)
                    look.close()
                    #expect(!server.isLost(by: liveness))
                    #expect(option(TCP_USER_TIMEOUT, of: server) == 1000)
                    server.finish(within: .seconds(5))
                }
                reader.onEnd = { reader, error in
                    #expect(error == nil)
                    #expect(reader.bytes.count == total)
                    reader.stream.close()
                    look.close()
                }
            }
        }
    }
}
