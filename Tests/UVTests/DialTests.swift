import Testing

@testable import UV

@Suite struct `A host with several addresses` {
    private func address(_ text: String, _ port: UInt16 = 80) -> SocketAddress {
        SocketAddress(numeric: text, port: port)!
    }

    /// A port on which nobody listens.
    private func deadPort(on loop: Loop) throws -> UInt16 {
        let listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { $0.close() }
        defer { listener.close() }
        return listener.port
    }

    private func listener(on loop: Loop) throws -> Listener {
        try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { _ = Recorder($0) }
    }

    @Test func `is tried by IPv6 and IPv4 in turns, the system's choice first`() {
        let v6 = ["::1", "::2", "::3"].map { address($0) }
        let v4 = ["10.0.0.1", "10.0.0.2"].map { address($0) }
        #expect(Resolver.byTurns(v6 + v4) == [v6[0], v4[0], v6[1], v4[1], v6[2]])
        #expect(Resolver.byTurns(v4 + v6) == [v4[0], v6[0], v4[1], v6[1], v6[2]])
        #expect(Resolver.byTurns(v4) == v4)
        #expect(Resolver.byTurns([]) == [])
    }

    @Test func `is reached by the next address at once if one refuses`() throws {
        try play { loop in
            let listener = try listener(on: loop)
            let dead = try deadPort(on: loop)
            let good = SocketAddress.loopbackIPv4(port: listener.port)
            let addresses = (2...6).map { address("127.0.0.\($0)", dead) } + [good]
            let start = Loop.monotonicNanoseconds
            Stream.connect(on: loop, toOneOf: addresses, timeout: .seconds(50)) { result in
                // Five waits as for an address that hangs would take longer.
                #expect(Loop.monotonicNanoseconds - start < 1_250_000_000)
                #expect((try? result.get().peer) == addresses.last)
                _ = (try? result.get()).map { Recorder($0).stream.close() }
                listener.close()
            }
        }
    }

    @Test func `is reached by the next address while one hangs, which is then given up`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        try play { loop in
            let listener = try listener(on: loop)
            let start = Loop.monotonicNanoseconds
            let addresses = [SocketAddress.loopbackIPv4(port: deaf.port), .loopbackIPv4(port: listener.port)]
            Stream.connect(on: loop, toOneOf: addresses, timeout: .seconds(8)) { result in
                #expect(Loop.monotonicNanoseconds - start >= 250_000_000)
                #expect((try? result.get().peer) == addresses.last)
                #expect(loop.openStreams <= 2)
                try? result.get().close()
                listener.close()
            }
        }
        // The play has ended, so nothing waits for the address that hangs.
    }

    @Test func `has one time limit for all addresses, and reports once`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        let start = Loop.monotonicNanoseconds
        var answers = 0
        try play { loop in
            let addresses = (0..<4).map { _ in SocketAddress.loopbackIPv4(port: deaf.port) }
            Stream.connect(on: loop, toOneOf: addresses, timeout: .milliseconds(300)) { result in
                answers += 1
                guard case .failure(.timedOut) = result else {
                    Issue.record("\(result)")
                    return
                }
            }
        }
        #expect(answers == 1)
        #expect((300_000_000..<5_000_000_000).contains(Loop.monotonicNanoseconds - start))
    }

    @Test func `is reached by the last address within the limit, however many hang before it`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        try play { loop in
            let listener = try listener(on: loop)
            let addresses = (0..<9).map { _ in SocketAddress.loopbackIPv4(port: deaf.port) }
            Stream.connect(
                on: loop, toOneOf: addresses + [.loopbackIPv4(port: listener.port)], timeout: .seconds(1)
            ) { result in
                #expect(throws: Never.self) { try result.get().close() }
                listener.close()
            }
        }
    }

    @Test func `is reported by the error that tells most`() throws {
        try play { loop in
            let dead = try deadPort(on: loop)
            // The call itself refuses the second address.
            let addresses = [address("127.0.0.1", dead), address("255.255.255.255", 9)]
            Stream.connect(on: loop, toOneOf: addresses.reversed(), timeout: .seconds(5)) { result in
                guard case .failure(let error) = result else {
                    Issue.record("\(result)")
                    return
                }
                #expect(error == .connectionRefused || error == .accessDenied)
            }
        }
    }

    @Test func `reports nothing once the dial is cancelled`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        try play { loop in
            let addresses = (0..<2).map { _ in SocketAddress.loopbackIPv4(port: deaf.port) }
            let dial = Stream.connect(on: loop, toOneOf: addresses, timeout: .seconds(8)) { _ in
                Issue.record("told although cancelled")
            }
            let timer = Timer(on: loop) {
                dial.cancel()
                dial.cancel()
            }
            timer.start(after: .milliseconds(20))
            closeAfter(timer, .milliseconds(40), on: loop)
            Stream.connect(on: loop, toHost: "localhost", port: 1, timeout: .seconds(8)) { _ in
                Issue.record("told although cancelled")
            }.cancel()
        }
    }

    // MARK: Remembered names

    @Test func `is tried first by the address that worked last`() throws {
        try play { loop in
            let names = HostNames(on: loop)
            let listener = try listener(on: loop)
            names.learn("parent.example", [address("127.0.0.9"), address("127.0.0.1")])
            Stream.connect(
                on: loop, toHost: "parent.example", port: listener.port, by: names, timeout: .seconds(5)
            ) { result in
                #expect(throws: Never.self) { try result.get().close() }
                #expect(names.addresses(of: "parent.example")?.map(\.host) == ["127.0.0.1", "127.0.0.9"])
                listener.close()
                names.close()
            }
        }
    }

    @Test func `is looked up anew if no remembered address works`() throws {
        try play { loop in
            let names = HostNames(on: loop)
            let listener = try listener(on: loop)
            names.learn("localhost", [address("127.0.0.9")])
            Stream.connect(
                on: loop, toHost: "localhost", port: listener.port, by: names, timeout: .seconds(5)
            ) { result in
                #expect(throws: Never.self) { try result.get().close() }
                #expect(names.addresses(of: "localhost")?.first?.host == "127.0.0.1")
                listener.close()
                names.close()
            }
        }
    }

    @Test func `is looked up once for all callers, and for those who come after all gave up`() throws {
        try play { loop in
            let names = HostNames(on: loop)
            var answers = 0
            let impatient = names.lookUp("localhost") { _ in Issue.record("told although abandoned") }
            names.abandon(impatient)
            for _ in 0..<3 {
                _ = names.lookUp("localhost") { result in
                    answers += 1
                    #expect((try? result.get().isEmpty) == false)
                    if answers == 3 { #expect(names.addresses(of: "localhost") != nil) }
                }
            }
        }
    }
}
