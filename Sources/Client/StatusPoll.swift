import CoppiceClient
import Tree
import UV
import Wire

/// Which node is asked about its tree, and how.
public struct StatusSource {
    /// The node that is asked first. Others that it tells of have to take the same secret.
    public var node: NodeAccess
    /// The pause between two questions; `nil` for a single one.
    public var pause: Duration?
    /// The time for connecting and for the answer together.
    public var patience = ClientLimits.treePatience
    /// As `patience`, while asking again and again with other nodes to ask. It is longer than a node waits for its
    /// branches.
    public var patienceWithOthers = ClientLimits.treePatienceWithOthers

    public init(_ node: NodeAccess) {
        self.node = node
    }
}

/// Asks a node about its tree: once, or again and again. Then the next node that it told of is asked when it dies.
final class StatusPoll {
    enum Outcome {
        case status(TreeStatus)
        /// The asked node gives no answer: another one is asked, which `asked` names.
        case left
        /// Nobody answers. With a pause all are asked again.
        case failure(StatusFailure)
    }

    private let loop: Loop
    private let source: StatusSource
    private let told: (Outcome) -> Void
    private(set) var asked: AskedNodes
    private var connection: LineConnection?
    private var timer: Timer?
    private var isWaiting = false

    /// - Parameter told: called from the loop. It may close the poll.
    init(on loop: Loop, _ source: StatusSource, told: @escaping (Outcome) -> Void) {
        self.loop = loop
        self.source = source
        self.told = told
        asked = AskedNodes(source.node.address)
    }

    func start() {
        timer = Timer(on: loop) { [unowned self] in
            if isWaiting { return ask() }
            settle(.failure(ConnectionFailure("no answer within \(patience.wholeMilliseconds) ms")))
        }
        ask()
    }

    /// Asks nobody any more. Idempotent.
    func close() {
        connection?.close()
        connection = nil
        timer?.close()
        timer = nil
    }

    /// Whether another node than the given one is asked.
    var hasMoved: Bool { asked.current != source.node.address }

    /// Says which node is asked now, and why.
    var heading: String {
        guard let left = asked.left else { return "asking \(asked.current)" }
        return Printable.text("asking \(asked.current), since \(left.address) gives no answer: \(left.reason)")
    }

    /// If other nodes can be asked, a node that doesn't answer is waited for less long.
    private var patience: Duration { asked.hasOthers ? source.patienceWithOthers : source.patience }

    private func ask() {
        isWaiting = false
        timer?.start(after: patience)
        connection = LineConnection(
            on: loop, to: asked.current, connectTimeout: ClientLimits.watchConnectTimeout,
            limitBytes: ClientLimits.toolLineBytes, tls: source.node.tls
        ) { [unowned self] event in
            switch event {
            case .connected:
                let question = StatusQuestion(secret: Secret(source.node.secret), id: nil)
                connection?.send(Encoding.line(of: .status(question)))
            case .line(let line): settle(StatusAnswer(line: line))
            case .ended(let failure): settle(.failure(failure))
            }
        }
    }

    private func settle(_ answer: StatusAnswer) {
        connection?.close()
        connection = nil
        let failure: StatusFailure
        switch answer {
        case .status(let status):
            asked.answered(status)
            told(.status(status))
            return wait()
        case .refused(let info): failure = .refused(info: info)
        case .other(let info): failure = .noStatus(asked.current, info: info)
        case .failure(let reason): failure = .unreachable(asked.current, reason)
        }
        // Whoever asks again and again wants to see the node come back.
        if source.pause != nil, asked.failed(answer.reason) {
            told(.left)
            if timer != nil { ask() }
            return
        }
        told(.failure(failure))
        wait()
    }

    private func wait() {
        guard let timer else { return }
        guard let pause = source.pause else { return close() }
        isWaiting = true
        timer.start(after: pause)
    }
}
