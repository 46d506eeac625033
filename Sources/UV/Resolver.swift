import CLibUV
import Glibc

/// Looks up the addresses of a host name, as the system is set up to do it (`/etc/hosts`, DNS). It takes a thread of
/// libuv's pool for as long as that lasts, which may be many seconds.
public final class Resolver {
    private let request: UnsafeMutablePointer<uv_getaddrinfo_t>
    private let port: UInt16
    private var completion: ((Result<[SocketAddress], UVError>) -> Void)?
    /// Set when the look-up could not even be begun.
    private var timer: Timer?

    private init(
        host: String, port: UInt16, on loop: Loop, completion: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) {
        request = .allocate(capacity: 1)
        self.port = port
        self.completion = completion
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        let status = uv_getaddrinfo(loop.raw, request, resolverDidEnd, host, nil, &hints)
        if status == 0 {
            request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        } else {
            let timer = Timer(on: loop) { [self] in settle(.failure(UVError(code: status))) }
            self.timer = timer
            timer.start(after: .zero)
        }
    }

    deinit {
        request.deallocate()
    }

    /// Looks a host up.
    ///
    /// - Parameters:
    ///   - host: a name, or an address in digits.
    ///   - completion: called once from the loop, never before this returns and not after `cancel()`, with at
    ///     least one address, in the order in which they should be tried, or the error.
    @discardableResult
    public static func resolve(
        host: String, port: UInt16, on loop: Loop, completion: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) -> Resolver {
        Resolver(host: host, port: port, on: loop, completion: completion)
    }

    /// The completion won't be called. Idempotent.
    public func cancel() {
        guard completion != nil else { return }
        completion = nil
        if let timer {
            timer.close()
            self.timer = nil
        } else {
            uv_cancel(UnsafeMutableRawPointer(request).assumingMemoryBound(to: uv_req_t.self))
        }
    }

    fileprivate func didEnd(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        defer { uv_freeaddrinfo(list) }
        guard status == 0 else { return settle(.failure(UVError(code: status))) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let raw = entry.ai_addr, let address = SocketAddress(raw)?.with(port: port),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            next = entry.ai_next
        }
        settle(addresses.isEmpty ? .failure(.unknownHost) : .success(Self.byTurns(addresses)))
    }

    /// IPv6 and IPv4 by turns, beginning with what the system puts first (RFC 8305, section 4): a family that doesn't
    /// work here costs one try.
    static func byTurns(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }
        let others = addresses.filter { $0.isIPv6 != first.isIPv6 }
        let turns = min(preferred.count, others.count)
        return zip(preferred, others).flatMap { [$0, $1] } + preferred[turns...] + others[turns...]
    }

    private func settle(_ result: Result<[SocketAddress], UVError>) {
        timer?.close()
        timer = nil
        guard let completion else { return }
        self.completion = nil
        completion(result)
    }
}

private func resolverDidEnd(
    _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?
) {
    Unmanaged<Resolver>.fromOpaque(request!.pointee.data).takeRetainedValue().didEnd(status, list)
}
