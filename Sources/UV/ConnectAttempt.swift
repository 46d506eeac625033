import CLibUV

/// A connection that is being made. It ends once: with a stream, with an error, or because it was cancelled.
///
/// It needs no holding; it lives until it has ended.
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
        var status: Int32 = local?.withSocketAddress { uv_tcp_bind(stream.tcp.pointer, $0, 0) } ?? 0
        if status == 0 {
            status = address.withSocketAddress { uv_tcp_connect(request, stream.tcp.pointer, $0, attemptDidConnect) }
        }
        if status == 0 {
            request.pointee.data = Unmanaged.passRetained(self).toOpaque()
            let timer = Timer(on: loop) { [self] in settle(.failure(.timedOut)) }
            self.timer = timer
            timer.start(after: timeout)
        } else {
            // Told from the loop: nobody expects an answer while still asking. The timer keeps this alive.
            let error = UVError(code: status)
            let timer = Timer(on: loop) { [self] in settle(.failure(error)) }
            self.timer = timer
            timer.start(after: .zero)
        }
    }

    deinit {
        request.deallocate()
    }

    /// Gives it up; the completion isn't called any more. Idempotent.
    public func cancel() {
        completion = nil
        end()
        stream?.close()
        stream = nil
    }

    fileprivate func didConnect(_ status: Int32) {
        guard let stream else { return }
        if status < 0 {
            settle(.failure(UVError(code: status)))
        } else if let local = stream.local, local == stream.peer {
            // The kernel chose for our end the very port that we asked for, where nobody listens, and TCP
            // connected us to ourselves.
            settle(.failure(.connectionRefused))
        } else {
            settle(.success(stream))
        }
    }

    private func settle(_ result: Result<Stream, UVError>) {
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
    ///   - local: our own end, if the kernel shall not choose it.
    ///   - address: where to; names are for `Resolver`.
    ///   - timeout: after so long the attempt ends with `timedOut`.
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
    // Called exactly once, also when the stream is closed before: here the request's own reference goes.
    let attempt = Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
    attempt.didConnect(status)
}
