import Glibc
import Testing

@testable import UV

@Suite struct `Work in the pool` {
    @Test func `is done on another thread, and its outcome comes back on the loop's`() throws {
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

    @Test func `may be started by the outcome of other work`() throws {
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

    @Test func `tells what it doesn't find, later, also what is no name at all`() throws {
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

    @Test func `can be cancelled`() throws {
        try play { loop in
            for host in ["localhost", String(repeating: "x", count: 5000)] {
                Resolver.resolve(host: host, port: 1, on: loop) { _ in Issue.record("told although cancelled") }
                    .cancel()
            }
        }
    }
}
