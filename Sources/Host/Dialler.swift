import TLS
import Tree
import UV

/// Makes the connections that the node asks for, and abandons those that it no longer wants.
final class Dialler {
    private enum Stage {
        /// The key is being derived.
        case preparing
        case connecting(Dial)
        /// It is tried whether the other side encrypts.
        case trying(LinkTrial)
        case standing(ConnectionID)
    }

    /// A connection that stands.
    struct Made {
        let stream: Stream
        /// What the stream is to be encrypted by; nil if it is encrypted already, or stays in clear.
        let context: TLSContext?
    }

    private let loop: Loop
    /// Called with the connection of an attempt, or with the reason of its failure.
    private let completion: (AttemptID, Result<Made, Failure>) -> Void
    private let keys: LinkKeys?
    private let target: Target
    private let takesPlain: Bool
    private var stages: [AttemptID: Stage] = [:]
    /// The attempts of the connections that stand.
    private var attempts: [ConnectionID: AttemptID] = [:]
    private let names: HostNames
    /// Where somebody speaks in clear, and until when that is believed, in nanoseconds of the monotonic clock.
    private var plain: [Address: UInt64] = [:]

    /// What it connects to.
    enum Target {
        /// For links, which need a certificate if this node has one for them.
        case nodes
        case clocks
    }

    /// - Parameters:
    ///   - keys: encrypts connections that have to prove a secret; nil for connections in clear.
    ///   - takesPlain: whether a server that doesn't encrypt is spoken to in clear.
    init(
        on loop: Loop, to target: Target, keys: LinkKeys? = nil, takesPlain: Bool = false,
        completion: @escaping (AttemptID, Result<Made, Failure>) -> Void
    ) {
        self.loop = loop
        self.target = target
        self.keys = keys
        self.takesPlain = takesPlain
        self.completion = completion
        names = HostNames(on: loop)
    }

    /// - Parameter secret: what both sides have to prove that they know; nil for a connection in clear.
    func dial(_ attempt: AttemptID, _ address: Address, proving secret: Secret?, timeout: Duration) {
        guard let secret, let keys else { return connect(attempt, address, nil, timeout: timeout) }
        stages[attempt] = .preparing
        let prepared = { [weak self] (context: TLSContext?) in
            guard let self, case .preparing? = stages[attempt] else { return }
            guard let context else { return fail(attempt, .unreachable) }
            connect(attempt, address, isPlain(address) ? nil : context, timeout: timeout)
        }
        switch target {
        case .nodes: keys.prepareLink(secret, prepared)
        case .clocks: keys.prepare(secret, prepared)
        }
    }

    private func connect(_ attempt: AttemptID, _ address: Address, _ context: TLSContext?, timeout: Duration) {
        stages[attempt] = .connecting(
            Stream.connect(on: loop, toHost: address.host, port: address.port, by: names, timeout: timeout) {
                [unowned self] result in
                guard stages[attempt] != nil else { return }
                switch result {
                case .success(let stream):
                    if takesPlain, let context {
                        tryEncrypting(stream, attempt, address, context, timeout: timeout)
                    } else {
                        completion(attempt, .success(Made(stream: stream, context: context)))
                    }
                case .failure(let error): fail(attempt, Self.failure(error))
                }
            })
    }

    private func fail(_ attempt: AttemptID, _ why: ConnectFailure) {
        stages[attempt] = nil
        completion(attempt, .failure(Failure(why: why)))
    }

    // MARK: Servers that may not encrypt

    private func tryEncrypting(
        _ stream: Stream, _ attempt: AttemptID, _ address: Address, _ context: TLSContext, timeout: Duration
    ) {
        let trial = LinkTrial(stream) { [unowned self] outcome in
            switch outcome {
            case .encrypted: completion(attempt, .success(Made(stream: stream, context: nil)))
            case .refused: fail(attempt, .unproved)
            case .inClear:
                notePlain(address)
                connect(attempt, address, nil, timeout: timeout)
            }
        }
        stages[attempt] = .trying(trial)
        trial.begin(on: loop, context)
    }

    private func isPlain(_ address: Address) -> Bool {
        guard let until = plain[address] else { return false }
        return until > Loop.monotonicNanoseconds
    }

    private func notePlain(_ address: Address) {
        if plain.count >= Settings.plainAddresses { plain.removeAll() }
        plain[address] = Loop.monotonicNanoseconds + Settings.plainMemoryNanoseconds
    }

    // MARK: Failures

    struct Failure: Error {
        let why: ConnectFailure
    }

    private static func failure(_ error: UVError) -> ConnectFailure {
        switch error {
        case .connectionRefused, .connectionReset: .refused
        case .timedOut: .timedOut
        default: error.isLookUpFailure ? .noSuchHost : .unreachable
        }
    }

    // MARK: Ends

    func stands(_ attempt: AttemptID, as connection: ConnectionID) {
        stages[attempt] = .standing(connection)
        attempts[connection] = attempt
    }

    /// A connection is closed, whether or not this node made it.
    func ended(_ connection: ConnectionID) {
        if let attempt = attempts.removeValue(forKey: connection) { stages[attempt] = nil }
    }

    /// Abandons an attempt. Returns its connection if that stands already.
    func abandon(_ attempt: AttemptID) -> ConnectionID? {
        switch stages.removeValue(forKey: attempt) {
        case .connecting(let dial)?: dial.cancel()
        case .trying(let trial)?: trial.close()
        case .standing(let connection)?:
            attempts[connection] = nil
            return connection
        case .preparing?, nil: break
        }
        return nil
    }

    func close() {
        for attempt in Array(stages.keys) { _ = abandon(attempt) }
        names.close()
    }
}
