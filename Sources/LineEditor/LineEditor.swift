import UV

/// A line at the lower end of the terminal that a person edits, while other text comes above it.
///
/// It has the terminal from the beginning to `close()`: keys come as they are pressed, and all output goes through
/// `show`. Control-Z and the shell's `fg` are looked after here; what ends a program is the program's business, which
/// calls `close()` first.
public final class LineEditor {
    public enum Event {
        /// A line was entered; of something pasted, each of its lines.
        case line([UInt8])
        /// Control-D on an empty line, or the terminal is gone.
        case ended
        /// Control-C, where the terminal makes no signal of it.
        case interrupted
    }

    /// How long an Escape may turn out to be the beginning of a key: what a terminal sends for one comes in one piece,
    /// also over a slow line.
    private static let escapePatience = Duration.milliseconds(100)

    /// How often that is.
    private static let returnPause = Duration.milliseconds(200)

    private let loop: Loop
    private let buffer: EditBuffer
    private let limitBytes: Int
    private var happened: ((Event) -> Void)?
    private var input: InputReader?
    private var timer: Timer?
    /// Looks whether the shell has given the terminal back: it doesn't tell somebody who runs already.
    private var returnTimer: Timer?
    private var isPaused = false
    private var signals: [SignalWatcher] = []
    private var suspension: SignalWatcher?
    private var keys: KeyReader
    private var history = LineHistory()
    private var search: HistorySearch?
    private var screen = LineScreen(columns: 80, rows: 24)
    /// While the shell has the terminal, nothing is drawn.
    private var hasTerminal = true
    /// What is on the screen needs no drawing again.
    private var isDrawn = false

    /// The rows above the line. Drawn with the next `show` or `refresh`.
    public var status: [Status] = [] {
        didSet { if status != oldValue { isDrawn = false } }
    }
    public var prompt = "> "

    /// A row above the line.
    public struct Status: Equatable {
        fileprivate var row: LineScreen.Status

        /// - Parameter isDim: where the terminal has that.
        public init(_ text: String, isDim: Bool) {
            row = LineScreen.Status(text, style: isDim ? "2" : "")
        }
    }

    /// Whether there is somebody at a terminal that can be drawn on: input and output are one, and it isn't a plain
    /// one.
    public static var isPossible: Bool {
        let kind = EnvironmentVariable.value("TERM") ?? ""
        return !["", "dumb"].contains(kind) && Terminal.isTerminal(0) && Terminal.isTerminal(1)
    }

    /// Takes the terminal.
    ///
    /// - Parameter limitBytes: of a line; what goes beyond is not taken.
    /// - Returns: nil where it can't be edited.
    public init?(on loop: Loop, limitBytes: Int = 1 << 20, happened: @escaping (Event) -> Void) {
        guard Self.isPossible, let buffer = EditBuffer() else { return nil }
        self.loop = loop
        self.buffer = buffer
        self.limitBytes = limitBytes
        self.happened = happened
        keys = KeyReader(pasteLimitBytes: limitBytes)
        returnTimer = Timer(on: loop) { [unowned self] in wentOn() }
        timer = Timer(on: loop) { [unowned self] in take(keys.stopWaiting()) }
        input = InputReader(on: loop) { [unowned self] bytes in
            take(bytes.withUnsafeBytes { keys.read($0) })
        } ended: { [unowned self] _ in
            self.happened?(.ended)
        }
        signals = [
            SignalWatcher(on: loop, signal: SignalWatcher.windowChanged) { [unowned self] in windowChanged() },
            SignalWatcher(on: loop, signal: SignalWatcher.goOn) { [unowned self] in wentOn() },
        ]
        watchSuspension()
        StandardOutput.write(Self.pasteMarksOn)
    }

    private static let pasteMarksOn = "\u{1b}[?2004h"
    private static let pasteMarksOff = "\u{1b}[?2004l"

    /// Gives the terminal back as it was, with the line taken off. Idempotent.
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

    public func resume() {
        isPaused = false
        if hasTerminal { input?.resume() }
    }

    // MARK: Output

    /// Writes lines above the one that is typed, and draws that again.
    ///
    /// - Returns: whether it could be written.
    @discardableResult
    public func show(_ lines: [UInt8]) -> Bool {
        guard hasTerminal, happened != nil else { return StandardOutput.write(lines) }
        // The signal that tells of another size may come after what is to be shown.
        measure()
        var bytes = Array(screen.erase().utf8) + lines
        if let last = lines.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        bytes += Array(screen.draw(content).utf8)
        isDrawn = true
        return StandardOutput.write(bytes)
    }

    /// Draws what has changed. To be called at the end of each turn of the loop: so a line that was entered doesn't
    /// vanish for a moment before its owner shows what has become of it.
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
        if search != nil, goOnSearching(key) { return }
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
        // A character has four bytes at most.
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

    /// - Returns: false if the key ends the search and means something besides.
    private func goOnSearching(_ key: Key) -> Bool {
        switch key {
        case .text(let text), .pasted(let text): search!.add(text, in: history)
        case .search: search!.goOn(in: history)
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

    // MARK: The terminal comes and goes

    private func windowChanged() {
        let before = (screen.columns, screen.rows)
        measure()
        // What was drawn since the window changed is right already.
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
            // Its default meaning, so that the shell sees what it expects. It returns once somebody lets us go on; at
            // once where there is no shell that could.
            suspension?.close()
            SignalWatcher.raise(SignalWatcher.suspend)
            watchSuspension()
            wentOn()
        }
    }

    /// Somebody may also have stopped us without asking, and changed the terminal meanwhile.
    private func wentOn() {
        guard Terminal.isInForeground(0) else {
            // Reading would stop us.
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
