import Synchronization

/// Tasks that wait for something to change, in the order in which they came.
///
/// Who checks a condition on an actor takes a place at once, and misses no change from then on, wherever it begins to
/// wait. A task that is cancelled waits no longer.
final class Waiting: Sendable {
    /// A place among those who wait. Whoever has taken one has to wait.
    final class Place: @unchecked Sendable {
        private enum State {
            case taken
            case waiting(CheckedContinuation<Void, any Error>)
            case woken
            case cancelled
        }

        private let waiting: Waiting
        /// Guarded by the lock of `waiting`.
        private var state = State.taken

        fileprivate init(_ waiting: Waiting) {
            self.waiting = waiting
        }

        /// Returns when it is woken.
        ///
        /// - Throws: `CancellationError` if the task is cancelled meanwhile.
        func wait() async throws {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    waiting.state.withLock { _ in begin(continuation) }?()
                }
                waiting.state.withLock { $0.woken -= 1 }
            } onCancel: {
                waiting.state.withLock { waiting in
                    waiting.places.removeAll { $0 === self }
                    return cancel()
                }?()
            }
        }

        /// - Returns: what is to be done without the lock; so do those below.
        private func begin(_ continuation: CheckedContinuation<Void, any Error>) -> (@Sendable () -> Void)? {
            switch state {
            case .taken, .waiting:
                state = .waiting(continuation)
                return nil
            case .woken: return { continuation.resume() }
            case .cancelled: return { continuation.resume(throwing: CancellationError()) }
            }
        }

        private func cancel() -> (@Sendable () -> Void)? {
            defer { if case .woken = state {} else { state = .cancelled } }
            guard case .waiting(let continuation) = state else { return nil }
            return { continuation.resume(throwing: CancellationError()) }
        }

        fileprivate func wake() -> (@Sendable () -> Void)? {
            defer { state = .woken }
            guard case .waiting(let continuation) = state else { return nil }
            return { continuation.resume() }
        }
    }

    private struct State {
        var places: [Place] = []
        /// Tasks that were woken and haven't gone on yet.
        var woken = 0
    }

    private let state = Mutex(State())

    /// Whether nobody waits, or is about to go on.
    var isEmpty: Bool { state.withLock { $0.places.isEmpty && $0.woken == 0 } }

    func takePlace() -> Place {
        let place = Place(self)
        state.withLock { $0.places.append(place) }
        return place
    }

    /// Wakes the first one, unless one that was woken is still about to go on: so nobody overtakes it.
    func wakeNext() {
        if state.withLock({ $0.woken == 0 }) { wake(atMost: 1) }
    }

    func wakeAll() { wake(atMost: .max) }

    private func wake(atMost limit: Int) {
        let resumptions = state.withLock { state in
            let places = state.places.prefix(limit)
            state.places.removeFirst(places.count)
            state.woken += places.count
            return places.compactMap { $0.wake() }
        }
        for resume in resumptions { resume() }
    }
}
