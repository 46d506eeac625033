import CLibUV

/// Calls back in every turn of the loop, before it waits for the kernel or after it has read.
///
/// A hook alone doesn't keep the loop running.
public final class TurnHook {
    /// When in a turn the hook is called.
    public enum Kind {
        /// After the timers, right before the loop waits. For actions that must not wait for the next event.
        case beforePolling
        /// After the sockets were read. For sending what was collected in the turn.
        case afterPolling
    }

    private enum Memory {
        case prepare(HandleMemory<uv_prepare_t>)
        case check(HandleMemory<uv_check_t>)
    }

    private let loop: Loop
    private let memory: Memory
    private var run: (() -> Void)?

    public init(on loop: Loop, kind: Kind, run: @escaping () -> Void) {
        self.loop = loop
        self.run = run
        switch kind {
        case .beforePolling:
            let prepare = HandleMemory<uv_prepare_t>()
            memory = .prepare(prepare)
            must(uv_prepare_init(loop.raw, prepare.pointer), "uv_prepare_init")
            prepare.retain(self)
            must(uv_prepare_start(prepare.pointer, hookPrepare), "uv_prepare_start")
            uv_unref(prepare.base)
        case .afterPolling:
            let check = HandleMemory<uv_check_t>()
            memory = .check(check)
            must(uv_check_init(loop.raw, check.pointer), "uv_check_init")
            check.retain(self)
            must(uv_check_start(check.pointer, hookCheck), "uv_check_start")
            uv_unref(check.base)
        }
    }

    deinit {
        switch memory {
        case .prepare(let prepare): prepare.free()
        case .check(let check): check.free()
        }
    }

    /// Ends the hook. To be called before the last reference goes; idempotent.
    public func close() {
        guard run != nil else { return }
        run = nil
        switch memory {
        case .prepare(let prepare): prepare.close()
        case .check(let check): check.close()
        }
    }

    fileprivate func didTurn() {
        run?()
    }
}

private func hookPrepare(_ handle: UnsafeMutablePointer<uv_prepare_t>?) {
    withOwner(handle!.pointee.data, as: TurnHook.self) { $0.didTurn() }
}

private func hookCheck(_ handle: UnsafeMutablePointer<uv_check_t>?) {
    withOwner(handle!.pointee.data, as: TurnHook.self) { $0.didTurn() }
}
