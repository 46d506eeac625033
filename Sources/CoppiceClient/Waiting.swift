import Synchronization

/// Tasks that wait for something to change, in the order in which they came.
///
/// A task that is cancelled waits no longer. Who checks a condition on an actor and then waits misses no change that is
/// made on the same actor.
final class Waiting: Sendable {
    /// One task. Its fields are guarded by the lock of `state`.
    private final class Ticket: @unchecked Sendable {
        var continuation: CheckedContinuation<Void, any Error>?
        var isCancelled = false
    }

    private struct State {
        var tickets: [Ticket] = []
        /// Tasks that were woken and haven't gone on yet.
        var woken = 0
    }

    private let state = Mutex(State())

    /// Whether nobody waits, or is about to go on.
    var isEmpty: Bool { state.withLock { $0.tickets.isEmpty && $0.woken == 0 } }

    /// Returns when it is woken.
    ///
    /// - Throws: `CancellationError` if the task is cancelled meanwhile.
    func wait(isolation: isolated (any Actor)? = #isolation) async throws {
        let ticket = Ticket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if ticket.isCancelled { return true }
                    ticket.continuation = continuation
                    state.tickets.append(ticket)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
            state.withLock { $0.woken -= 1 }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                ticket.isCancelled = true
                guard let index = state.tickets.firstIndex(where: { $0 === ticket }) else { return nil }
                return state.tickets.remove(at: index).continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    func wakeFirst() { wake(atMost: 1) }

    func wakeAll() { wake(atMost: .max) }

    private func wake(atMost limit: Int) {
        let woken = state.withLock { state in
            let woken = state.tickets.prefix(limit).map(\.continuation)
            state.tickets.removeFirst(woken.count)
            state.woken += woken.count
            return woken
        }
        for continuation in woken { continuation?.resume() }
    }
}
