import CLibUV
import Glibc

/// Runs slow work in libuv's thread pool, and hands its result back on the loop. The pool has four threads unless
/// `UV_THREADPOOL_SIZE` says otherwise.
///
/// The threads have a lower priority than the loop's (nice 5): where cores are few, a hash of 20 ms must not delay
/// heartbeats.
///
/// The pool's queue has no bound and is shared with files: a caller has to limit its own work.
public final class Work {
    private let request: UnsafeMutablePointer<uv_work_t>
    fileprivate let work: @Sendable () -> Void
    private var done: (() -> Void)?

    private init(on loop: Loop, work: @escaping @Sendable () -> Void, done: @escaping () -> Void) {
        request = .allocate(capacity: 1)
        self.work = work
        self.done = done
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        must(uv_queue_work(loop.raw, request, workShallRun, workDidEnd), "uv_queue_work")
    }

    deinit {
        request.deallocate()
    }

    /// Runs `work` on a thread of the pool and then `done` on the loop with what it returned.
    @discardableResult
    public static func run<Value: Sendable>(
        on loop: Loop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) -> Work {
        let outcome = Outcome<Value>()
        return Work(on: loop, work: { outcome.value = work() }, done: { done(outcome.value!) })
    }

    /// Gives the work up: `done` won't be called. Work that hasn't begun doesn't begin. Work that has begun runs to its
    /// end.
    public func cancel() {
        guard done != nil else { return }
        done = nil
        uv_cancel(UnsafeMutableRawPointer(request).assumingMemoryBound(to: uv_req_t.self))
    }

    fileprivate func didEnd() {
        guard let done else { return }
        self.done = nil
        done()
    }
}

/// A thread of the pool writes it, then the loop reads it. libuv's own locks lie between the two.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
    var value: Value?
}

private func workShallRun(_ request: UnsafeMutablePointer<uv_work_t>?) {
    // On Linux the priority belongs to the thread, and stays. It is set for each piece of work, since libuv doesn't say
    // when a thread is made.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
    withOwner(request!.pointee.data, as: Work.self) { $0.work() }
}

private func workDidEnd(_ request: UnsafeMutablePointer<uv_work_t>?, _ status: Int32) {
    Unmanaged<Work>.fromOpaque(request!.pointee.data).takeRetainedValue().didEnd()
}
