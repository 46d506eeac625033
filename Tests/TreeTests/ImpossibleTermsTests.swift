import Testing

@testable import Tree

/// Terms that no network can have come to (docs/protocol.md#labels).
@Suite struct ImpossibleTermsTests {
    private static let end: UInt64 = 1 << 62

    private func label(_ term: UInt64) -> Label { Label(term: term, root: NodeID(7), depth: 0) }

    private func position(_ term: UInt64) -> TreePosition {
        let contact = Contact(node: NodeID(7), incarnation: Incarnation(1), address: Address(host: "n", port: 7))
        return TreePosition(
            label: label(term), path: [contact], heirs: [], siblings: [], uncles: [],
            claim: RootClaim(priority: 0, reign: 5, root: contact))
    }

    private func isBadFrame(_ effect: Effect) -> Bool {
        if case .report(.badFrame) = effect { true } else { false }
    }

    @Test func whatALinkSaysOfOneIsSkippedAndTheLabelStays() {
        let bench = NodeBench()
        let child = bench.child(7)
        let before = bench.node.currentLabel
        let messages: [Message] = [
            .raise(term: Self.end, by: Origin(node: NodeID(7), incarnation: Incarnation(1))),
            .handOver(term: Self.end), .heartbeat(Heartbeat(label: label(Self.end), size: 1)),
            .tree(position(Self.end)), .reignTaken(position(Self.end)),
        ]
        for message in messages {
            let effects = bench.handle(.received(child, message))
            #expect(effects.contains(where: isBadFrame), "\(message)")
            #expect(!effects.closes(child), "\(message)")
            #expect(bench.node.currentLabel == before, "\(message)")
        }
    }

    @Test func aNewcomerWithOneIsRefused() {
        let bench = NodeBench()
        let before = bench.node.currentLabel
        let connection = bench.newConnection()
        let effects = bench.handle(
            .received(connection, bench.newcomer(7, label: label(Self.end), isChildless: false)))
        #expect(
            effects.sent(on: connection) == [.invalidMessage(info: "a term far beyond that of any network")])
        #expect(effects.closes(connection))
        #expect(bench.node.currentLabel == before)
    }

    @Test func oneThatManyHealingsExplainIsBelieved() {
        let bench = NodeBench()
        let connection = bench.newConnection()
        let term = bench.node.currentLabel.term + Limits().termLeap
        let effects = bench.handle(
            .received(connection, bench.newcomer(7, label: label(term), isChildless: false)))
        #expect(effects.refusals == [])
        #expect(bench.node.currentLabel.term == term + 1)
    }
}
