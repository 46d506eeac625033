import JSON
import Tree
import UV
import Wire

/// How `coppice tree` is run.
public struct TreeSettings {
    public var server = Address(host: "localhost", port: 3780)
    /// What the asked node wants to be shown.
    public var secret: String
    public var printsJSON = false
    /// The pause between two pictures; `nil` for a single one.
    public var watch: Duration?
    /// For connecting and for the answer together.
    public var patience = ClientLimits.treePatience
    /// The same while watching, as long as there are others to ask: longer than a node waits for its branches.
    public var patienceWithOthers = ClientLimits.treePatienceWithOthers

    public init(secret: String) {
        self.secret = secret
    }
}

/// `coppice tree` from its start to its end: asks, prints, and asks again when it watches.
public final class TreeProgram: LoopProgram {
    /// Why there is no picture, as a sentence that names the flag to look at.
    enum Failure: Equatable, CustomStringConvertible {
        case unreachable(Address, reason: String)
        case refused(info: String)
        case noStatus(Address, info: String)

        var description: String {
            switch self {
            case .unreachable(let address, let reason):
                "cannot reach a node at \(address): \(reason); check -rh/--host and -rp/--port"
            case .refused(let info): "the node refused: \(info); check -s/--secret"
            case .noStatus(let address, let info):
                "\(address) does not tell about a tree: \(info); check -rh/--host and -rp/--port"
            }
        }
    }

    private let loop: Loop
    private let settings: TreeSettings
    private var screen = Screen()
    private var asked: AskedNodes
    /// What was told last, as long as somebody tells.
    private var last: TreeStatus?
    private var connection: LineConnection?
    private var timer: Timer?
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    private var isWaiting = false
    /// Of a pipe: a node that is away is told once, and not each time.
    private var lastTold: String?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was no answer or the asked node isn't in the tree that it was to
    ///   join.
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

    /// Where others can be asked a node that is stopped isn't waited for so long.
    private var patience: Duration { asked.hasOthers ? settings.patienceWithOthers : settings.patience }

    private func ask() {
        isWaiting = false
        timer?.start(after: patience)
        connection = LineConnection(
            on: loop, to: asked.current, connectTimeout: ClientLimits.watchConnectTimeout,
            limitBytes: ClientLimits.toolLineBytes
        ) { [unowned self] event in
            switch event {
            case .connected:
                let question = StatusQuestion(secret: Secret(settings.secret), id: nil)
                connection?.send(Encoding.line(of: .status(question)))
            case .line(let line): settle(Answer(line: line))
            case .ended(let reason): settle(.failure(reason))
            }
        }
    }

    // MARK: The answer

    enum Answer: Equatable {
        case status(TreeStatus)
        case refused(info: String)
        case other(info: String)
        case failure(String)

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

        /// Why it is none.
        var reason: String {
            switch self {
            case .status: ""
            case .refused(let info): "it refused: \(info)"
            case .other(let info): info
            case .failure(let reason): reason
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
        }
        guard let pause = settings.watch else {
            StandardError.write("Error: \(Printable.text(failure.description))\n")
            return end(1)
        }
        // Watching goes on: to see it come back is what one watches for.
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
            // Of several nodes each fails in turn: it is the same that is told.
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

    /// Whether what there is to say is said in a picture's place.
    private var isDrawing: Bool { !settings.printsJSON && Terminal.isTerminal(1) }

    /// The last picture, under the name of who is asked now if that is another one than was given.
    @discardableResult
    private func redraw() -> Bool {
        guard let last else { return true }
        guard isDrawing, asked.current != settings.server else { return screen.show(picture(of: last)) }
        let lines = Screen.wrapped(heading, width: Screen.width)
        return screen.show(screen.style.yellow(lines) + picture(of: last))
    }

    /// Whom it asks now, and why.
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
