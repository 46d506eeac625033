import CLibUV
import Glibc

/// A queue of lines for a descriptor. A thread of its own writes them, so that the caller never waits for the reader of
/// a pipe, a stopped terminal, or a disk.
///
/// The descriptor may be shared with other processes: a terminal is shared with the shell. So it can't be made
/// non-blocking, and only a thread can wait for it ([why](../../docs/decisions/0016-a-thread-writes-the-log.md)).
///
/// Lines keep their order. Lines that don't fit are counted, and a note stands in their place (`LineBacklog`).
public final class OutputQueue: @unchecked Sendable {
    // The mutex guards everything below that changes.
    private let mutex = UnsafeMutablePointer<uv_mutex_t>.allocate(capacity: 1)
    /// Signalled when a line was appended or written, or when the queue is to end.
    private let changed = UnsafeMutablePointer<uv_cond_t>.allocate(capacity: 1)
    private let descriptor: Int32
    private var backlog: LineBacklog
    private var isWriting = false
    private var isClosing = false
    private var lastFailure: UVError?
    private var alarm: UInt64?
    private var alarmed: (@Sendable (_ isLast: Bool) -> Void)?

    /// - Parameters:
    ///   - limitBytes: of all lines that wait.
    ///   - urgentBytes: how many bytes more urgent lines may take.
    ///   - note: makes the line that stands for a number of missing lines. It is called on any thread.
    public init(
        descriptor: Int32, limitBytes: Int, urgentBytes: Int, note: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.descriptor = descriptor
        backlog = LineBacklog(limitBytes: limitBytes, urgentBytes: urgentBytes, note: note)
        must(uv_mutex_init(mutex), "uv_mutex_init")
        must(uv_cond_init(changed), "uv_cond_init")
        startThread()
    }

    deinit {
        uv_cond_destroy(changed)
        uv_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Appends one line, with its end. It never waits.
    ///
    /// - Parameter isUrgent: the line may use `urgentBytes` if the queue is full otherwise.
    public func append(_ line: [UInt8], isUrgent: Bool = false) {
        locked {
            backlog.append(line, isUrgent: isUrgent)
            uv_cond_broadcast(changed)
        }
    }

    /// How many lines were left out since the start.
    public var linesLost: UInt64 { locked { backlog.lost } }

    /// Makes the queue's thread call `alarmed` at a moment of the monotonic clock. Of two moments the earlier one
    /// counts. Each `finish` calls `alarmed` too, with `isLast`, so that lines that were held back can be appended.
    public func setAlarm(at moment: UInt64, _ alarmed: @escaping @Sendable (_ isLast: Bool) -> Void) {
        locked {
            self.alarmed = alarmed
            guard alarm.map({ moment < $0 }) ?? true else { return }
            alarm = moment
            uv_cond_broadcast(changed)
        }
    }

    /// Waits until everything is written, or the time has passed.
    ///
    /// - Returns: whether everything was written.
    @discardableResult
    public func finish(within limit: Duration) -> Bool {
        locked { alarmed }?(true)
        let deadline = Loop.monotonicNanoseconds + limit.waitNanoseconds
        return locked {
            while isWriting || !backlog.isEmpty {
                let moment = Loop.monotonicNanoseconds
                guard moment < deadline else { return false }
                uv_cond_timedwait(changed, mutex, deadline - moment)
            }
            return true
        }
    }

    /// Why the last write failed; nil if it succeeded.
    public var failure: UVError? { locked { lastFailure } }

    /// Ends the thread once everything is written.
    public func close() {
        locked {
            isClosing = true
            uv_cond_broadcast(changed)
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        uv_mutex_lock(mutex)
        defer { uv_mutex_unlock(mutex) }
        return body()
    }

    // MARK: The thread

    /// The thread gets no signals: they are for the loop's thread. Above all, SIGTTOU would stop the whole program when
    /// it logs to a terminal from the background.
    private func startThread() {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = uv_thread_t()
        must(
            uv_thread_create(
                &thread, { Unmanaged<OutputQueue>.fromOpaque($0!).takeRetainedValue().write() },
                Unmanaged.passRetained(self).toOpaque()), "uv_thread_create")
        pthread_detach(thread)
    }

    private func write() {
        while let piece = nextPiece() {
            let count = writeSome(piece.span.bytes, to: descriptor)
            let failure = count < piece.count ? UVError(systemError: errno) : nil
            locked {
                isWriting = false
                lastFailure = failure
                if count < piece.count { backlog.lose(piece[count...]) }
                uv_cond_broadcast(changed)
            }
        }
    }

    /// Waits for bytes to write; nil at the end.
    private func nextPiece() -> [UInt8]? {
        uv_mutex_lock(mutex)
        defer { uv_mutex_unlock(mutex) }
        while backlog.isEmpty {
            if isClosing { return nil }
            guard let alarm else {
                uv_cond_wait(changed, mutex)
                continue
            }
            let moment = Loop.monotonicNanoseconds
            if moment < alarm {
                uv_cond_timedwait(changed, mutex, alarm - moment)
                continue
            }
            self.alarm = nil
            let alarmed = alarmed
            uv_mutex_unlock(mutex)
            alarmed?(false)
            uv_mutex_lock(mutex)
        }
        isWriting = true
        return backlog.take(UVLimits.outputPieceBytes)
    }
}
