import DNS
import Glibc

/// Looks up the addresses of a host name, in `/etc/hosts` and by the system's name servers, or the hosts of a service,
/// on the loop itself: it takes no thread, and a program that ends doesn't have to wait for it.
///
/// It needs no holding; it lives until it has told or was cancelled.
public final class Resolver {
    private let loop: Loop
    private var query: HostQuery?
    private var watchers: [Int32: SocketWatcher] = [:]
    private var timer: Timer?
    /// Tells the outcome; set when that is known, and called from the loop.
    private var tell: (() -> Void)?
    private var isOver = false

    private init(by servers: String?, on loop: Loop) {
        self.loop = loop
        // It keeps this alive until it is closed.
        timer = Timer(on: loop) { [self] in timePassed() }
        // Unowned: the query is cancelled before this goes.
        query = HostQuery(servers: servers) { [unowned self] in watch($0, for: $1) }
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
        let resolver = Resolver(by: servers, on: loop)
        if let numeric = SocketAddress(numeric: host, port: port) {
            resolver.tell = { completion(.success([numeric])) }
        } else {
            resolver.query?.begin(host) { [unowned resolver] result in
                let addresses = Self.converted(result, port: port)
                resolver.tell = { completion(addresses) }
            }
        }
        resolver.waitOn()
        return resolver
    }

    /// Looks up which hosts offer a service.
    ///
    /// - Parameters:
    ///   - service: its name in DNS, as `_coppice._tcp.example.org`.
    ///   - servers: as above.
    ///   - completion: called once from the loop, never before this returns and not after `cancel()`, with at least one
    ///     host and port, the preferred ones first, or the error.
    @discardableResult
    public static func resolve(
        service: String, by servers: String? = nil, on loop: Loop,
        completion: @escaping (Result<[(host: String, port: UInt16)], UVError>) -> Void
    ) -> Resolver {
        let resolver = Resolver(by: servers, on: loop)
        resolver.query?.begin(service: service) { [unowned resolver] result in
            let hosts = result.map { $0.map { (host: $0.host, port: $0.port) } }.mapError { Self.error(of: $0) }
            resolver.tell = { completion(hosts) }
        }
        resolver.waitOn()
        return resolver
    }

    /// Gives the look-up up. The completion isn't called any more. Idempotent.
    public func cancel() {
        guard !isOver else { return }
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
        if tell == nil { query?.processTimeouts() }
        proceed()
    }

    private func proceed() {
        guard !isOver else { return }
        guard let tell else { return waitOn() }
        end()
        tell()
    }

    private func waitOn() {
        // Without a time-out something is wrong with the query, which is then asked again in a while.
        timer?.start(after: tell != nil ? .zero : query?.nextTimeout ?? .seconds(1))
    }

    // MARK: The outcome

    private static func error(of failure: HostQuery.Failure) -> UVError {
        switch failure {
        case .unknownHost: .unknownHost
        case .noAnswer: .noNameServer
        case .outOfMemory: .noMemory
        }
    }

    private static func converted(
        _ result: Result<[sockaddr_storage], HostQuery.Failure>, port: UInt16
    ) -> Result<[SocketAddress], UVError> {
        switch result {
        case .failure(let failure): return .failure(error(of: failure))
        case .success(let found):
            var addresses: [SocketAddress] = []
            for storage in found {
                let address = withUnsafeBytes(of: storage) {
                    SocketAddress($0.baseAddress!.assumingMemoryBound(to: sockaddr.self))
                }
                guard let address = address?.with(port: port), !addresses.contains(address) else { continue }
                addresses.append(address)
            }
            return addresses.isEmpty ? .failure(.unknownHost) : .success(byTurns(addresses))
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

    private func end() {
        isOver = true
        tell = nil
        query?.cancel()
        query = nil
        for watcher in watchers.values { watcher.close() }
        watchers.removeAll()
        timer?.close()
        timer = nil
    }
}
