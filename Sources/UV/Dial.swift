/// A connection that is being made to a host, by any of its addresses. It ends once: with a stream, with an error, or
/// because it was cancelled.
///
/// The method is that of RFC 8305. IPv6 and IPv4 addresses take turns. When an address refuses, the next one is tried
/// at once. When an attempt hangs, the next one begins beside it. The first connection that stands is used, and the
/// other attempts are given up.
///
/// ```
///   ::1        refused
///   10.0.0.1     hangs ──── 250 ms ────────────────────────────┐ given up
///   10.0.0.2                       connects ──▶ the stream ────┘
/// ```
/// The caller need not hold a reference: the object lives until the dial has ended.
public final class Dial {
    private let loop: Loop
    private let local: SocketAddress?
    private let timeout: Duration
    private var completion: ((Result<Stream, UVError>) -> Void)?
    private var names: HostNames?
    private var host: String?
    private var waiter: HostNames.Waiter?
    private var resolver: Resolver?
    private let stagger: Timer
    private let deadline: Timer
    private var waiting: ArraySlice<SocketAddress> = []
    private var tried: [SocketAddress] = []
    private var attempts: [(number: Int, attempt: ConnectAttempt)] = []
    private var pause = Duration.zero
    private var error: UVError?
    /// The addresses were remembered, so they may be out of date.
    private var isByMemory = false
    private let began = Loop.monotonicNanoseconds

    fileprivate init(
        on loop: Loop, from local: SocketAddress?, timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) {
        self.loop = loop
        self.local = local
        self.timeout = timeout
        self.completion = completion
        var next: (() -> Void)?
        var late: (() -> Void)?
        stagger = Timer(on: loop) { next?() }
        deadline = Timer(on: loop) { late?() }
        // The timers keep this alive until they are closed.
        next = { [self] in tryNext() }
        late = { [self] in complete(.failure(.timedOut)) }
    }

    fileprivate func start(_ host: String, _ port: UInt16, _ names: HostNames?) {
        if let numeric = SocketAddress(numeric: host, port: port) { return start([numeric]) }
        self.host = host
        self.names = names
        if let known = names?.addresses(of: host) {
            isByMemory = true
            return start(known.map { $0.with(port: port) })
        }
        lookUp(host, port)
    }

    fileprivate func start(_ addresses: [SocketAddress]) {
        deadline.start(after: timeout)
        enqueue(addresses)
        tryNext()
    }

    private func lookUp(_ host: String, _ port: UInt16) {
        let found = { [self] (result: Result<[SocketAddress], UVError>) in
            resolver = nil
            waiter = nil
            switch result {
            case .success(let addresses):
                // The time that the look-up took doesn't count as the host's.
                deadline.start(after: timeout)
                enqueue(addresses.map { $0.with(port: port) }.filter { !tried.contains($0) })
                tryNext()
            case .failure(let error): complete(.failure(error))
            }
        }
        if let names {
            waiter = names.lookUp(host, completion: found)
        } else {
            resolver = Resolver.resolve(host: host, port: port, on: loop, completion: found)
        }
    }

    private func enqueue(_ addresses: [SocketAddress]) {
        waiting = addresses.prefix(UVLimits.addresses)
        pause = min(UVLimits.attemptDelay, timeout / max(1, waiting.count))
    }

    private func tryNext() {
        guard let next = waiting.popFirst() else {
            if attempts.isEmpty { allFailed() }
            return
        }
        let number = tried.count
        tried.append(next)
        let source = local?.isIPv6 == next.isIPv6 ? local : nil
        let attempt = Stream.connect(on: loop, from: source, to: next, timeout: timeout) { [self] result in
            attempts.removeAll { $0.number == number }
            switch result {
            case .success(let stream):
                if let host { names?.worked(host, next) }
                complete(.success(stream))
            case .failure(let reason):
                // A refusal by a host tells more than a network that can't be reached.
                if error == nil || error == .networkUnreachable || error == .addressNotAvailable { error = reason }
                tryNext()
            }
        }
        attempts.append((number, attempt))
        if waiting.isEmpty { stagger.stop() } else { stagger.start(after: pause) }
    }

    private func allFailed() {
        if isByMemory, let host, let port = tried.first?.port {
            // The host may have moved. The name is looked up, and new addresses are tried, before a failure is
            // reported.
            isByMemory = false
            names?.forget(host)
            return lookUp(host, port)
        }
        complete(.failure(error ?? .unknownHost))
    }

    private func complete(_ result: Result<Stream, UVError>) {
        guard let completion else { return }
        if case .failure = result, let host, isByMemory { names?.forget(host) }
        end()
        completion(result)
    }

    /// Gives the dial up. The completion isn't called any more. Idempotent.
    public func cancel() {
        guard completion != nil else { return }
        // A caller that gives up after a while may have waited for addresses that are out of date.
        let waited = Loop.monotonicNanoseconds - began
        if let host, isByMemory, waited >= UVLimits.attemptDelay.waitNanoseconds / 2 { names?.forget(host) }
        end()
    }

    private func end() {
        completion = nil
        stagger.close()
        deadline.close()
        resolver?.cancel()
        if let waiter { names?.abandon(waiter) }
        resolver = nil
        waiter = nil
        for (_, attempt) in attempts { attempt.cancel() }
        attempts.removeAll()
        waiting = []
    }
}

extension Stream {
    /// Opens a connection to a host, by whichever of its addresses answers.
    ///
    /// - Parameters:
    ///   - names: remembered addresses of names, which learn from this dial. Without it, the name is looked up for this
    ///     dial only.
    ///   - timeout: for all addresses together, without the time of the look-up.
    ///   - completion: called once from the loop, never before this returns, and not after `cancel()`. The stream isn't
    ///     reading yet. Of several errors it gets the one that tells most.
    @discardableResult
    public static func connect(
        on loop: Loop, toHost host: String, port: UInt16, by names: HostNames? = nil, timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) -> Dial {
        let dial = Dial(on: loop, from: nil, timeout: timeout, completion: completion)
        dial.start(host, port, names)
        return dial
    }

    /// Opens a connection to a host whose addresses are known.
    ///
    /// - Parameters:
    ///   - local: the address of our end, used for addresses of the same family.
    ///   - addresses: in the order in which they are tried; at least one.
    @discardableResult
    public static func connect(
        on loop: Loop, from local: SocketAddress? = nil, toOneOf addresses: [SocketAddress], timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) -> Dial {
        precondition(!addresses.isEmpty, "a host without an address")
        let dial = Dial(on: loop, from: local, timeout: timeout, completion: completion)
        dial.start(addresses)
        return dial
    }
}
