import DNS
import Glibc

/// Looks up the addresses of a host name, in `/etc/hosts` and by the system's name servers, on the loop itself: it
/// takes no thread, and a program that ends doesn't have to wait for it.
///
/// It needs no holding; it lives until it has told or was cancelled.
public final class Resolver {
    private let loop: Loop
    private let port: UInt16
    private var completion: ((Result<[SocketAddress], UVError>) -> Void)?
    private var query: HostQuery?
    private var watchers: [Int32: SocketWatcher] = [:]
    private var timer: Timer?
    /// Set when it is known, and told from the loop.
    private var outcome: Result<[SocketAddress], UVError>?

    private init(
        host: String, port: UInt16, servers: String?, on loop: Loop,
        completion: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) {
        self.loop = loop
        self.port = port
        self.completion = completion
        // It keeps this alive until it is closed.
        timer = Timer(on: loop) { [self] in timePassed() }
        if let numeric = SocketAddress(numeric: host, port: port) {
            outcome = .success([numeric])
        } else {
            // Unowned: the query is cancelled before this goes.
            let query = HostQuery(servers: servers) { [unowned self] in watch($0, for: $1) }
            self.query = query
            query.begin(host) { [unowned self] in outcome = converted($0) }
        }
        waitOn()
    }

    /// Looks a host up.
    ///
    /// - Parameters:
    ///   - host: a name, or an address in digits.
    ///   - servers: name servers to ask instead of the system's, as `ADDRESS:PORT,…`.
    ///   - completion: called once from the loop, never before this returns and not after `cancel()`, with at
    ///     least one address, in the order in which they should be tried, or the error.
    @discardableResult
    public static func resolve(
        host: String, port: UInt16, by servers: String? = nil, on loop: Loop,
        completion: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) -> Resolver {
        Resolver(host: host, port: port, servers: servers, on: loop, completion: completion)
    }

    /// Gives the look-up up. The completion isn't called any more. Idempotent.
    public func cancel() {
        guard completion != nil else { return }
        completion = nil
        end()
    }

    // MARK: What the query wants

    private func watch(_ socket: Int32, for interest: HostQuery.Interest) {
        guard !interest.isNone else {
            watchers.removeValue(forKey: socket)?.close()
            return
        }
        let watcher =
            watchers[socket]
            ?? SocketWatcher(on: loop, descriptor: socket) { [unowned self] readiness in
                query?.process(
                    socket, reading: readiness.contains(.reading), writing: readiness.contains(.writing))
                proceed()
            }
        watchers[socket] = watcher
        var wanted: SocketWatcher.Readiness = []
        if interest.reading { wanted.insert(.reading) }
        if interest.writing { wanted.insert(.writing) }
        watcher.watch(for: wanted)
    }

    private func timePassed() {
        if outcome == nil { query?.processTimeouts() }
        proceed()
    }

    private func proceed() {
        guard completion != nil else { return }
        if let outcome { complete(outcome) } else { waitOn() }
    }

    private func waitOn() {
        // Without a time-out something is wrong with the query, which is then asked again in a while.
        timer?.start(after: outcome != nil ? .zero : query?.nextTimeout ?? .seconds(1))
    }

    // MARK: The outcome

    private func converted(_ result: Result<[sockaddr_storage], HostQuery.Failure>) -> Result<[SocketAddress], UVError>
    {
        switch result {
        case .failure(.unknownHost): return .failure(.unknownHost)
        case .failure(.noAnswer): return .failure(.noNameServer)
        case .failure(.outOfMemory): return .failure(.noMemory)
        case .success(let found):
            var addresses: [SocketAddress] = []
            for storage in found {
                let address = withUnsafeBytes(of: storage) {
                    SocketAddress($0.baseAddress!.assumingMemoryBound(to: sockaddr.self))
                }
                guard let address = address?.with(port: port), !addresses.contains(address) else { continue }
                addresses.append(address)
            }
            return addresses.isEmpty ? .failure(.unknownHost) : .success(Self.byTurns(addresses))
        }
    }

    /// IPv6 and IPv4 addresses by turns, beginning with the family that the system puts first (RFC 8305, section 4). So
    /// a family that doesn't work here costs one try.
    static func byTurns(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }
        let others = addresses.filter { $0.isIPv6 != first.isIPv6 }
        let turns = min(preferred.count, others.count)
        return zip(preferred, others).flatMap { [$0, $1] } + preferred[turns...] + others[turns...]
    }

    private func complete(_ result: Result<[SocketAddress], UVError>) {
        guard let completion else { return }
        self.completion = nil
        end()
        completion(result)
    }

    private func end() {
        query?.cancel()
        query = nil
        for watcher in watchers.values { watcher.close() }
        watchers.removeAll()
        timer?.close()
        timer = nil
    }
}
