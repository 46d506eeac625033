import CLibUV
import Glibc

/// A connection that is being made. The attempt ends once: with a stream, with an error, or because it was cancelled.
///
/// The caller need not hold a reference: the object lives until the attempt has ended.
public final class ConnectAttempt {
    private let request: UnsafeMutablePointer<uv_connect_t>
    private var stream: Stream?
    private var timer: Timer?
    private var completion: ((Result<Stream, UVError>) -> Void)?

    fileprivate init(
        on loop: Loop, from local: SocketAddress?, to address: SocketAddress, timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) {
        request = .allocate(capacity: 1)
        self.completion = completion
        let stream = Stream(on: loop)
        self.stream = stream
        var status = local.map { stream.bind(to: $0) } ?? 0
        if status == 0 {
            status = address.withSocketAddress { uv_tcp_connect(request, stream.tcp.pointer, $0, attemptDidConnect) }
        }
        if status == 0 {
            request.pointee.data = Unmanaged.passRetained(self).toOpaque()
            let timer = Timer(on: loop) { [self] in complete(.failure(.timedOut)) }
            self.timer = timer
            timer.start(after: timeout)
        } else {
            // The error is reported from the loop, since no caller expects a result before `connect` has returned. The
            // timer keeps this object alive.
            let error = UVError(code: status)
            let timer = Timer(on: loop) { [self] in complete(.failure(error)) }
            self.timer = timer
            timer.start(after: .zero)
        }
    }

    deinit {
        request.deallocate()
    }

    /// Gives the attempt up. The completion isn't called any more. Idempotent.
    public func cancel() {
        completion = nil
        end()
        stream?.close()
        stream = nil
    }

    fileprivate func didConnect(_ status: Int32) {
        guard let stream else { return }
        if status < 0 {
            complete(.failure(UVError(code: status)))
        } else if let local = stream.local, local == stream.peer {
            // Nobody listens on the port. The kernel chose that very port for our end, and TCP connected us to
            // ourselves.
            complete(.failure(.connectionRefused))
        } else {
            complete(.success(stream))
        }
    }

    private func complete(_ result: Result<Stream, UVError>) {
        guard let completion else { return }
        self.completion = nil
        end()
        if case .failure = result { stream?.close() }
        stream = nil
        completion(result)
    }

    private func end() {
        timer?.close()
        timer = nil
    }
}

extension Stream {
    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - local: the address of our end, if the kernel shall not choose it.
    ///   - address: the address of the other end. `Resolver` turns names into addresses.
    ///   - timeout: after this time the attempt ends with `timedOut`.
    ///   - completion: called once from the loop, never before this returns, and not after `cancel()`. The stream
    ///     isn't reading yet.
    @discardableResult
    public static func connect(
        on loop: Loop, from local: SocketAddress? = nil, to address: SocketAddress, timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) -> ConnectAttempt {
        ConnectAttempt(on: loop, from: local, to: address, timeout: timeout, completion: completion)
    }
}

private func attemptDidConnect(_ request: UnsafeMutablePointer<uv_connect_t>?, _ status: Int32) {
    // Called exactly once, also when the stream is closed before. So the request's own reference is released here.
    let attempt = Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
    attempt.didConnect(status)
}

extension Stream {
    /// Chooses the local address of a connection that is about to be made.
    ///
    /// With port 0 the kernel chooses the port when it connects. If it chose when it binds, the port would have to be
    /// free towards all addresses, and among a million connections the kernel would search for milliseconds.
    fileprivate func bind(to local: SocketAddress) -> Int32 {
        guard local.port == 0 else { return local.withSocketAddress { uv_tcp_bind(tcp.pointer, $0, 0) } }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(local.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard socket >= 0 else { return -errno }
        SocketOption.set(socket, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
        let status = uv_tcp_open(tcp.pointer, socket)
        if status < 0 {
            Glibc.close(socket)
            return status
        }
        return local.withSocketAddress { uv_tcp_bind(tcp.pointer, $0, 0) }
    }
}
