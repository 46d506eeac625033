import Glibc
import Synchronization

/// Descriptor 1. Each call writes everything and waits if it has to. So it is for programs and for start-up, not for
/// the busy path of a server. The result of a call tells of errors, above all of a closed pipe. The first error is also
/// remembered: a program whose output was lost has failed, whatever else it did (`ProcessEnd`).
public enum StandardOutput {
    private static let firstFailure = Atomic<Int32>(0)

    /// Why something could not be written; nil if all was written.
    public static var failure: UVError? {
        let code = firstFailure.load(ordering: .relaxed)
        return code == 0 ? nil : UVError(systemError: code)
    }

    /// Whether the program was started without standard output.
    public static var isClosed: Bool {
        let flags = fcntl(1, F_GETFL)
        return flags < 0 || flags & O_ACCMODE == O_RDONLY
    }

    /// Writes everything, and waits as long as that takes.
    ///
    /// - Returns: whether everything was written.
    @discardableResult
    public static func write(_ bytes: [UInt8]) -> Bool {
        write(bytes.span.bytes, until: nil)
    }

    @discardableResult
    public static func write(_ text: String) -> Bool {
        write(Array(text.utf8).span.bytes, until: nil)
    }

    /// Writes the line that says that a server is ready. Succeeds without a standard output, since then nobody wants
    /// the line. A full pipe is waited for until `limit`; after that the call has failed.
    public static func announce(_ text: String, within limit: Duration) -> Bool {
        isClosed || write(Array(text.utf8).span.bytes, until: Loop.monotonicNanoseconds + limit.waitNanoseconds)
    }

    /// To be called when the reader has gone: nobody reads what is written from now on.
    public static func readerHasGone() { remember(EPIPE) }

    private static func write(_ bytes: RawSpan, until deadline: UInt64?) -> Bool {
        if writeWhole(bytes, to: 1, until: deadline) { return true }
        remember(errno)
        return false
    }

    private static func remember(_ failure: Int32) {
        _ = firstFailure.compareExchange(expected: 0, desired: failure, ordering: .relaxed)
    }
}

/// Writes everything, also if a signal interrupts, and if another process has made the descriptor non-blocking.
///
/// - Parameter deadline: on the monotonic clock, in nanoseconds. Without one it waits as long as the write takes.
/// - Returns: whether everything was written; if not, `errno` says why.
func writeWhole(_ bytes: RawSpan, to descriptor: Int32, until deadline: UInt64? = nil) -> Bool {
    writeSome(bytes, to: descriptor, until: deadline) == bytes.byteCount
}

/// As `writeWhole`.
///
/// - Returns: how many bytes were written.
func writeSome(_ bytes: RawSpan, to descriptor: Int32, until deadline: UInt64? = nil) -> Int {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let rest = buffer[written...]
            // A pipe that is ready takes this many bytes at once.
            let piece = UnsafeRawBufferPointer(rebasing: deadline == nil ? rest : rest.prefix(Int(PIPE_BUF)))
            if let deadline, !isWritable(descriptor, until: deadline) {
                errno = ETIMEDOUT
                return written
            }
            let count = write(descriptor, piece.baseAddress, piece.count)
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                if deadline == nil { _ = isWritable(descriptor, until: nil) }
            } else if count == 0 || errno != EINTR {
                return written
            }
        }
        return written
    }
}

/// Waits until a write would return at once, be it with an error.
private func isWritable(_ descriptor: Int32, until deadline: UInt64?) -> Bool {
    while true {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var milliseconds: Int32 = -1
        if let deadline {
            let now = Loop.monotonicNanoseconds
            milliseconds = now >= deadline ? 0 : Int32(clamping: (deadline - now) / 1_000_000 + 1)
        }
        let ready = poll(&wait, 1, milliseconds)
        if ready > 0 || ready < 0 && errno != EINTR { return true }
        if ready == 0, let deadline, Loop.monotonicNanoseconds >= deadline { return false }
    }
}
