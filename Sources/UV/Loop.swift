import CLibUV
import Glibc

/// The one event loop of a program. It waits for the kernel and calls back.
///
/// Each object of this module belongs to a loop and is used on the loop's thread only. One turn of libuv 1.44 is:
/// timers, then idle (`BusyLoop`), then `TurnHook.beforePolling`, then the sockets, then `TurnHook.afterPolling`, then
/// the close callbacks. Timers come *before* the sockets: after a stall a deadline fires although the bytes that would
/// have met it are already there.
///
/// The loop lends one read buffer to all streams, so an idle connection costs no buffer.
public final class Loop {
    let raw: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableRawPointer
    /// The stream that was read from last in this turn. If libuv asks for it again, it has to wait for the next turn.
    var lastReader: UnsafeMutableRawPointer?
    private var readingTime = ReadingTime()
    private var timersTime = TimersTime()
    /// Listeners that have accepted a connection in this turn. They continue in the next one.
    var accepting: [Listener] = []
    private let turnStart: UnsafeMutablePointer<uv_prepare_t>
    private var isRunning = false
    private var isClosed = false
    /// See `limitEnd`.
    var endTimer: Timer?
    var endDue = UInt64.max

    /// How many TCP connections hold a descriptor now, including those that are finishing.
    public internal(set) var openStreams = 0
    /// How many bytes of a stream that isn't urgent are read in one turn: at most `UVLimits.readBufferBytes`.
    public var bytesPerRead = UVLimits.readBufferBytes
    /// How many bytes the kernel gave in the read that is under way. Text that a filter hands on may be less.
    public internal(set) var bytesOfRead = 0
    /// When the filter got the bytes that are being read, in nanoseconds: its work is part of what they cost.
    public internal(set) var filteringSince: UInt64 = 0

    /// Whether there is time to read one more stream in this turn.
    func takeRead() -> Bool { readingTime.takeRead(raw) }

    /// Whether there is time to let one more timer call back in this turn.
    func takeTimer() -> Bool { timersTime.take() }

    /// There is none: those that are due call back in the turns that follow.
    func endTimers() { timersTime.endCalls(raw) }

    /// Nothing is left over of a turn that ended early.
    func resumePolling() { readingTime.turnDidStart(raw) }

    /// A turn begins.
    fileprivate func turnDidStart() {
        lastReader = nil
        timersTime.turnDidStart(raw)
        resumePolling()
        guard !accepting.isEmpty else { return }
        let listeners = accepting
        accepting.removeAll(keepingCapacity: true)
        for listener in listeners { listener.resumeAccepting() }
    }

    /// Bytes read from and handed to all TCP connections since the start.
    public internal(set) var bytesRead: UInt64 = 0
    public internal(set) var bytesWritten: UInt64 = 0

    /// Makes a loop. From here on the process ignores SIGPIPE and SIGXFSZ. So a write to a broken connection, or to a
    /// file that may not grow, fails with an error and doesn't end the program.
    public init() throws(UVError) {
        SignalWatcher.failWrites()
        raw = .allocate(capacity: 1)
        readBuffer = .allocate(byteCount: UVLimits.readBufferBytes, alignment: 16)
        turnStart = .allocate(capacity: 1)
        let status = uv_loop_init(raw)
        guard status == 0 else {
            isClosed = true
            throw UVError(code: status)
        }
        raw.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        must(coppice_measure_idle_time(raw), "uv_loop_configure")
        must(uv_prepare_init(raw, turnStart), "uv_prepare_init")
        must(uv_prepare_start(turnStart, loopTurnDidStart), "uv_prepare_start")
        uv_unref(UnsafeMutableRawPointer(turnStart).assumingMemoryBound(to: uv_handle_t.self))
    }

    deinit {
        // Every open handle holds its owner, and every owner holds the loop. So nothing can be open here.
        if !isClosed { close() }
        raw.deallocate()
        readBuffer.deallocate()
        turnStart.deallocate()
    }

    /// Turns until no handle or request is left that could call back, or until `stop()`.
    public func run() {
        precondition(!isRunning, "the loop is already running")
        precondition(!isClosed, "the loop is closed")
        isRunning = true
        uv_run(raw, UV_RUN_DEFAULT)
        resumePolling()
        isRunning = false
    }

    /// Ends `run()` after the current turn.
    public func stop() {
        uv_stop(raw)
    }

    /// Runs the close callbacks, waits for work that is still in the thread pool, and frees the loop.
    ///
    /// Everything that was made on the loop has to be closed before. A handle that is still open is a mistake of the
    /// program, and the failure names it.
    public func close() {
        precondition(!isRunning, "a running loop cannot be closed")
        if isClosed { return }
        isClosed = true
        let left = openHandles
        precondition(left.isEmpty, "still open on the loop: \(left.joined(separator: ", "))")
        uv_close(UnsafeMutableRawPointer(turnStart).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_run(raw, UV_RUN_DEFAULT)
        readingTime.close(raw)
        // A callback of the last turn may have made something new.
        must(uv_loop_close(raw), "uv_loop_close")
    }

    /// Leaves the loop to the threads that still use it. It is never freed.
    func abandon() {
        isClosed = true
        _ = Unmanaged.passRetained(self)
    }

    /// How long the loop has waited for events in all, in nanoseconds. The rest of the time it worked.
    public var idleNanoseconds: UInt64 { uv_metrics_idle_time(raw) }

    /// The kinds of all handles that are neither closed nor closing, for example `["tcp", "timer"]`.
    public var openHandles: [String] {
        final class Names {
            var list: [String] = []
        }
        let names = Names()
        uv_walk(
            raw,
            { handle, argument in
                guard let handle, uv_is_closing(handle) == 0 else { return }
                let names = Unmanaged<Names>.fromOpaque(argument!).takeUnretainedValue()
                names.list.append(String(cString: uv_handle_type_name(handle.pointee.type)))
            }, Unmanaged.passUnretained(names).toOpaque())
        // The loop's own handle, which is open until the loop is closed.
        if let own = names.list.firstIndex(of: "prepare"), uv_is_closing(turnStartBase) == 0 {
            names.list.remove(at: own)
        }
        return names.list
    }

    private var turnStartBase: UnsafeMutablePointer<uv_handle_t> {
        UnsafeMutableRawPointer(turnStart).assumingMemoryBound(to: uv_handle_t.self)
    }
}

extension Loop {
    /// Nanoseconds of the monotonic clock, read now. They count from an arbitrary moment and never go back.
    public static var monotonicNanoseconds: UInt64 {
        uv_hrtime()
    }

    /// Nanoseconds since the machine started, read now: a monotonic clock that also counts the time that the machine
    /// slept. Leases need it, since other machines' clocks decide when they end.
    public static var bootNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds since 1970 of the wall clock, read now. It may jump either way.
    public static var wallMilliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

private func loopTurnDidStart(_ handle: UnsafeMutablePointer<uv_prepare_t>?) {
    withOwner(handle!.pointee.loop.pointee.data, as: Loop.self) { $0.turnDidStart() }
}
