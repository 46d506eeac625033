import UV

/// A poll whose answers are shown to somebody who watches: what `coppice tree` and `coppice top` have in common.
///
/// On a terminal pictures and failures are drawn in one place. Elsewhere pictures follow one another on standard
/// output, and what is said of nodes that don't answer goes to standard error, once.
final class StatusView {
    private let loop: Loop
    private let source: StatusSource
    private var poll: StatusPoll!
    private var screen = Screen()
    /// Whether pictures and failures are drawn, and not printed.
    private let isDrawing: Bool
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    /// What was said last on standard error, so that a node that is away is reported once and not each time.
    private var lastTold: String?

    /// - Parameter draws: whether a terminal gets pictures.
    init(on loop: Loop, _ source: StatusSource, draws: Bool) {
        self.loop = loop
        self.source = source
        isDrawing = draws && Terminal.isTerminal(1)
    }

    var style: Style { screen.style }
    /// The node that is asked now.
    var asked: String { Printable.text("\(poll.asked.current)") }

    /// Begins to ask.
    func start(_ outcome: @escaping (StatusPoll.Outcome) -> Void) {
        poll = StatusPoll(on: loop, source) { [unowned self] told in
            if case .status = told { lastTold = nil }
            outcome(told)
        }
        poll.start()
    }

    /// For a program that goes on until somebody ends it.
    ///
    /// - Parameters:
    ///   - redraw: called when the terminal has another size.
    ///   - end: called with the exit status.
    func watch(redraw: @escaping () -> Void, end: @escaping (Int32) -> Void) {
        reader = ReaderWatcher(on: loop) { end(LostOutput.status) }
        signals = SignalWatcher.ofPeople(on: loop, interrupted: 0) { [unowned self] status in
            screen.end()
            end(status)
        }
        signals.append(
            SignalWatcher(on: loop, signal: SignalWatcher.windowChanged) { [unowned self] in
                screen.resized()
                redraw()
            })
    }

    /// Forgets what the terminal shows: it was somebody else's meanwhile, or is to be drawn anew.
    func resized() { screen.resized() }

    /// Removes from the terminal what a key has left that ends the program.
    func leaveTerminal() { screen.end() }

    func close() {
        poll?.close()
        signals.forEach { $0.close() }
        signals = []
        reader?.close()
    }

    // MARK: Showing

    /// If another node than the given one is asked now, a line above the picture says so.
    ///
    /// - Returns: whether the picture could be written.
    func show(_ picture: String) -> Bool {
        guard isDrawing, poll.hasMoved else { return screen.show(picture) }
        return screen.show(screen.style.yellow(Screen.wrapped(poll.heading, width: Screen.width)) + picture)
    }

    /// The asked node gives no answer, and the next one is asked.
    ///
    /// - Parameter last: the last picture; nil for none.
    func left(_ last: String?) -> Bool {
        guard isDrawing else {
            if lastTold == nil { StandardError.write(poll.heading + "\n") }
            return true
        }
        return last.map(show) ?? true
    }

    /// Nobody answers.
    func show(_ failure: StatusFailure) -> Bool {
        let count = poll.asked.count
        let text = count == 1 ? failure.description : "none of \(count) known nodes answers; trying again. \(failure)"
        let lines = Screen.wrapped(Printable.text(text), width: Screen.width)
        if isDrawing { return screen.show(lines) }
        // Of several nodes each fails in turn. All these failures are reported as one.
        let told = count == 1 ? text : "\(count)"
        if told != lastTold { StandardError.write(lines) }
        lastTold = told
        return true
    }
}
