import Testing

@testable import Flood

@Suite struct SenderOrderTests {
    private func take(_ sequences: [UInt32], _ order: inout SenderOrder) -> [SenderOrder.Verdict] {
        sequences.map { order.take(MessageNumber(sender: 0, sequence: $0, sentAt: 0)) }
    }

    @Test func `A skipped message is late when it comes, and doubled when it comes again`() {
        var order = SenderOrder(senders: 1)
        #expect(
            take([0, 4, 2, 2, 1, 3, 3, 5], &order)
                == [.inOrder, .early, .late, .doubled, .late, .late, .doubled, .inOrder])
        #expect(order.lost(ofSent: [6]) == 0)
    }

    @Test func `A message that never comes is lost, whether it was skipped or was the last`() {
        var order = SenderOrder(senders: 2)
        _ = take([1, 3], &order)
        #expect(order.lost(ofSent: [6, 2]) == 2 + 2 + 2)
    }

    @Test func `A client that joins in the middle begins with the first message that it gets`() {
        var order = SenderOrder(senders: 1, next: SenderOrder.unknown)
        #expect(take([17, 18], &order) == [.inOrder, .inOrder])
        #expect(order.lost(ofSent: [19]) == 0)
    }
}
