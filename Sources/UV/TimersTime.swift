import CLibUV

/// Bounds how long timers call back in one turn of the loop.
///
/// libuv calls all timers that are due before it does anything else. Fifteen thousand connections that each wait a
/// moment for the rest of a line would be one turn, in which nobody else is served. When the time is over, the timers
/// that are left call back in the turns that follow. To defer each of them anew would take long as well, so libuv, as
/// far as it lets itself (1.44 does, later ones gather all that are due first), is made to see a clock at which none
/// is due.
struct TimersTime {
    private var ends: UInt64 = 0
    private var callsBeforeLook = 0
    private var isOver = false

    /// Whether there is time to let one more timer call back. If there is none, the caller defers the timer.
    mutating func take() -> Bool {
        if isOver { return false }
        guard callsBeforeLook == 0 else {
            callsBeforeLook -= 1
            return true
        }
        callsBeforeLook = UVLimits.callsPerLook
        let now = uv_hrtime()
        if ends == 0 { ends = now + UVLimits.timersNanosecondsPerTurn }
        isOver = now >= ends
        return !isOver
    }

    /// Lets no other timer call back in this turn. Timers that are started from here on count from the real time, as
    /// `Timer.start` does.
    func endCalls(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        loop.pointee.time = 0
    }

    /// The next turn's timers are still to come.
    mutating func turnDidStart(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        if isOver { uv_update_time(loop) }
        ends = 0
        callsBeforeLook = 0
        isOver = false
    }
}
