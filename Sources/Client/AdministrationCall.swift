import CoppiceClient
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
    private let node: NodeAccess
    /// For connecting, and then for each answer.
    private let patience = ClientLimits.accountPatience
    private var connection: LineConnection?
    private var timer: Timer?
    private var happened: ((Event) -> Void)?

    init(on loop: Loop, _ node: NodeAccess) {
        self.loop = loop
        self.node = node
    }

    func start(_ happened: @escaping (Event) -> Void) {
        self.happened = happened
        timer = Timer(on: loop) { [unowned self] in
            fail("no answer came within \(patience.wholeMilliseconds) ms; \(node.flags.advice)")
        }
        timer?.start(after: patience)
        connection = LineConnection(
            on: loop, to: node.address, connectTimeout: ClientLimits.toolConnectTimeout,
            limitBytes: ClientLimits.toolLineBytes, tls: node.tls
        ) { [unowned self] event in
            switch event {
            case .connected: self.happened?(.connected)
            case .line(let line): answered(line)
            case .ended(let failure):
                connection = nil
                let what =
                    failure.kind == .unproved
                    ? "who answers at \(node.address) was not shown the secret"
                    : "cannot reach a node at \(node.address)"
                fail("\(what): \(failure.words); \(failure.advice(node.flags))")
            }
        }
    }

    func ask(_ action: AccountRequest.Action) {
        timer?.start(after: patience)
        let request = AccountRequest(secret: Secret(node.secret), action: action)
        connection?.send(Encoding.line(of: .administer(request)))
    }

    private func answered(_ line: [UInt8]) {
        let message = ServerMessage(line: line)
        switch message {
        case .administered(let answer): happened?(.answer(answer))
        case .malformed(.administered, _): fail(Self.notUnderstood)
        case .authenticationFail: fail("the node refused: \(message.words); check \(SecretKind.tool.places)")
        case .noMessage: fail("\(node.address) doesn't speak the protocol; \(node.flags.advice)")
        default: fail("\(node.address) can't be asked: \(message.words); \(node.flags.advice)")
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
