import Glibc

/// Descriptor 1. Each call writes all of it and waits if it has to; so it is for programs and for start-up, not for the
/// busy path of a server. Errors, a closed pipe above all, are told by the answer.
public enum StandardOutput {
    @discardableResult
    public static func write(_ bytes: [UInt8]) -> Bool {
        writeWhole(bytes.span.bytes, to: 1)
    }

    @discardableResult
    public static func write(_ text: String) -> Bool {
        writeWhole(Array(text.utf8).span.bytes, to: 1)
    }
}

/// Descriptor 2, likewise.
public enum StandardError {
    @discardableResult
    public static func write(_ bytes: [UInt8]) -> Bool {
        writeWhole(bytes.span.bytes, to: 2)
    }

    @discardableResult
    public static func write(_ text: String) -> Bool {
        writeWhole(Array(text.utf8).span.bytes, to: 2)
    }
}

/// Writes everything, over interruptions, and over a descriptor that somebody else has made non-blocking.
///
/// - Returns: whether all of it was written.
func writeWhole(_ bytes: RawSpan, to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(descriptor, piece.baseAddress, piece.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
