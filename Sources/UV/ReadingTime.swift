import CLibUV
import Glibc

/// Bounds how long connections are read in one turn of the loop.
///
/// libuv takes up to 48 times 1024 events in a turn, so that twenty thousand connections that end in the same moment
/// are one turn, in which nobody else is served. When the time is over nothing more is read: a stream that asks for a
/// buffer gets none (`UV_ENOBUFS`), and asks again in the next turn. To ask 49,152 times in vain would take long as
/// well, so libuv, as far as it lets itself (1.44 does, later ones don't), is made to poll nothing for the rest of the
/// turn.
struct ReadingTime {
    private var ends: UInt64 = 0
    private var readsBeforeLook = 0
    private var isOver = false
    /// Polls nothing. Made when it is first needed; -1 before, and where there is no descriptor left.
    private var nothing: Int32 = -1
    /// What libuv polls otherwise; -1 while it polls that.
    private var everything: Int32 = -1

    /// Versions of libuv that look at the descriptor each time that they poll.
    private static let canEndPolling = uv_version() < UInt32(1 << 16 | 45 << 8)

    /// Whether there is time to read one more stream.
    mutating func takeRead(_ loop: UnsafeMutablePointer<uv_loop_t>) -> Bool {
        if isOver { return false }
        guard readsBeforeLook == 0 else {
            readsBeforeLook -= 1
            return true
        }
        readsBeforeLook = UVLimits.readsPerLook
        let now = uv_hrtime()
        if ends == 0 { ends = now + UVLimits.readingNanosecondsPerTurn }
        guard now >= ends else { return true }
        isOver = true
        endPolling(loop)
        return false
    }

    /// A turn begins, or there is none any more.
    mutating func turnDidStart(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        ends = 0
        readsBeforeLook = 0
        isOver = false
        guard everything >= 0 else { return }
        loop.pointee.backend_fd = everything
        everything = -1
    }

    private mutating func endPolling(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        guard Self.canEndPolling else { return }
        if nothing < 0 { nothing = coppice_poll_of_nothing() }
        guard nothing >= 0 else { return }
        everything = loop.pointee.backend_fd
        loop.pointee.backend_fd = nothing
    }

    /// To be called once nothing is read any more.
    mutating func close(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        turnDidStart(loop)
        if nothing >= 0 { _ = Glibc.close(nothing) }
        nothing = -1
    }
}
