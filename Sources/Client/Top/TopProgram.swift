import Tree
import UV
import Wire

/// What `coppice top` has to do.
public struct TopSettings {
    /// Whom it asks; with a pause.
    public var source: StatusSource
    public var sort = TopColumn.clients
    /// Whether it prints one table and ends.
    public var isOnce = false

    public init(_ source: StatusSource) {
        self.source = source
    }
}

/// `coppice top` from its start to its end: asks a node for the status of all, again and again, and shows what each
/// node does in a second.
public final class TopProgram: LoopProgram {
    /// Answers that `--once` waits for, until it prints without the rates of nodes that have none.
    private static let answersOnce = 4

    private let loop: Loop
    private let settings: TopSettings
    private var screen = Screen()
    private var poll: StatusPoll!
    private var order: TopOrder
    private var history = TopRows()
    /// The last answer; nil while no node answers.
    private var last: (status: TreeStatus, rows: [TopRow])?
    private var answers = 0
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    private var keys: InputReader?
    private var lastTold: String?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was nothing to show.
    public static func run(_ settings: TopSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: TopSettings) {
        self.loop = loop
        self.settings = settings
        order = TopOrder(settings.sort)
    }

    func start() {
        reader = ReaderWatcher(on: loop) { [unowned self] in end(1) }
        signals = SignalWatcher.ofPeople(on: loop, interrupted: 0) { [unowned self] status in
            screen.end()
            end(status)
        }
        signals.append(
            SignalWatcher(on: loop, signal: SignalWatcher.windowChanged) { [unowned self] in
                screen.resized()
                redraw()
            })
        readKeys()
        poll = StatusPoll(on: loop, settings.source) { [unowned self] outcome in
            switch outcome {
            case .status(let status): show(status)
            case .left: told(poll.heading)
            case .failure(let failure): show(failure)
            }
        }
        poll.start()
    }

    // MARK: Keys

    private func readKeys() {
        guard !settings.isOnce, Screen.understandsEscapes, Terminal.isTerminal(0), Terminal.isInForeground(0),
            Terminal.setKeys(0, true)
        else { return }
        keys = InputReader(on: loop) { [unowned self] bytes in
            let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            for key in text { pressed(key) }
        } ended: { [unowned self] _ in
            end(0)
        }
        // A shell that stopped it has set the terminal for itself.
        signals.append(
            SignalWatcher(on: loop, signal: SignalWatcher.continued) { [unowned self] in
                guard keys != nil, Terminal.isInForeground(0) else { return }
                Terminal.setKeys(0, true)
                screen.resized()
                redraw()
            })
    }

    private func pressed(_ key: Character) {
        guard keys != nil else { return }
        if key == "q" || key == "\u{4}" {
            screen.end()
            return end(0)
        }
        if order.press(key) { redraw() }
    }

    // MARK: The answer

    private func show(_ status: TreeStatus) {
        let rows = history.rows(of: status)
        last = (status, rows)
        lastTold = nil
        answers += 1
        guard settings.isOnce else { return redraw() }
        // A rate takes two answers, and a node counts once a second.
        let isKnown = rows.allSatisfy { $0.rates != nil || $0.node.work == nil }
        guard answers > 1, isKnown || answers >= Self.answersOnce else { return }
        end(StandardOutput.write(picture(status, rows)) ? 0 : 1)
    }

    private func show(_ failure: StatusFailure) {
        if settings.isOnce {
            StandardError.write("Error: \(Printable.text(failure.description))\n")
            return end(1)
        }
        let count = poll.asked.count
        let text = count == 1 ? failure.description : "none of \(count) known nodes answers; trying again. \(failure)"
        last = nil
        if isDrawing {
            if !screen.show(Screen.wrapped(Printable.text(text), width: Screen.width)) { end(1) }
        } else {
            told(count == 1 ? text : "none of \(count) known nodes answers; trying again")
        }
    }

    /// Says something to somebody who reads pictures from a pipe, once.
    private func told(_ text: String) {
        if isDrawing { return redraw() }
        if text != lastTold { StandardError.write(Printable.text(text) + "\n") }
        lastTold = text
    }

    private var isDrawing: Bool { Terminal.isTerminal(1) }

    private func redraw() {
        guard let last else { return }
        var text = picture(last.status, last.rows)
        if isDrawing, poll.hasMoved {
            text = screen.style.yellow(Screen.wrapped(poll.heading, width: Screen.width)) + text
        }
        if !screen.show(text) { end(1) }
    }

    private func picture(_ status: TreeStatus, _ rows: [TopRow]) -> String {
        let table = TopTable(style: screen.style, width: Screen.width, order: order, hasKeys: keys != nil)
        return table.draw(status, rows, asked: Printable.text("\(poll.asked.current)"))
    }

    private func end(_ status: Int32) {
        self.status = status
        poll.close()
        if keys != nil {
            keys?.close()
            keys = nil
            Terminal.setKeys(0, false)
        }
        signals.forEach { $0.close() }
        signals = []
        reader?.close()
    }
}
