import CLibUV
import Glibc

/// The options of a socket. They are hints: the connection works also if the kernel refuses one, so nothing is thrown.
extension Stream {
    /// Sends small pieces at once instead of waiting for more bytes (TCP_NODELAY). Our bytes are collected already and
    /// sent once a turn.
    public func setNoDelay(_ on: Bool = true) {
        SocketOption.setNoDelay(descriptor, on)
    }

    /// Limits the bytes that the kernel keeps for a peer that doesn't read (SO_SNDBUF). By default they are up to 4 MB
    /// for each. The kernel doubles the number for its own book-keeping.
    public func setSendBuffer(bytes: Int) {
        SocketOption.setSendBuffer(descriptor, bytes)
    }

    /// Bytes that the kernel holds for the other side, which has not acknowledged them; 0 if that can't be told.
    public var unacknowledgedBytes: Int {
        var count: Int32 = 0
        return descriptor >= 0 && ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// The descriptor of the socket; -1 once it is closed.
    public var descriptor: Int32 {
        SocketOption.descriptor(tcp.base, isClosed: isClosed)
    }

    /// The address of the other end; `nil` if the connection is lost or closed. Each use asks the kernel.
    public var peer: SocketAddress? {
        isClosed ? nil : SocketOption.address(of: tcp.pointer, uv_tcp_getpeername)
    }

    /// The address of this end.
    public var local: SocketAddress? {
        isClosed ? nil : SocketOption.address(of: tcp.pointer, uv_tcp_getsockname)
    }
}

/// The calls that streams and listeners have in common.
enum SocketOption {
    static func setNoDelay(_ descriptor: Int32, _ on: Bool) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, on ? 1 : 0)
    }

    static func setSendBuffer(_ descriptor: Int32, _ bytes: Int) {
        set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: max(1, bytes)))
    }

    static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    static func seconds(_ duration: Duration) -> Int32 {
        Int32(clamping: max(1, duration.waitNanoseconds / 1_000_000_000))
    }

    static func descriptor(_ handle: UnsafeMutablePointer<uv_handle_t>, isClosed: Bool) -> Int32 {
        var descriptor: uv_os_fd_t = -1
        guard !isClosed, uv_fileno(handle, &descriptor) == 0 else { return -1 }
        return descriptor
    }

    static func address(
        of handle: UnsafePointer<uv_tcp_t>,
        _ question: (UnsafePointer<uv_tcp_t>?, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<Int32>?) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { bytes in
            let address = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            var length = Int32(bytes.count)
            guard question(handle, address, &length) == 0 else { return nil }
            return SocketAddress(address)
        }
    }
}
