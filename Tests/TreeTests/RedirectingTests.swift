import Testing

@testable import Tree

/// Who was sent here by another node (docs/protocol.md#redirecting).
@Suite struct RedirectingTests {
    private func arrive(_ count: Int, at bench: NodeBench, by child: ConnectionID) {
        for number in 0..<count {
            bench.handle(.received(child, .redirected(username: "u\(number)", to: NodeID(50))))
        }
    }

    @Test func aNodeThatSendsNobodyOnRemembersNobody() {
        let bench = NodeBench { $0.redirectGap = .never }
        arrive(100, at: bench, by: bench.child(7))
        #expect(bench.node.directory.arrivalCount == 0)
    }

    @Test func whoNeverComesIsForgottenAlthoughNobodyAsks() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        let child = bench.child(7)
        arrive(100, at: bench, by: child)
        #expect(bench.node.directory.arrivalCount == 100)
        bench.sleep(11_000)
        arrive(1, at: bench, by: child)
        #expect(bench.node.directory.arrivalCount == 1)
    }

    @Test func thereAreOnlySoManyOfThem() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        arrive(3000, at: bench, by: bench.child(7))
        #expect(bench.node.directory.arrivalCount == 1000)
    }
}
