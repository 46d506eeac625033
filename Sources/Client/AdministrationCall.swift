import CoppiceClient
import TLS
import Tree
import UV
import Wire

/// A connection of an operator's tool to a running node: it asks by `ADMINISTER`, with the node's own secret, and hands
/// over the answers (docs/protocol.md#administration).
final class AdministrationCall {
    enum Event {
        /// Questions can be asked now.
        case connected
        case answer(AdministrationAnswer)
        /// A sentence for people. This is the last event.
        case failed(String)
    }

    static let notUnderstood = "its answer is not understood"

    private let loop: Loop
    private let server: Address
    private let secret: String
    private let tls: TLSContext?
    private let patience: Duration
    private var connection: LineConnection?
    private var timer: Timer?
    private var happened: ((Event) -> Void)?

    /// - Parameters:
    ///   - tls: what the node has to prove before it is shown the secret; nil for a connection in clear.
    ///   - patience: how long connecting may take, and then each answer.
    init(on loop: Loop, _ server: Address, secret: String, tls: TLSContext?, patience: Duration) {
        self.loop = loop
        self.server = server
        self.secret = secret
        self.tls = tls
        self.patience = patience
    }

    func start(_ happened: @escaping (Event) -> Void) {
        self.happened = happened
        timer = Timer(on: loop) { [unowned self] in
            fail("no answer came within \(patience.wholeMilliseconds) ms; check -rh/--host and -rp/--port")
        }
        timer?.start(after: patience)
        connection = LineConnection(
            on: loop, to: server, connectTimeout: ClientLimits.toolConnectTimeout,
            limitBytes: ClientLimits.toolLineBytes, tls: tls
        ) { [unowned self] event in
            switch event {
            case .connected: self.happened?(.connected)
            case .line(let line): answered(line)
            case .unproved(let reason):
                connection = nil
                fail(
                    "who answers at \(server) was not shown the secret: \(reason); check -s/--secret, -rh/--host and "
                        + "-rp/--port")
            case .ended(let reason):
                connection = nil
                fail("\(server): \(reason); check -rh/--host and -rp/--port")
            }
        }
    }

    func ask(_ action: AccountRequest.Action) {
        timer?.start(after: patience)
        let request = AccountRequest(secret: Secret(secret), action: action)
        connection?.send(Encoding.line(of: .administer(request)))
    }

    private func answered(_ line: [UInt8]) {
        let message = ServerMessage(line: line)
        switch message {
        case .administered(let answer): happened?(.answer(answer))
        case .malformed(.administered, _): fail(Self.notUnderstood)
        case .authenticationFail: fail("the node refused: \(message.words); check -s/--secret")
        case .noMessage: fail("\(server) doesn't speak the protocol; check -rh/--host and -rp/--port")
        default: fail("\(server) can't be asked: \(message.words); check -rh/--host and -rp/--port")
        }
    }

    private func fail(_ reason: String) {
        let tell = happened
        end()
        tell?(.failed(reason))
    }

    /// Closes the connection; idempotent. Nothing is handed over any more.
    func end() {
        happened = nil
        connection?.close()
        connection = nil
        timer?.close()
        timer = nil
    }
}
