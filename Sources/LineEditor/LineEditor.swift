import UV

/// A line at the lower end of the terminal that a person edits, while other text appears above it.
///
/// The editor owns the terminal until `close()`: keys come as they are pressed, and all output goes through `show`. It
/// handles Control-Z and the shell's `fg` itself. The program handles signals that end it, and calls `close()` first.
public final class LineEditor {
    /// What happened at the keyboard.
    public enum Event {
        /// A line was entered. A paste of several lines makes an event for each.
        case line([UInt8])
        /// Control-D was pressed on an empty line, or the terminal has gone.
        case ended
        /// Control-C was pressed, where the terminal doesn't turn it into a signal.
        case interrupted
    }

    /// How long after an Escape the rest of a key's sequence may come. A terminal sends such a sequence in one piece,
    /// also over a slow line.
    private static let escapePatience = Duration.milliseconds(100)

    /// How often the editor checks whether the shell has given the terminal back.
    private static let returnPause = Duration.milliseconds(200)

    private let loop: Loop
    private let buffer: EditBuffer
    private let limitBytes: Int
    private var happened: ((Event) -> Void)?
    private var input: InputReader?
    private var timer: Timer?
    /// Checks whether the shell has given the terminal back. The shell doesn't tell a process that is running already.
    private var returnTimer: Timer?
    private var isPaused = false
    private var signals: [SignalWatcher] = []
    private var suspension: SignalWatcher?
    private var keys: KeyReader
    private var history = LineHistory()
    private var search: HistorySearch?
    private var screen = LineScreen(columns: 80, rows: 24)
    /// Whether this process has the terminal. While the shell has it, nothing is drawn.
    private var hasTerminal = true
    /// Whether the screen is up to date.
    private var isDrawn = false

    /// The rows above the line. They are drawn by the next `show` or `refresh`.
    public var status: [Status] = [] {
        didSet { if status != oldValue { isDrawn = false } }
    }
    public var prompt = "> "

    /// A row above the line.
    public struct Status: Equatable {
        fileprivate var row: LineScreen.Status

        /// - Parameter isDim: whether the row is drawn dim, where the terminal can do that.
        public init(_ text: String, isDim: Bool) {
            row = LineScreen.Status(text, style: isDim ? "2" : "")
        }
    }

    /// Whether a person uses a terminal that can be drawn on: input and output are terminals, and the terminal isn't a
    /// dumb one.
    public static var isPossible: Bool {
        let kind = EnvironmentVariable.value("TERM") ?? ""
        return !["", "dumb"].contains(kind) && Terminal.isTerminal(0) && Terminal.isTerminal(1)
    }

    /// Takes the terminal.
    ///
    /// - Parameter limitBytes: the longest line; characters beyond it are not taken.
    /// - Returns: nil where a line can't be edited.
    public init?(on loop: Loop, limitBytes: Int = 1 << 20, happened: @escaping (Event) -> Void) {
        guard Self.isPossible, let buffer = EditBuffer() else { return nil }
        self.loop = loop
        self.buffer = buffer
        self.limitBytes = limitBytes
        self.happened = happened
        keys = KeyReader(pasteLimitBytes: limitBytes)
        returnTimer = Timer(on: loop) { [unowned self] in didContinue() }
        timer = Timer(on: loop) { [unowned self] in take(keys.stopWaiting()) }
        input = InputReader(on: loop) { [unowned self] bytes in
            take(bytes.withUnsafeBytes { keys.read($0) })
        } ended: { [unowned self] _ in
            self.happened?(.ended)
        }
        signals = [
            SignalWatcher(on: loop, signal: SignalWatcher.windowChanged) { [unowned self] in windowChanged() },
            SignalWatcher(on: loop, signal: SignalWatcher.continued) { [unowned self] in didContinue() },
        ]
        watchSuspension()
        StandardOutput.write(Self.pasteMarksOn)
    }

    private static let pasteMarksOn = "\u{1b}[?2004h"
    private static let pasteMarksOff = "\u{1b}[?2004l"

    /// Removes the line from the screen and gives the terminal back in its former state. Idempotent.
    public func close() {
        guard happened != nil else { return }
        happened = nil
        leaveTerminal()
        buffer.close()
        input?.close()
        timer?.close()
        returnTimer?.close()
        signals.forEach { $0.close() }
        suspension?.close()
        signals = []
    }

    /// Reads no keys until `resume()`.
    public func pause() {
        isPaused = true
        input?.pause()
    }

    /// Reads keys again after `pause()`.
    public func resume() {
        isPaused = false
        if hasTerminal { input?.resume() }
    }

    // MARK: Output

    /// Prints lines above the line that is typed, and draws that line again.
    ///
    /// - Returns: whether the output could be written.
    @discardableResult
    public func show(_ lines: [UInt8]) -> Bool {
        guard hasTerminal, happened != nil else { return StandardOutput.write(lines) }
        // The signal that tells of a new size may come later than this call.
        measure()
        var bytes = Array(screen.erase().utf8) + lines
        if let last = lines.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        bytes += Array(screen.draw(content).utf8)
        isDrawn = true
        return StandardOutput.write(bytes)
    }

    /// Draws what has changed. To be called at the end of each turn of the loop. So a line that was entered doesn't
    /// vanish for a moment before its owner shows what became of it.
    public func refresh() {
        if !isDrawn { show([]) }
    }

    private var content: LineScreen.Content {
        var content = LineScreen.Content(status: status.map(\.row))
        content.prompt = search?.prompt ?? Array(prompt.unicodeScalars)
        content.text = buffer.text
        content.cursor = buffer.cursor
        return content
    }

    private func measure() {
        screen.columns = Terminal.width(1) ?? 80
        screen.rows = Terminal.height(1) ?? 24
    }

    // MARK: Keys

    private func take(_ keys: [Key]) {
        for key in keys where happened != nil { take(key) }
        guard happened != nil else { return }
        if self.keys.isWaiting { timer?.start(after: Self.escapePatience) } else { timer?.stop() }
        isDrawn = false
    }

    private func take(_ key: Key) {
        if search != nil, continueSearch(key) { return }
        switch key {
        case .text(let text), .pasted(let text): insert(text)
        case .edit(let command): buffer.perform(command)
        case .enter: enter()
        case .up: if let line = history.previous(buffer.text) { buffer.replace(with: line) }
        case .down: if let line = history.next() { buffer.replace(with: line) }
        case .endOrDelete:
            if buffer.count > 0 { buffer.perform(.deleteAfter) } else { happened?(.ended) }
        case .interrupt: happened?(.interrupted)
        case .clearScreen:
            _ = screen.erase()
            StandardOutput.write("\u{1b}[H\u{1b}[2J")
        case .search: search = HistorySearch(text: buffer.text, cursor: buffer.cursor)
        case .cancel: break
        }
    }

    private func insert(_ text: [Unicode.Scalar]) {
        // A character has at most four bytes.
        let room = limitBytes - buffer.text.reduce(0) { $0 + UTF8.width($1) }
        var bytes = 0
        buffer.insert(
            text.prefix { scalar in
                bytes += UTF8.width(scalar)
                return bytes <= room
            })
    }

    private func enter() {
        let text = buffer.text
        buffer.replace(with: [])
        history.add(text)
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r" }) {
            var bytes: [UInt8] = []
            for scalar in line { bytes += UTF8.encode(scalar)! }
            happened?(.line(bytes))
        }
    }

    /// - Returns: false if the key ends the search and has a meaning besides.
    private func continueSearch(_ key: Key) -> Bool {
        switch key {
        case .text(let text), .pasted(let text): search!.add(text, in: history)
        case .search: search!.searchFurther(in: history)
        case .edit(.deleteBefore): search!.removeLast(in: history)
        case .cancel:
            buffer.replace(with: search!.text)
            buffer.goBack(by: max(0, search!.text.count - search!.cursor))
            search = nil
            return true
        default:
            if let found = search!.found { history.moveTo(found, from: search!.text) }
            search = nil
            return false
        }
        buffer.replace(with: search!.found.map { history.lines[$0] } ?? search!.text)
        return true
    }

    // MARK: Losing and getting back the terminal

    private func windowChanged() {
        let before = (screen.columns, screen.rows)
        measure()
        // What was drawn since the window changed has the right size already.
        if isDrawn, before == (screen.columns, screen.rows) { return }
        isDrawn = false
        if hasTerminal { refresh() }
    }

    private func leaveTerminal() {
        guard hasTerminal else { return }
        hasTerminal = false
        StandardOutput.write(screen.erase() + Self.pasteMarksOff)
        buffer.setRawMode(false)
    }

    private func watchSuspension() {
        suspension = SignalWatcher(on: loop, signal: SignalWatcher.suspend) { [unowned self] in
            leaveTerminal()
            // The signal's default meaning stops the process, as the shell expects. `raise` returns once somebody
            // continues the process, or at once if there is no shell that could.
            suspension?.close()
            SignalWatcher.raise(SignalWatcher.suspend)
            watchSuspension()
            didContinue()
        }
    }

    /// To be called when the process has been continued. It may also have been stopped by SIGSTOP, unnoticed, and the
    /// terminal may have been changed meanwhile.
    private func didContinue() {
        guard Terminal.isInForeground(0) else {
            // In the background, reading would stop the process.
            hasTerminal = false
            input?.pause()
            returnTimer?.start(after: Self.returnPause)
            return
        }
        if hasTerminal { buffer.setRawMode(false) }
        hasTerminal = true
        if !isPaused { input?.resume() }
        buffer.setRawMode(true)
        StandardOutput.write(Self.pasteMarksOn)
        isDrawn = false
        windowChanged()
    }
}
