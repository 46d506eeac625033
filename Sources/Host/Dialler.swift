import Tree
import UV

/// Makes the connections that the node orders: looks the host up, connects, and forgets what is no longer wanted.
final class Dialler {
    private enum Stage {
        case resolving(Resolver)
        case connecting(ConnectAttempt)
        case standing(ConnectionID)
    }

    private let loop: Loop
    /// The stream, or nil if it can't be had.
    private let completion: (AttemptID, Stream?) -> Void
    private var stages: [AttemptID: Stage] = [:]
    /// What the connections that stand were attempts of.
    private var attempts: [ConnectionID: AttemptID] = [:]
    /// What host names have led to, so that healing waits for no look-up. Replaced when connecting fails.
    private var addresses: [String: SocketAddress] = [:]
    private static let rememberedHosts = 1024

    init(on loop: Loop, completion: @escaping (AttemptID, Stream?) -> Void) {
        self.loop = loop
        self.completion = completion
    }

    func dial(_ attempt: AttemptID, _ address: Address, timeout: Duration) {
        if let numeric = SocketAddress(numeric: address.host, port: address.port) {
            return connect(attempt, to: numeric, host: nil, timeout)
        }
        if let known = addresses[address.host] {
            return connect(attempt, to: known.with(port: address.port), host: address.host, timeout)
        }
        stages[attempt] = .resolving(
            Resolver.resolve(host: address.host, port: address.port, on: loop) { [unowned self] result in
                guard stages[attempt] != nil else { return }
                // IPv4 first: a host name that stands for both is more often served there.
                guard case .success(let found) = result,
                    let first = found.first(where: { !$0.isIPv6 }) ?? found.first
                else { return fail(attempt) }
                if addresses.count >= Self.rememberedHosts { addresses.removeAll() }
                addresses[address.host] = first
                connect(attempt, to: first, host: address.host, timeout)
            })
    }

    private func connect(_ attempt: AttemptID, to address: SocketAddress, host: String?, _ timeout: Duration) {
        stages[attempt] = .connecting(
            Stream.connect(on: loop, to: address, timeout: timeout) { [unowned self] result in
                guard stages[attempt] != nil else { return }
                switch result {
                case .success(let stream): completion(attempt, stream)
                case .failure:
                    if let host { addresses[host] = nil }
                    fail(attempt)
                }
            })
    }

    private func fail(_ attempt: AttemptID) {
        stages[attempt] = nil
        completion(attempt, nil)
    }

    func stands(_ attempt: AttemptID, as connection: ConnectionID) {
        stages[attempt] = .standing(connection)
        attempts[connection] = attempt
    }

    /// A connection is gone, whether or not it was made here.
    func ended(_ connection: ConnectionID) {
        if let attempt = attempts.removeValue(forKey: connection) { stages[attempt] = nil }
    }

    /// Nobody wants this attempt any more; answers its connection if it stands already.
    func abandon(_ attempt: AttemptID) -> ConnectionID? {
        switch stages.removeValue(forKey: attempt) {
        case .resolving(let resolver)?: resolver.cancel()
        case .connecting(let connecting)?: connecting.cancel()
        case .standing(let connection)?:
            attempts[connection] = nil
            return connection
        case nil: break
        }
        return nil
    }

    func close() {
        for attempt in Array(stages.keys) { _ = abandon(attempt) }
    }
}
