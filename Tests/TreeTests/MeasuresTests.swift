import Testing

@testable import Tree

@Suite struct `What monitoring asks a node for` {
    @Test func `tells of clients, messages and links as they are`() {
        let bench = NodeBench()
        let child = bench.child(20)
        let client = bench.client()
        _ = bench.say("one", on: client)
        let before = bench.node.measures
        #expect(before.clients == 1)
        #expect((before.accepted, before.stored, before.safe) == (1, 1, 0))
        #expect((before.queueEntries, before.waiting, before.nodes) == (1, 1, 2))
        #expect(before.links.map(\.role) == [.child])
        #expect(before.links.map(\.state) == [.open])
        #expect(before.links.map(\.behind) == [0])
        bench.handle(.congested(child))
        _ = bench.say("two", on: client)
        #expect(bench.node.measures.links.map(\.state) == [.congested])
        #expect(bench.node.measures.links.map(\.behind) == [1])
        bench.handle(.closed(child))
        bench.wait(20_000)
        let after = bench.node.measures
        #expect((after.accepted, after.safe, after.shown, after.queueEntries) == (2, 2, 2, 0))
        #expect(after.links.isEmpty)
        #expect(after.oldest.map { $0 >= .seconds(20) } == true)
        #expect(after.logBytes > 0)
    }

    @Test func `counts whom there was no room for, by what there was no room for`() {
        let bench = NodeBench { $0.limits.clients = 1 }
        #expect(bench.node.readiness == .ready)
        _ = bench.client()
        #expect(bench.node.readiness == .full)
        _ = bench.client()
        _ = bench.client()
        #expect(bench.node.refusals(for: .clients) == 2)
        #expect(bench.node.refusals(for: .address) == 0)
        #expect(bench.node.counts.refused == 2)
    }

    @Test func `says whether a node is where it was meant to be`() {
        let bench = NodeBench(parent: Address(host: "parent", port: 1))
        guard case .unjoined(let trouble) = bench.node.readiness else {
            Issue.record("\(bench.node.readiness)")
            return
        }
        #expect(trouble.parent == Address(host: "parent", port: 1))
        let root = NodeBench()
        root.handle(.drainRequested)
        #expect(root.node.readiness == .leaving)
    }
}
