import Glibc
import Synchronization

/// Descriptor 1. Each call writes all of it and waits if it has to; so it is for programs and for start-up, not for the
/// busy path of a server. Errors, a closed pipe above all, are told by the answer, and remembered: a program whose
/// output was lost has failed, whatever it has done besides (`ProcessEnd`).
public enum StandardOutput {
    private static let firstFailure = Atomic<Int32>(0)

    /// Why something could not be written; nil if all was.
    public static var failure: UVError? {
        let code = firstFailure.load(ordering: .relaxed)
        return code == 0 ? nil : UVError(systemError: code)
    }

    /// The program was started without it.
    public static var isClosed: Bool {
        let flags = fcntl(1, F_GETFL)
        return flags < 0 || flags & O_ACCMODE == O_RDONLY
    }

    @discardableResult
    public static func write(_ bytes: [UInt8]) -> Bool {
        write(bytes.span.bytes, until: nil)
    }

    @discardableResult
    public static func write(_ text: String) -> Bool {
        write(Array(text.utf8).span.bytes, until: nil)
    }

    /// Writes what a server says when it is ready, for whoever has started it. Without a standard output nobody wants
    /// to know. A full pipe is waited for only so long: then this has failed.
    public static func announce(_ text: String, within limit: Duration) -> Bool {
        isClosed || write(Array(text.utf8).span.bytes, until: Loop.monotonicNanoseconds + limit.waitNanoseconds)
    }

    /// Whoever read it is gone: what is written from now on reaches nobody.
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

/// Writes everything, over interruptions, and over a descriptor that somebody else has made non-blocking.
///
/// - Parameter deadline: of the monotonic clock. Without one it waits for as long as it takes.
/// - Returns: whether all of it was written; `errno` says why not.
func writeWhole(_ bytes: RawSpan, to descriptor: Int32, until deadline: UInt64? = nil) -> Bool {
    writeSome(bytes, to: descriptor, until: deadline) == bytes.byteCount
}

/// The same.
///
/// - Returns: how many bytes were written.
func writeSome(_ bytes: RawSpan, to descriptor: Int32, until deadline: UInt64? = nil) -> Int {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let rest = buffer[written...]
            // A pipe that is ready takes so much at once.
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

/// Waits until a write has something to tell, be it an error.
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
