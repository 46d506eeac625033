/// Remembers the addresses of host names, so that a connection that is made again waits for no look-up.
///
/// A name is looked up once at a time, however many wait for it. A result is kept also when nobody waits for it any
/// more. Otherwise the answer of a name server that is slower than every caller's patience would never be used.
public final class HostNames {
    private let loop: Loop
    /// The addresses of each name, in the order in which they are tried, all with port 0.
    private var known: [String: [SocketAddress]] = [:]
    private var lookups: [String: Lookup] = [:]
    private var lastWaiter: UInt64 = 0

    private struct Lookup {
        var resolver: Resolver?
        var waiters: [UInt64: (Result<[SocketAddress], UVError>) -> Void] = [:]
    }

    /// One caller that waits for a look-up.
    public struct Waiter {
        fileprivate let host: String
        fileprivate let number: UInt64
    }

    public init(on loop: Loop) {
        self.loop = loop
    }

    /// The remembered addresses of a name; nil if the name has to be looked up.
    public func addresses(of host: String) -> [SocketAddress]? {
        known[host]
    }

    /// - Parameter addresses: in the order in which they are to be tried.
    public func learn(_ host: String, _ addresses: [SocketAddress]) {
        if known.count >= UVLimits.hostNames { known.removeAll() }
        known[host] = addresses.map { $0.with(port: 0) }
    }

    /// To be called when none of the addresses works: the name is looked up the next time.
    public func forget(_ host: String) {
        known[host] = nil
    }

    /// To be called when this address works: from now on it is tried first.
    public func worked(_ host: String, _ address: SocketAddress) {
        guard let addresses = known[host], addresses.first != address.with(port: 0) else { return }
        known[host] = [address.with(port: 0)] + addresses.filter { $0 != address.with(port: 0) }
    }

    /// Looks a name up.
    ///
    /// - Parameter completion: called once from the loop, never before this returns and not after `abandon`.
    public func lookUp(
        _ host: String, completion: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) -> Waiter {
        lastWaiter += 1
        if lookups[host] == nil {
            lookups[host] = Lookup()
            lookups[host]!.resolver = Resolver.resolve(host: host, port: 0, on: loop) { [unowned self] result in
                if case .success(let addresses) = result { learn(host, addresses) }
                let waiters = lookups.removeValue(forKey: host)?.waiters ?? [:]
                for waiter in waiters.sorted(by: { $0.key < $1.key }) { waiter.value(result) }
            }
        }
        lookups[host]!.waiters[lastWaiter] = completion
        return Waiter(host: host, number: lastWaiter)
    }

    /// The caller doesn't wait any more. The look-up continues.
    public func abandon(_ waiter: Waiter) {
        lookups[waiter.host]?.waiters[waiter.number] = nil
    }

    /// Stops all look-ups. To be called before the last reference goes.
    public func close() {
        for lookup in lookups.values { lookup.resolver?.cancel() }
        lookups.removeAll()
    }
}
