import Testing

@testable import DNS

@Suite struct `A query for a host` {
    @Test func `that is no name has no address`() {
        for host in ["", String(repeating: "x", count: 255), "a\0b"] {
            var outcomes = 0
            let query = HostQuery { _, _ in Issue.record("something is asked for \(host)") }
            query.begin(host) { result in
                outcomes += 1
                guard case .failure(.unknownHost) = result else {
                    Issue.record("\(host) has an address")
                    return
                }
            }
            #expect(outcomes == 1)
            query.cancel()
        }
    }

    @Test func `knows this machine without asking anybody`() throws {
        var found = 0
        let query = HostQuery { _, _ in Issue.record("somebody is asked") }
        query.begin("localhost") { result in found = (try? result.get().count) ?? 0 }
        #expect(found > 0)
    }

    @Test func `watches a socket until it is cancelled, and tells nothing afterwards`() {
        var watched: [Int32: HostQuery.Interest] = [:]
        // Nobody listens there: the query waits all the same, as nobody reads from the socket here.
        let query = HostQuery(servers: "127.0.0.1:9") { socket, interest in
            watched[socket] = interest.isNone ? nil : interest
        }
        query.begin("node.example.") { _ in Issue.record("told") }
        #expect(!watched.isEmpty)
        #expect(watched.values.allSatisfy { $0.reading })
        let timeout = query.nextTimeout
        #expect(timeout.map { $0 > .zero && $0 <= .seconds(2) } == true)
        query.cancel()
        #expect(watched.isEmpty)
        #expect(query.nextTimeout == nil)
    }
}
