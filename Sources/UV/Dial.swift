/// A connection that is being made to a host, by all of its addresses. It ends once: with a stream, with an error, or
/// because it was cancelled.
///
/// As RFC 8305 has it: IPv6 and IPv4 by turns; the next address is tried at once when one is refused, and beside it
/// when it hangs. The first that stands wins, and the others are given up.
///
/// ```
///   ::1        refused
///   10.0.0.1     hangs ──── 250 ms ────────────────────────────┐ given up
///   10.0.0.2                       connects ──▶ the stream ────┘
/// ```
/// It needs no holding; it lives until it has ended.
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
    /// What was known of the name may be out of date.
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
        late = { [self] in settle(.failure(.timedOut)) }
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
        goOn(with: addresses)
        tryNext()
    }

    private func lookUp(_ host: String, _ port: UInt16) {
        let found = { [self] (result: Result<[SocketAddress], UVError>) in
            resolver = nil
            waiter = nil
            switch result {
            case .success(let addresses):
                // The time that the look-up took is not the host's.
                deadline.start(after: timeout)
                goOn(with: addresses.map { $0.with(port: port) }.filter { !tried.contains($0) })
                tryNext()
            case .failure(let error): settle(.failure(error))
            }
        }
        if let names {
            waiter = names.lookUp(host, completion: found)
        } else {
            resolver = Resolver.resolve(host: host, port: port, on: loop, completion: found)
        }
    }

    private func goOn(with addresses: [SocketAddress]) {
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
                settle(.success(stream))
            case .failure(let reason):
                // A host that says no tells more than a network that isn't there.
                if error == nil || error == .networkUnreachable || error == .addressNotAvailable { error = reason }
                tryNext()
            }
        }
        attempts.append((number, attempt))
        if waiting.isEmpty { stagger.stop() } else { stagger.start(after: pause) }
    }

    private func allFailed() {
        if isByMemory, let host, let port = tried.first?.port {
            // The host may have moved: what the name stands for now is tried too, before anybody is told.
            isByMemory = false
            names?.forget(host)
            return lookUp(host, port)
        }
        settle(.failure(error ?? .unknownHost))
    }

    private func settle(_ result: Result<Stream, UVError>) {
        guard let completion else { return }
        if case .failure = result, let host, isByMemory { names?.forget(host) }
        end()
        completion(result)
    }

    /// Gives it up; the completion isn't called any more. Idempotent.
    public func cancel() {
        guard completion != nil else { return }
        // Whoever has less patience than this has waited for addresses that may be out of date.
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
    ///   - host: a name, or an address in digits.
    ///   - names: what is known of names, and learns from this; without one the name is looked up for this alone.
    ///   - timeout: for all addresses together; the look-up doesn't count.
    ///   - completion: called once from the loop, never before this returns, and not after `cancel()`. The stream isn't
    ///     reading yet. The error is that of the address that told most.
    @discardableResult
    public static func connect(
        on loop: Loop, toHost host: String, port: UInt16, by names: HostNames? = nil, timeout: Duration,
        completion: @escaping (Result<Stream, UVError>) -> Void
    ) -> Dial {
        let dial = Dial(on: loop, from: nil, timeout: timeout, completion: completion)
        dial.start(host, port, names)
        return dial
    }

    /// The same to a host whose addresses are known.
    ///
    /// - Parameters:
    ///   - local: our own end, for addresses of its family.
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
