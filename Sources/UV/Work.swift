import CLibUV
import Glibc

/// Slow work in libuv's thread pool (four threads unless `UV_THREADPOOL_SIZE` says otherwise), with its outcome
/// handed back on the loop.
///
/// Its threads rank below the loop's (nice 5): where cores are few a hash of 20 ms must not keep heartbeats waiting.
///
/// The pool's queue has no bound and is shared with files: who starts work counts it.
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

    /// `done` won't be called. Work that hasn't begun doesn't begin; work that has goes on to its end.
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

/// Written by one thread of the pool, then read by the loop. libuv's own locks lie between the two.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
    var value: Value?
}

private func workShallRun(_ request: UnsafeMutablePointer<uv_work_t>?) {
    // On Linux it is the calling thread's, and stays; asked anew each time, since nobody tells when a thread is made.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
    withOwner(request!.pointee.data, as: Work.self) { $0.work() }
}

private func workDidEnd(_ request: UnsafeMutablePointer<uv_work_t>?, _ status: Int32) {
    Unmanaged<Work>.fromOpaque(request!.pointee.data).takeRetainedValue().didEnd()
}
