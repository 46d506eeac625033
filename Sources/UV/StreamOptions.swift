import CLibUV
import Glibc

/// The options of a socket. They are hints: where the kernel refuses one, the connection still works, so
/// nothing is thrown.
extension Stream {
    /// Sends small pieces at once instead of waiting for more (TCP_NODELAY). Ours are sent once a turn anyway.
    public func setNoDelay(_ on: Bool = true) {
        SocketOption.setNoDelay(descriptor, on)
    }

    /// Bounds what the kernel keeps for a reader that doesn't read (SO_SNDBUF); left alone it takes up to 4 MB
    /// for each. The kernel doubles the number for its own book-keeping.
    public func setSendBuffer(bytes: Int) {
        SocketOption.setSendBuffer(descriptor, bytes)
    }

    /// The number of the socket, for book-keeping and `ps`-like tools; -1 once it is closed.
    public var descriptor: Int32 {
        SocketOption.descriptor(tcp.base, isClosed: isClosed)
    }

    /// The other end; `nil` when the connection has already been lost. It asks the kernel each time.
    public var peer: SocketAddress? {
        isClosed ? nil : SocketOption.address(of: tcp.pointer, uv_tcp_getpeername)
    }

    /// This end.
    public var local: SocketAddress? {
        isClosed ? nil : SocketOption.address(of: tcp.pointer, uv_tcp_getsockname)
    }
}

/// The calls that streams and listeners share.
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
