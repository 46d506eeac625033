import Testing

@testable import Tree

/// Terms that no network can have come to (docs/protocol.md#labels).
@Suite struct ImpossibleTermsTests {
    private static let end: UInt64 = 1 << 62
    private let leap = Limits().termLeap

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

    @Test func whatALinkShowsOfOneIsSkippedAndTheLabelStays() {
        let bench = NodeBench()
        let child = bench.child(7)
        let before = bench.node.currentLabel
        let messages: [Message] = [
            .handOver(term: Self.end), .handOver(term: before.term + leap + 1),
            .heartbeat(Heartbeat(label: label(Self.end), size: 1)), .tree(position(Self.end)),
            .reignTaken(position(Self.end)),
        ]
        for message in messages {
            let effects = bench.handle(.received(child, message))
            #expect(effects.contains(where: isBadFrame), "\(message)")
            #expect(!effects.closes(child), "\(message)")
            #expect(bench.node.currentLabel == before, "\(message)")
        }
    }

    @Test func aRootThatIsAskedForOneRisesByOneStepAtATime() {
        let bench = NodeBench()
        let child = bench.child(7)
        let asker = Origin(node: NodeID(7), incarnation: Incarnation(1))
        let before = bench.node.currentLabel.term
        bench.handle(.received(child, .raise(term: Self.end, by: asker)))
        #expect(bench.node.currentLabel.term == before + leap + 1)
        // At most once a second.
        bench.handle(.received(child, .raise(term: Self.end, by: asker)))
        #expect(bench.node.currentLabel.term == before + leap + 1)
    }

    @Test func aNewcomerFarAboveIsTakenAfterSomeSteps() {
        let bench = NodeBench()
        let term = bench.node.currentLabel.term + 2 * leap
        var refusals: [[Refusal.Reason?]] = []
        for attempt: UInt64 in 1...3 {
            let newcomer = bench.newcomer(7, attempt: attempt, label: label(term), isChildless: false)
            refusals.append(bench.handle(.received(bench.newConnection(), newcomer)).refusals.map(\.reason))
        }
        #expect(refusals == [[.low], [], []])
        #expect(bench.node.currentLabel.term > term)
    }

    @Test func aNodeThatIsNewComesIntoANetworkWhoseTermsAreHigh() {
        let message = Message.tree(position(leap * 1000))
        #expect(!message.hasImpossibleTerm(at: 0, limits: Limits()))
        #expect(Message.tree(position(Self.end)).hasImpossibleTerm(at: 0, limits: Limits()))
    }
}
