import JSON
import TLS
import Tree
import UV
import Wire

/// What `coppice tree` has to do.
public struct TreeSettings {
    public var server = Address(host: "localhost", port: 3780)
    /// The asked node's secret.
    public var secret: String
    public var printsJSON = false
    /// What the asked node has to prove before it is shown the secret; nil for connections in clear.
    public var tls: TLSContext?
    /// The pause between two pictures; `nil` for a single one.
    public var watch: Duration?
    /// The time for connecting and for the answer together.
    public var patience = ClientLimits.treePatience
    /// As `patience`, while watching with other nodes to ask. It is longer than a node waits for its branches.
    public var patienceWithOthers = ClientLimits.treePatienceWithOthers

    public init(secret: String) {
        self.secret = secret
    }
}

/// `coppice tree` from its start to its end: asks, prints, and asks again if it watches.
public final class TreeProgram: LoopProgram {
    /// Why there is no picture, as a sentence that names the flag to check.
    enum Failure: Equatable, CustomStringConvertible {
        case unreachable(Address, reason: String)
        case refused(info: String)
        case unproved(Address, reason: String)
        case noStatus(Address, info: String)

        var description: String {
            switch self {
            case .unreachable(let address, let reason):
                "cannot reach a node at \(address): \(reason); check -rh/--host and -rp/--port"
            case .refused(let info): "the node refused: \(info); check -s/--secret"
            case .unproved(let address, let reason):
                "who answers at \(address) was not shown the secret: \(reason); check -s/--secret, -rh/--host and "
                    + "-rp/--port"
            case .noStatus(let address, let info):
                "\(address) does not tell about a tree: \(info); check -rh/--host and -rp/--port"
            }
        }
    }

    private let loop: Loop
    private let settings: TreeSettings
    private var screen = Screen()
    private var asked: AskedNodes
    /// The last status that a node gave; nil while no node answers.
    private var last: TreeStatus?
    private var connection: LineConnection?
    private var timer: Timer?
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    private var isWaiting = false
    /// The last failure that was reported to a pipe, so that a node that is away is reported once and not each time.
    private var lastTold: String?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was no answer or the asked node isn't in the tree that it should
    ///   have joined.
    public static func run(_ settings: TreeSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: TreeSettings) {
        self.loop = loop
        self.settings = settings
        asked = AskedNodes(settings.server)
    }

    func start() {
        timer = Timer(on: loop) { [unowned self] in
            if isWaiting { return ask() }
            settle(.failure("no answer within \(patience.wholeMilliseconds) ms"))
        }
        if settings.watch != nil {
            reader = ReaderWatcher(on: loop) { [unowned self] in end(1) }
            signals = SignalWatcher.ofPeople(on: loop, interrupted: 0) { [unowned self] status in
                screen.end()
                end(status)
            }
            signals.append(
                SignalWatcher(on: loop, signal: SignalWatcher.windowChanged) { [unowned self] in
                    screen.resized()
                    if last != nil { redraw() }
                })
        }
        ask()
    }

    /// If other nodes can be asked, a node that doesn't answer is waited for less long.
    private var patience: Duration { asked.hasOthers ? settings.patienceWithOthers : settings.patience }

    private func ask() {
        isWaiting = false
        timer?.start(after: patience)
        connection = LineConnection(
            on: loop, to: asked.current, connectTimeout: ClientLimits.watchConnectTimeout,
            limitBytes: ClientLimits.toolLineBytes, tls: settings.tls
        ) { [unowned self] event in
            switch event {
            case .connected:
                let question = StatusQuestion(secret: Secret(settings.secret), id: nil)
                connection?.send(Encoding.line(of: .status(question)))
            case .line(let line): settle(Answer(line: line))
            case .ended(let reason): settle(.failure(reason))
            case .unproved(let reason): settle(.unproved(reason))
            }
        }
    }

    // MARK: The answer

    enum Answer: Equatable {
        case status(TreeStatus)
        case refused(info: String)
        case other(info: String)
        case failure(String)
        /// Whoever answers hasn't proved that it knows the secret, and wasn't shown it.
        case unproved(String)

        init(line: [UInt8]) {
            let message = ServerMessage(line: line)
            self =
                switch message {
                case .status(let status): .status(status)
                case .malformed(.status, _): .other(info: "its answer is not understood")
                case .authenticationFail: .refused(info: message.words)
                default: .other(info: message.words)
                }
        }

        /// Why the answer has no status.
        var reason: String {
            switch self {
            case .status: ""
            case .refused(let info): "it refused: \(info)"
            case .other(let info): info
            case .failure(let reason), .unproved(let reason): reason
            }
        }
    }

    private func settle(_ answer: Answer) {
        connection?.close()
        connection = nil
        let failure: Failure
        switch answer {
        case .status(let status): return show(status)
        case .refused(let info): failure = .refused(info: info)
        case .other(let info): failure = .noStatus(asked.current, info: info)
        case .failure(let reason): failure = .unreachable(asked.current, reason: reason)
        case .unproved(let reason): failure = .unproved(asked.current, reason: reason)
        }
        guard let pause = settings.watch else {
            StandardError.write("Error: \(Printable.text(failure.description))\n")
            return end(1)
        }
        // Watching continues: the user wants to see the node come back.
        if asked.failed(answer.reason) {
            if isDrawing {
                redraw()
            } else if lastTold == nil {
                StandardError.write(heading + "\n")
            }
            return ask()
        }
        last = nil
        let isAlone = asked.count == 1
        let text =
            isAlone ? failure.description : "none of \(asked.count) known nodes answers; trying again. \(failure)"
        let lines = Screen.wrapped(Printable.text(text), width: Screen.width)
        if isDrawing {
            guard screen.show(lines) else { return end(1) }
        } else {
            // Of several nodes each fails in turn. All these failures are reported as one.
            let told = isAlone ? text : "\(asked.count)"
            if told != lastTold { StandardError.write(lines) }
            lastTold = told
        }
        wait(pause)
    }

    private func show(_ status: TreeStatus) {
        asked.answered(status)
        last = status
        let isWritten: Bool
        if settings.printsJSON {
            isWritten = StandardOutput.write(status.json.encoded + [UInt8(ascii: "\n")])
        } else {
            isWritten = settings.watch == nil ? StandardOutput.write(picture(of: status)) : redraw()
        }
        guard isWritten else { return end(1) }
        lastTold = nil
        if let pause = settings.watch { return wait(pause) }
        guard let trouble = status.asked.trouble else { return end(0) }
        StandardError.write("Error: \(Printable.text("\(asked.current) is not joined: \(trouble)"))\n")
        end(1)
    }

    private func picture(of status: TreeStatus) -> String {
        TreePicture.draw(status, screen.style, width: Screen.width)
    }

    /// Whether failures are shown in the place of the picture.
    private var isDrawing: Bool { !settings.printsJSON && Terminal.isTerminal(1) }

    /// Draws the last picture again. If another node than the given one is asked now, a line above says so.
    @discardableResult
    private func redraw() -> Bool {
        guard let last else { return true }
        guard isDrawing, asked.current != settings.server else { return screen.show(picture(of: last)) }
        let lines = Screen.wrapped(heading, width: Screen.width)
        return screen.show(screen.style.yellow(lines) + picture(of: last))
    }

    /// Says which node is asked now, and why.
    private var heading: String {
        guard let left = asked.left else { return "asking \(asked.current)" }
        return Printable.text("asking \(asked.current), since \(left.address) gives no answer: \(left.reason)")
    }

    private func wait(_ pause: Duration) {
        isWaiting = true
        timer?.start(after: pause)
    }

    private func end(_ status: Int32) {
        self.status = status
        connection?.close()
        connection = nil
        timer?.close()
        timer = nil
        signals.forEach { $0.close() }
        signals = []
        reader?.close()
    }
}
