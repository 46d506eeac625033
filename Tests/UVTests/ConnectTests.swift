import TestPorts
import Testing

@testable import UV

@Suite struct `Connecting` {
    @Test func `is refused if nobody listens`() throws {
        try play { loop in
            let port = try Ports.next()
            var answers: [UVError] = []
            Stream.connect(on: loop, to: .loopbackIPv4(port: port), timeout: .seconds(5)) { result in
                if case .failure(let error) = result { answers.append(error) }
                #expect(answers == [.connectionRefused])
            }
            #expect(answers.isEmpty)
        }
    }

    @Test func `times out if nobody answers`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        let start = Loop.monotonicNanoseconds
        try play { loop in
            var answers = 0
            Stream.connect(on: loop, to: .loopbackIPv4(port: deaf.port), timeout: .milliseconds(150)) { result in
                answers += 1
                #expect(answers == 1)
                guard case .failure(.timedOut) = result else {
                    Issue.record("\(result)")
                    return
                }
            }
        }
        #expect(Loop.monotonicNanoseconds - start >= 150_000_000)
    }

    @Test func `can be cancelled at any time, and then reports nothing`() throws {
        let deaf = DeafListener()
        defer { deaf.close() }
        try play { loop in
            let early = Stream.connect(on: loop, to: .loopbackIPv4(port: deaf.port), timeout: .seconds(8)) { _ in
                Issue.record("told although cancelled")
            }
            early.cancel()
            early.cancel()
            let late = Stream.connect(on: loop, to: .loopbackIPv4(port: deaf.port), timeout: .seconds(8)) { _ in
                Issue.record("told although cancelled")
            }
            let timer = Timer(on: loop) { late.cancel() }
            timer.start(after: .milliseconds(20))
            closeAfter(timer, .milliseconds(40), on: loop)
        }
    }

    @Test func `reports later, even if the kernel refuses at once`() throws {
        try play { loop in
            // The kernel refuses a TCP connection to a broadcast address in the call itself.
            let address = try #require(SocketAddress(numeric: "255.255.255.255", port: 9))
            var isBack = false
            Stream.connect(on: loop, to: address, timeout: .seconds(5)) { result in
                #expect(isBack)
                #expect(throws: UVError.self) { try result.get() }
            }
            isBack = true
            Stream.connect(on: loop, to: address, timeout: .seconds(5)) { _ in Issue.record("cancelled") }.cancel()
        }
    }

    @Test func `works over IPv6 where there is IPv6`() throws {
        try play { loop in
            let address = try #require(SocketAddress(numeric: "::1", port: 0))
            guard
                let listener = try? Listener.bind(
                    on: loop, address: address,
                    accepted: { stream in
                        #expect(stream.peer?.isLoopback == true)
                        #expect(stream.peer?.isIPv6 == true)
                        _ = Recorder(stream)
                    })
            else { return }
            Stream.connect(on: loop, to: address.with(port: listener.port), timeout: .seconds(5)) { result in
                #expect(throws: Never.self) { try result.get().close() }
                listener.close()
            }
        }
    }

    @Test func `to itself counts as refused`() throws {
        // TCP connects a socket to itself if the kernel happens to choose the port that is called. That is rare, so the
        // test forces it.
        try play { loop in
            let address = SocketAddress.loopbackIPv4(port: try Ports.next())
            Stream.connect(on: loop, from: address, to: address, timeout: .seconds(5)) { result in
                guard case .failure(.connectionRefused) = result else {
                    Issue.record("\(result)")
                    return
                }
            }
        }
    }
}
