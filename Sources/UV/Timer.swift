import CLibUV

/// Calls back after a while, once or repeatedly.
///
/// It never fires early. It may fire a millisecond late and more: libuv counts whole milliseconds, and where very many
/// timers are due at once, those that find no time in a turn fire in the next one (`TimersTime`).
public final class Timer {
    private let loop: Loop
    private let timer = HandleMemory<uv_timer_t>()
    private var fired: (() -> Void)?

    /// A timer that doesn't run yet.
    ///
    /// - Parameter fired: called from the loop each time that the timer fires.
    public init(on loop: Loop, fired: @escaping () -> Void) {
        self.loop = loop
        self.fired = fired
        must(uv_timer_init(loop.raw, timer.pointer), "uv_timer_init")
        timer.retain(self)
    }

    deinit {
        timer.free()
    }

    /// Starts the timer, or starts it anew; then an earlier start no longer counts.
    ///
    /// - Parameters:
    ///   - after: counted from now, not from the start of the turn. A negative value counts as zero, which fires in the
    ///     next turn.
    ///   - repeating: if given, the time between further calls, at least a millisecond.
    public func start(after: Duration, repeating: Duration? = nil) {
        guard fired != nil else { return }
        // libuv counts from the loop's clock, which was read at the start of the turn and cut to milliseconds. So the
        // moment is computed in real time, rounded up, and then expressed relative to that clock.
        let wait = after.waitNanoseconds
        let due = wait == 0 ? 0 : (uv_hrtime() + wait + 999_999) / 1_000_000
        let now = uv_now(loop.raw)
        let every = repeating.map { max(1, $0.waitMilliseconds) } ?? 0
        must(uv_timer_start(timer.pointer, timerDidFire, due > now ? due - now : 0, every), "uv_timer_start")
    }

    /// Stops the timer. It can be started again.
    public func stop() {
        guard fired != nil else { return }
        uv_timer_stop(timer.pointer)
    }

    /// From now on the timer doesn't keep the loop running.
    func unreference() { uv_unref(timer.base) }

    public var isRunning: Bool {
        fired != nil && uv_is_active(timer.base) != 0
    }

    /// Stops the timer for good. To be called before the last reference goes; idempotent.
    public func close() {
        guard fired != nil else { return }
        fired = nil
        timer.close()
    }

    fileprivate func didFire() {
        guard loop.takeTimer() else {
            // Not in this turn: with a wait of nothing libuv would call it again at once.
            uv_timer_start(timer.pointer, timerDidFire, 1, uv_timer_get_repeat(timer.pointer))
            return loop.endTimers()
        }
        fired?()
    }
}

private func timerDidFire(_ handle: UnsafeMutablePointer<uv_timer_t>?) {
    withOwner(handle!.pointee.data, as: Timer.self) { $0.didFire() }
}
