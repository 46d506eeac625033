import Session
import Synchronization

/// A message that was said, and is not known to be safe yet.
public final class PendingReceipt: Sendable {
    /// One task that waits. Its fields are guarded by the lock of `state`.
    private final class Ticket: @unchecked Sendable {
        var continuation: CheckedContinuation<Receipt, any Error>?
        var isCancelled = false
    }

    private struct State {
        var result: Result<Receipt, any Error>?
        var tickets: [Ticket] = []
    }

    private let state = Mutex(State())

    init() {}

    /// Returns when the message is safe.
    ///
    /// - Throws: `ClientFault` if it was given up; `CancellationError` if the task is cancelled, which takes nothing
    ///   back.
    public var receipt: Receipt {
        get async throws {
            let ticket = Ticket()
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let result = state.withLock { state -> Result<Receipt, any Error>? in
                        if state.result == nil, !ticket.isCancelled {
                            ticket.continuation = continuation
                            state.tickets.append(ticket)
                            return nil
                        }
                        return state.result ?? .failure(CancellationError())
                    }
                    if let result { continuation.resume(with: result) }
                }
            } onCancel: {
                let continuation = state.withLock { state -> CheckedContinuation<Receipt, any Error>? in
                    ticket.isCancelled = true
                    guard let index = state.tickets.firstIndex(where: { $0 === ticket }) else { return nil }
                    return state.tickets.remove(at: index).continuation
                }
                continuation?.resume(throwing: CancellationError())
            }
        }
    }

    func settle(_ result: Result<Receipt, any Error>) {
        let tickets = state.withLock { state in
            defer { state.tickets = [] }
            if state.result == nil { state.result = result }
            return state.tickets
        }
        for ticket in tickets { ticket.continuation?.resume(with: result) }
    }
}
