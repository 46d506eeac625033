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
    private let view: StatusView
    private var order: TopOrder
    private var history = TopRows()
    /// The last answer; nil while no node answers.
    private var last: (status: TreeStatus, rows: [TopRow])?
    private var answers = 0
    private var keys: InputReader?
    private var continued: SignalWatcher?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was nothing to show.
    public static func run(_ settings: TopSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: TopSettings) {
        self.loop = loop
        self.settings = settings
        view = StatusView(on: loop, settings.source, draws: true)
        order = TopOrder(settings.sort)
    }

    func start() {
        view.watch { [unowned self] in
            redraw()
        } end: { [unowned self] status in
            end(status)
        }
        readKeys()
        view.start { [unowned self] outcome in
            switch outcome {
            case .status(let status): show(status)
            case .left: if !view.left(last.map { picture($0.status, $0.rows) }) { end(LostOutput.status) }
            case .failure(let failure): show(failure)
            }
        }
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
            end(Terminal.isGone(0) ? LostOutput.hungUp : 0)
        }
        // A shell that stopped it has set the terminal for itself.
        continued = SignalWatcher(on: loop, signal: SignalWatcher.continued) { [unowned self] in
            guard keys != nil, Terminal.isInForeground(0) else { return }
            Terminal.setKeys(0, true)
            view.resized()
            redraw()
        }
    }

    private func pressed(_ key: Character) {
        guard keys != nil else { return }
        if key == "q" || key == "\u{4}" {
            view.leaveTerminal()
            return end(0)
        }
        if order.press(key) { redraw() }
    }

    // MARK: The answer

    private func show(_ status: TreeStatus) {
        let rows = history.rows(of: status)
        last = (status, rows)
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
        last = nil
        if !view.show(failure) { end(LostOutput.status) }
    }

    private func redraw() {
        guard let last else { return }
        if !view.show(picture(last.status, last.rows)) { end(LostOutput.status) }
    }

    private func picture(_ status: TreeStatus, _ rows: [TopRow]) -> String {
        let table = TopTable(style: view.style, width: Screen.width, order: order, hasKeys: keys != nil)
        return table.draw(status, rows, asked: view.asked)
    }

    private func end(_ status: Int32) {
        self.status = status
        view.close()
        if keys != nil {
            keys?.close()
            keys = nil
            Terminal.setKeys(0, false)
        }
        continued?.close()
        continued = nil
    }
}
