import CoppiceClient
import JSON
import Tree
import UV
import Wire

/// What `coppice tree` has to do.
public struct TreeSettings {
    /// Whom it asks, and how often.
    public var source: StatusSource
    public var printsJSON = false

    public init(_ source: StatusSource) {
        self.source = source
    }
}

/// `coppice tree` from its start to its end: asks, prints, and asks again if it watches.
public final class TreeProgram: LoopProgram {
    private let loop: Loop
    private let settings: TreeSettings
    private var screen = Screen()
    private var poll: StatusPoll!
    /// The last status that a node gave; nil while no node answers.
    private var last: TreeStatus?
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    /// The last failure that was reported to a pipe, so that a node that is away is reported once and not each time.
    private var lastTold: String?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was no answer or the asked node isn't in the tree that it should
    ///   have joined.
    public static func run(_ settings: TreeSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: TreeSettings) {
        self.loop = loop
        self.settings = settings
    }

    func start() {
        if isWatching {
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
        poll = StatusPoll(on: loop, settings.source) { [unowned self] outcome in
            switch outcome {
            case .status(let status): show(status)
            case .left:
                if isDrawing { redraw() } else if lastTold == nil { StandardError.write(poll.heading + "\n") }
            case .failure(let failure): show(failure)
            }
        }
        poll.start()
    }

    private var isWatching: Bool { settings.source.pause != nil }

    // MARK: The answer

    private func show(_ failure: StatusFailure) {
        guard isWatching else {
            StandardError.write("Error: \(Printable.text(failure.description))\n")
            return end(1)
        }
        last = nil
        let count = poll.asked.count
        let text =
            count == 1 ? failure.description : "none of \(count) known nodes answers; trying again. \(failure)"
        let lines = Screen.wrapped(Printable.text(text), width: Screen.width)
        if isDrawing {
            guard screen.show(lines) else { return end(1) }
        } else {
            // Of several nodes each fails in turn. All these failures are reported as one.
            let told = count == 1 ? text : "\(count)"
            if told != lastTold { StandardError.write(lines) }
            lastTold = told
        }
    }

    private func show(_ status: TreeStatus) {
        last = status
        let isWritten: Bool
        if settings.printsJSON {
            isWritten = StandardOutput.write(status.json.encoded + [UInt8(ascii: "\n")])
        } else {
            isWritten = isWatching ? redraw() : StandardOutput.write(picture(of: status))
        }
        guard isWritten else { return end(1) }
        lastTold = nil
        if isWatching { return }
        guard let trouble = status.asked.trouble else { return end(0) }
        StandardError.write("Error: \(Printable.text("\(poll.asked.current) is not joined: \(trouble)"))\n")
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
        guard isDrawing, poll.hasMoved else { return screen.show(picture(of: last)) }
        let lines = Screen.wrapped(poll.heading, width: Screen.width)
        return screen.show(screen.style.yellow(lines) + picture(of: last))
    }

    private func end(_ status: Int32) {
        self.status = status
        poll.close()
        signals.forEach { $0.close() }
        signals = []
        reader?.close()
    }
}
