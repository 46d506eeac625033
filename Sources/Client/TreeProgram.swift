import JSON
import Tree
import UV

/// How `coppice tree` is run.
public struct TreeSettings {
    public var server = Address(host: "localhost", port: 3780)
    /// What the asked node wants to be shown.
    public var secret: String
    public var printsJSON = false
    /// The pause between two pictures; `nil` for a single one.
    public var watch: Duration?
    /// For connecting and for the answer together.
    public var patience: Duration = .seconds(5)

    public init(secret: String) {
        self.secret = secret
    }
}

/// `coppice tree` from its start to its end: asks, prints, and asks again when it watches.
public final class TreeProgram {
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
    private let style: Style
    private var connection: LineConnection?
    private var timer: Timer?
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    private var isWaiting = false
    private var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was no answer.
    public static func run(_ settings: TreeSettings) -> Int32 {
        let loop: Loop
        do { loop = try Loop() } catch {
            StandardError.write("Error: no event loop: \(error)\n")
            return 1
        }
        let program = TreeProgram(on: loop, settings)
        program.start()
        loop.run()
        loop.close()
        return program.status
    }

    private init(on loop: Loop, _ settings: TreeSettings) {
        self.loop = loop
        self.settings = settings
        style = .forTerminal(1)
    }

    private func start() {
        timer = Timer(on: loop) { [unowned self] in
            if isWaiting { return ask() }
            settle(.failure("no answer within \(settings.patience.wholeMilliseconds) ms"))
        }
        if settings.watch != nil {
            reader = ReaderWatcher(on: loop) { [unowned self] in end(1) }
            signals = [SignalWatcher.interrupt, SignalWatcher.terminate].map { signal in
                SignalWatcher(on: loop, signal: signal) { [unowned self] in end(0) }
            }
        }
        ask()
    }

    private func ask() {
        isWaiting = false
        timer?.start(after: settings.patience)
        connection = LineConnection(
            on: loop, to: settings.server, connectTimeout: .seconds(1), limitBytes: 64 << 20
        ) { [unowned self] event in
            switch event {
            case .connected:
                let question: JSONValue = ["command": "STATUS", "secret": .string(settings.secret)]
                connection?.send(question.encoded + [UInt8(ascii: "\n")])
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
            guard let object = try? JSONObject(parsing: line), let command = object.string("command") else {
                self = .other(info: "it doesn't speak the protocol")
                return
            }
            let info = object.string("info") ?? command
            switch command {
            case "STATUS": self = TreeStatus(object).map { .status($0) } ?? .other(info: "its answer is not understood")
            case "AUTHENTICATION_FAIL": self = .refused(info: info)
            default: self = .other(info: info)
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
        case .other(let info): failure = .noStatus(settings.server, info: info)
        case .failure(let reason): failure = .unreachable(settings.server, reason: reason)
        }
        let text = Printable.text(failure.description)
        guard let pause = settings.watch else {
            StandardError.write("Error: \(text)\n")
            return end(1)
        }
        // Watching goes on: to see it come back is what one watches for.
        if settings.printsJSON || !Terminal.isTerminal(1) {
            StandardError.write("\(text)\n")
        } else {
            redraw(text + "\n")
        }
        wait(pause)
    }

    private func show(_ status: TreeStatus) {
        let isWritten: Bool
        if settings.printsJSON {
            isWritten = StandardOutput.write(status.json.encoded + [UInt8(ascii: "\n")])
        } else {
            let picture = TreePicture.draw(status, style)
            isWritten = settings.watch == nil ? StandardOutput.write(picture) : redraw(picture)
        }
        guard isWritten else { return end(1) }
        if let pause = settings.watch { wait(pause) } else { end(0) }
    }

    @discardableResult
    private func redraw(_ text: String) -> Bool {
        // On a terminal in the place of the last one, in a pipe below it.
        StandardOutput.write(Terminal.isTerminal(1) ? "\u{1b}[H\u{1b}[2J" + text : text + "\n")
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
