import Testing

@testable import CoppiceClient

@Suite("Those who wait")
struct WaitingTests {
    @Test func `A change between taking a place and waiting isn't missed`() async throws {
        let waiting = Waiting()
        let place = waiting.takePlace()
        waiting.wakeAll()
        #expect(!waiting.isEmpty)
        try await place.wait()
        #expect(waiting.isEmpty)
    }

    @Test func `A task that was cancelled waits no longer, and is in nobody's way`() async throws {
        let waiting = Waiting()
        let place = waiting.takePlace()
        let task = Task { try await place.wait() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(waiting.isEmpty)
        let next = waiting.takePlace()
        waiting.wakeNext()
        try await next.wait()
    }

    @Test func `The next one is woken when the one before goes on`() async throws {
        let waiting = Waiting()
        let (first, second) = (waiting.takePlace(), waiting.takePlace())
        waiting.wakeNext()
        waiting.wakeNext()
        try await first.wait()
        #expect(!waiting.isEmpty)
        let task = Task { try await second.wait() }
        waiting.wakeNext()
        try await task.value
        #expect(waiting.isEmpty)
    }

    @Test func `A receipt comes to all who wait for it, and to those who ask later`() async throws {
        let pending = PendingReceipt()
        let receipt = Receipt(.init(sequence: 3, copies: 2, promised: 2))
        let tasks = (0..<3).map { _ in Task { try await pending.receipt } }
        let cancelled = Task { try await pending.receipt }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        pending.settle(.success(receipt))
        pending.settle(.failure(ClientFault(.closed, "later")))
        for task in tasks { #expect(try await task.value == receipt) }
        #expect(try await pending.receipt == receipt)
    }
}
