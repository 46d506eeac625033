import CLibUV

/// Keeps the loop turning without waiting, while there is work left that no event will announce.
public final class BusyLoop {
    private let loop: Loop
    private let idle = HandleMemory<uv_idle_t>()
    private var isClosed = false

    public init(on loop: Loop) {
        self.loop = loop
        must(uv_idle_init(loop.raw, idle.pointer), "uv_idle_init")
        idle.retain(self)
    }

    deinit {
        idle.free()
    }

    public var isRunning: Bool {
        !isClosed && uv_is_active(idle.base) != 0
    }

    /// From now on the loop looks at the kernel in each turn but doesn't wait for it. A started `BusyLoop` also keeps
    /// the loop running.
    public func start() {
        guard !isClosed else { return }
        must(uv_idle_start(idle.pointer, { _ in }), "uv_idle_start")
    }

    /// From now on the loop waits for events again. It can be started anew.
    public func stop() {
        guard !isClosed else { return }
        uv_idle_stop(idle.pointer)
    }

    /// Stops for good. To be called before the last reference goes; idempotent.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        idle.close()
    }
}
