import Glibc
import Testing

@testable import UV

@Suite struct `Work in the pool` {
    @Test func `runs on another thread, and its result comes back on the loop's`() throws {
        let home = pthread_self()
        var sum = 0
        try play { loop in
            for number in 1...20 {
                Work.run(on: loop) {
                    (number * number, pthread_equal(pthread_self(), home) != 0)
                } done: { square, isHome in
                    #expect(!isHome)
                    #expect(pthread_equal(pthread_self(), home) != 0)
                    sum += square
                }
            }
        }
        #expect(sum == 2870)
    }

    @Test func `can be cancelled, running or waiting`() throws {
        try play { loop in
            let works = (0..<12).map { _ in
                Work.run(on: loop) {
                    usleep(2_000)
                } done: {
                    Issue.record("told although cancelled")
                }
            }
            for work in works {
                work.cancel()
                work.cancel()
            }
        }
    }

    @Test func `may be started when other work ends`() throws {
        var chain: [Int] = []
        try play { loop in
            func next(_ number: Int) {
                Work.run(on: loop) {
                    number + 1
                } done: { number in
                    chain.append(number)
                    if number < 5 { next(number) }
                }
            }
            next(0)
        }
        #expect(chain == [1, 2, 3, 4, 5])
    }
}

@Suite struct `The resolver` {
    @Test func `finds this machine, and addresses in digits`() throws {
        try play { loop in
            Resolver.resolve(host: "localhost", port: 3780, on: loop) { result in
                let addresses = (try? result.get()) ?? []
                #expect(!addresses.isEmpty)
                #expect(addresses.allSatisfy { $0.isLoopback && $0.port == 3780 })
                #expect(Set(addresses).count == addresses.count)
            }
            Resolver.resolve(host: "127.0.0.9", port: 1, on: loop) { result in
                #expect(result == .success([SocketAddress(numeric: "127.0.0.9", port: 1)!]))
            }
        }
    }

    @Test func `reports later what it doesn't find, also what is no name at all`() throws {
        try play { loop in
            for host in ["", String(repeating: "x", count: 5000)] {
                var isBack = false
                Resolver.resolve(host: host, port: 1, on: loop) { result in
                    #expect(isBack)
                    #expect(throws: UVError.self) { try result.get() }
                }
                isBack = true
            }
        }
    }

    @Test func `keeps nobody who ends while a name server is silent`() throws {
        let silent = SilentNameServer()
        defer { silent.close() }
        let began = Loop.monotonicNanoseconds
        try play { loop in
            let lookUps = (0..<8).map { number in
                Resolver.resolve(host: "n\(number).example.", port: 1, by: silent.address, on: loop) { _ in
                    Issue.record("told although cancelled")
                }
            }
            Timer.once(on: loop, after: .milliseconds(50)) { for lookUp in lookUps { lookUp.cancel() } }
        }
        #expect(Loop.monotonicNanoseconds - began < 1_500_000_000, "the first time-out is 2 s")
    }

    @Test func `leaves the threads of the pool to others while a name server is silent`() throws {
        let silent = SilentNameServer()
        defer { silent.close() }
        var isDone = false
        try play { loop in
            let lookUps = (0..<8).map { number in
                Resolver.resolve(host: "n\(number).example.", port: 1, by: silent.address, on: loop) { _ in }
            }
            Work.run(on: loop) {
            } done: {
                isDone = true
                for lookUp in lookUps { lookUp.cancel() }
            }
        }
        #expect(isDone)
    }

    @Test func `can be cancelled`() throws {
        try play { loop in
            for host in ["localhost", String(repeating: "x", count: 5000)] {
                Resolver.resolve(host: host, port: 1, on: loop) { _ in Issue.record("told although cancelled") }
                    .cancel()
            }
        }
    }
}

/// A socket that takes questions and answers none.
private struct SilentNameServer {
    private let socket: Int32
    let address: String

    init() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        withUnsafeMutableBytes(of: &name) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            precondition(bind(socket, pointer, length) == 0 && getsockname(socket, pointer, &length) == 0)
        }
        address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
    }

    func close() { _ = Glibc.close(socket) }
}

extension Timer {
    fileprivate static func once(on loop: Loop, after: Duration, _ body: @escaping () -> Void) {
        var timer: Timer?
        timer = Timer(on: loop) {
            body()
            timer?.close()
            timer = nil
        }
        timer?.start(after: after)
    }
}
