import CLibUV

/// Wakes a loop from any thread: the one object of this module that other threads may touch.
public final class LoopWaker: @unchecked Sendable {
    private let loop: Loop
    private let handle = HandleMemory<uv_async_t>()
    private var woken: (() -> Void)?

    /// - Parameter woken: called on the loop, once or more after `wake`; several wakes may become one call.
    public init(on loop: Loop, woken: @escaping () -> Void) {
        self.loop = loop
        self.woken = woken
        must(uv_async_init(loop.raw, handle.pointer, wakerDidWake), "uv_async_init")
        handle.retain(self)
    }

    deinit {
        handle.free()
    }

    /// To be called from any thread, until `close` is called.
    public func wake() {
        uv_async_send(handle.pointer)
    }

    /// Ends it. To be called on the loop, when no thread wakes it any more; idempotent.
    public func close() {
        guard woken != nil else { return }
        woken = nil
        handle.close()
    }

    fileprivate func didWake() { woken?() }
}

private func wakerDidWake(_ handle: UnsafeMutablePointer<uv_async_t>?) {
    withOwner(handle!.pointee.data, as: LoopWaker.self) { $0.didWake() }
}
