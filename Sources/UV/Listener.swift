import CLibUV

/// Waits for TCP connections at an address.
///
/// When the process has no descriptor left, libuv closes all connections that wait, and reports nothing. So a server
/// should have a limit of its own below the system's, and answer the connections beyond it.
public final class Listener {
    private let loop: Loop
    private let tcp = HandleMemory<uv_tcp_t>()
    private var accepted: ((Stream) -> Void)?
    /// Called when a connection could not be accepted for a reason other than missing descriptors. The listener
    /// continues.
    public var failed: ((UVError) -> Void)?

    private init(on loop: Loop, accepted: @escaping (Stream) -> Void) {
        self.loop = loop
        self.accepted = accepted
        must(uv_tcp_init(loop.raw, tcp.pointer), "uv_tcp_init")
        tcp.retain(self)
    }

    deinit {
        tcp.free()
    }

    /// Begins to listen. An address is free again as soon as its last connections have been closed.
    ///
    /// - Parameters:
    ///   - address: port 0 takes a free port, see `port`. `::` serves IPv4 as well.
    ///   - backlog: how many connections may wait to be accepted.
    ///   - accepted: called for each new connection, which is not reading yet. An unwanted one has to be closed.
    /// - Throws: `UVError.addressInUse`, `accessDenied` for low ports, `addressNotAvailable`, and others.
    public static func bind(
        on loop: Loop, address: SocketAddress, backlog: Int32 = UVLimits.backlog, accepted: @escaping (Stream) -> Void
    ) throws(UVError) -> Listener {
        let listener = Listener(on: loop, accepted: accepted)
        var status = address.withSocketAddress { uv_tcp_bind(listener.tcp.pointer, $0, 0) }
        // If a port is in use, often only `listen` says so.
        if status == 0 { status = uv_listen(listener.tcp.stream, backlog, listenerHasConnection) }
        if status < 0 {
            listener.close()
            throw UVError(code: status)
        }
        return listener
    }

    /// The same at the first of several addresses that this machine has.
    public static func bind(
        on loop: Loop, toOneOf addresses: [SocketAddress], backlog: Int32 = UVLimits.backlog,
        accepted: @escaping (Stream) -> Void
    ) throws(UVError) -> Listener {
        precondition(!addresses.isEmpty, "a listener without an address")
        for address in addresses.dropLast() {
            do {
                return try bind(on: loop, address: address, backlog: backlog, accepted: accepted)
            } catch {
                guard error == .addressNotAvailable || error == .noSuchFamily else { throw error }
            }
        }
        return try bind(on: loop, address: addresses.last!, backlog: backlog, accepted: accepted)
    }

    /// Where it listens, with the port that was really taken.
    public var address: SocketAddress? {
        accepted == nil ? nil : SocketOption.address(of: tcp.pointer, uv_tcp_getsockname)
    }

    /// The port that it listens on; 0 once it is closed.
    public var port: UInt16 {
        address?.port ?? 0
    }

    /// As `Stream.setNoDelay`, for all future connections. They inherit the option without a system call each.
    public func setNoDelay(_ on: Bool = true) {
        SocketOption.setNoDelay(descriptor, on)
    }

    /// As `Stream.setSendBuffer`, for all future connections.
    public func setSendBuffer(bytes: Int) {
        SocketOption.setSendBuffer(descriptor, bytes)
    }

    /// The descriptor of the socket; -1 once it is closed.
    var descriptor: Int32 {
        SocketOption.descriptor(tcp.base, isClosed: accepted == nil)
    }

    /// Stops listening. Accepted connections stay open. To be called before the last reference goes; idempotent.
    public func close() {
        guard accepted != nil else { return }
        accepted = nil
        failed = nil
        tcp.close()
    }

    /// How accepted connections notice that their other end has vanished; nil if they don't.
    var liveness: Liveness?
    /// When no more are accepted in this turn; 0 before the first one.
    private var acceptingEnds: UInt64 = 0
    private var oneWaits = false

    fileprivate func hasConnection(_ status: Int32) {
        if status < 0 {
            failed?(UVError(code: status))
            return
        }
        if acceptingEnds > 0, uv_hrtime() >= acceptingEnds {
            // libuv keeps this one, and waits for no other until it is accepted.
            oneWaits = true
        } else {
            accept()
        }
    }

    /// To be called when the next turn begins: accepts the connection that waits.
    func resumeAccepting() {
        acceptingEnds = 0
        guard oneWaits else { return }
        oneWaits = false
        accept()
    }

    private func accept() {
        guard let accepted else { return }
        if acceptingEnds == 0 {
            loop.accepting.append(self)
            acceptingEnds = uv_hrtime() + UVLimits.acceptingNanosecondsPerTurn
        }
        let stream = Stream(on: loop)
        let status = uv_accept(tcp.stream, stream.tcp.stream)
        if status == 0 {
            if let liveness { stream.drawIdleTime(of: liveness) }
            accepted(stream)
        } else {
            stream.close()
            failed?(UVError(code: status))
        }
    }
}

/// libuv calls this once for each connection that waits.
private func listenerHasConnection(_ handle: UnsafeMutablePointer<uv_stream_t>?, _ status: Int32) {
    withOwner(handle!.pointee.data, as: Listener.self) { $0.hasConnection(status) }
}
