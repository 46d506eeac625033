import Tree
import UV

/// Makes the connections that the node asks for, and abandons those that it no longer wants.
final class Dialler {
    private enum Stage {
        case connecting(Dial)
        case standing(ConnectionID)
    }

    private let loop: Loop
    /// Called with the stream of an attempt, or with the reason of its failure.
    private let completion: (AttemptID, Result<Stream, Failure>) -> Void
    private var stages: [AttemptID: Stage] = [:]
    /// The attempts of the connections that stand.
    private var attempts: [ConnectionID: AttemptID] = [:]
    private let names: HostNames

    init(on loop: Loop, completion: @escaping (AttemptID, Result<Stream, Failure>) -> Void) {
        self.loop = loop
        self.completion = completion
        names = HostNames(on: loop)
    }

    func dial(_ attempt: AttemptID, _ address: Address, timeout: Duration) {
        stages[attempt] = .connecting(
            Stream.connect(on: loop, toHost: address.host, port: address.port, by: names, timeout: timeout) {
                [unowned self] result in
                guard stages[attempt] != nil else { return }
                switch result {
                case .success(let stream): completion(attempt, .success(stream))
                case .failure(let error):
                    stages[attempt] = nil
                    completion(attempt, .failure(Failure(why: Self.failure(error))))
                }
            })
    }

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
        case .standing(let connection)?:
            attempts[connection] = nil
            return connection
        case nil: break
        }
        return nil
    }

    func close() {
        for attempt in Array(stages.keys) { _ = abandon(attempt) }
        names.close()
    }
}
