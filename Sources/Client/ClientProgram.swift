import CoppiceClient
import LineEditor
import Session
import TLS
import Tree
import UV
import Wire

/// What `coppice client` has to do.
public struct ClientSettings {
    public var server = Address(host: "localhost", port: 3780)
    public var identity: Identity
    /// Whether the client registers the name first.
    public var registers = false
    /// Whether the program made the secret, so that the user has to be told.
    public var secretIsMadeUp = false
    /// Whether broadcasts are printed as they come, instead of as text for people.
    public var printsJSON = false
    /// Whether the time of each broadcast, by its stamp, is printed before it.
    public var showsTime = false
    public var linger: Duration = .zero
    /// Nil for connections in clear.
    public var tls: TLSContext?
    /// The least severity of notices that are printed.
    public var leastSeverity = Severity.info
    /// The seed of the randomness that spreads pauses.
    public var seed: UInt64 = 0
    public var limits = ClientLimits()
    /// The longest line of the input, in bytes.
    public var inputLineBytes = 1 << 20

    public init(identity: Identity) {
        self.identity = identity
    }
}

/// `coppice client` from its start to its end: the loop, the terminal and the connection around `TerminalSession`.
public final class ClientProgram: LoopProgram {
    private let loop: Loop
    private let settings: ClientSettings
    private var session: TerminalSession
    private let style: Style
    private let noticeStyle: Style
    private var connection: LineConnection?
    /// The line editor, where a person types at a terminal that can be drawn on. Elsewhere lines are read from the
    /// input as they are.
    private var editor: LineEditor?
    private var input: LineReader?
    private var timer: Timer?
    private var hooks: [TurnHook] = []
    private var signals: [SignalWatcher] = []
    private var reader: ReaderWatcher?
    /// Whether a person sits at the terminal and reads the output.
    private let isInteractive: Bool
    private var effects: [TerminalSession.Effect] = []
    private var events: [TerminalSession.Event] = []
    private var isHandling = false
    /// The bytes to print, and below them the bytes to send. Each go out in one piece at the end of the turn.
    private var printed: [UInt8] = []
    private var sent: [UInt8] = []
    private var exitStatus: Int32?
    var status: Int32 { exitStatus ?? 1 }

    /// - Returns: the exit status.
    public static func run(_ settings: ClientSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: ClientSettings) {
        self.loop = loop
        self.settings = settings
        isInteractive = Terminal.isTerminal(0) && Terminal.isTerminal(1)
        session = TerminalSession(
            settings.identity, at: settings.server, registers: settings.registers,
            secretIsMadeUp: settings.secretIsMadeUp, linger: settings.linger, takesCommands: isInteractive,
            limits: settings.limits, seed: settings.seed)
        style = .forTerminal(1)
        noticeStyle = .forTerminal(2)
    }

    func start() {
        timer = Timer(on: loop) { [unowned self] in handle(.timePassed) }
        // What a turn brought goes out in one piece: before the loop waits what timers caused, after reading the rest.
        hooks = [
            TurnHook(on: loop, kind: .beforePolling) { [unowned self] in flush() },
            TurnHook(on: loop, kind: .afterPolling) { [unowned self] in flush() },
        ]
        signals = SignalWatcher.ofPeople(on: loop, interrupted: 130) { [unowned self] status in
            handle(.interrupted(status: status))
        }
        reader = ReaderWatcher(on: loop) { [unowned self] in handle(.interrupted(status: 1)) }
        if isInteractive { startEditor() }
        if editor == nil { startReading() }
        handle(.started)
    }

    private func startEditor() {
        editor = LineEditor(on: loop, limitBytes: settings.inputLineBytes) { [unowned self] event in
            switch event {
            case .line(let line): handle(.typed(line))
            case .ended: inputEnded()
            case .interrupted: handle(.interrupted(status: 130))
            }
        }
        guard editor != nil else { return }
        // By default these signals would end the program without giving the terminal back.
        for (signal, status) in [(SignalWatcher.hangUp, LostOutput.hungUp), (SignalWatcher.quit, 131)]
            as [(Int32, Int32)]
        {
            signals.append(
                SignalWatcher(on: loop, signal: signal) { [unowned self] in handle(.interrupted(status: status)) })
        }
    }

    private func startReading() {
        let limit = settings.inputLineBytes
        input = LineReader(on: loop, limitBytes: limit + 1) { [unowned self] line in
            handle(line.count > limit ? .typedTooMuch(limitBytes: limit) : .typed(line))
        } ended: { [unowned self] _ in
            inputEnded()
        }
    }

    /// A terminal that has gone is no end of the input: nobody waits for the rest.
    private func inputEnded() {
        handle(Terminal.isGone(0) ? .interrupted(status: LostOutput.hungUp) : .inputEnded)
    }

    // MARK: The session

    private func handle(_ event: TerminalSession.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty {
            session.handle(events.removeFirst(), at: now, into: &effects)
            let ordered = effects
            effects.removeAll(keepingCapacity: true)
            ordered.forEach(perform)
        }
        isHandling = false
        if let deadline = session.nextDeadline {
            timer?.start(after: deadline - now)
        } else {
            timer?.stop()
        }
        if printed.count > 1 << 16 { flushPrinted() }
    }

    /// Whether the terminal shows the typed text by itself: without an editor it does, and keeps it.
    private var isEchoed: Bool { isInteractive && editor == nil }

    private var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds) }

    private func perform(_ effect: TerminalSession.Effect) {
        switch effect {
        case .connect(let address): connect(to: address)
        case .send(let line): sent += line
        case .disconnect: disconnect()
        case .show(let broadcast, let receipt):
            guard !settings.printsJSON else {
                printed += BroadcastText.json(broadcast)
                return
            }
            let stamp = settings.showsTime ? broadcast.stamp : nil
            if let receipt, isEchoed, stamp == nil, !broadcast.isLate {
                printed += BroadcastText.shortage(receipt, style)
                return
            }
            let time = stamp.map { LocalTime.text(milliseconds: $0.milliseconds) }
            printed += BroadcastText.line(
                broadcast, style, time: time, tellsApart: isInteractive, receipt: isInteractive ? receipt : nil)
        case .tell(let notice): tell(notice)
        case .pauseInput:
            input?.pause()
            editor?.pause()
        case .resumeInput:
            input?.resume()
            editor?.resume()
        case .end(let status): end(status)
        }
    }

    private func connect(to address: Address) {
        disconnect()
        let timeout = settings.limits.session.connectTimeout
        connection = LineConnection(
            on: loop, to: address, connectTimeout: timeout, limitBytes: LineConnection.usualLineBytes,
            tls: settings.tls
        ) {
            [unowned self] event in
            switch event {
            case .connected: handle(.connected)
            case .line(let line): handle(.received(ServerMessage(line: line)))
            case .ended(let failure):
                // Bytes that were not sent yet are dropped with the connection.
                sent = []
                connection = nil
                handle(.disconnected(reason: failure.words, advice: failure.advice()))
            }
        }
    }

    private func disconnect() {
        sent = []
        connection?.close()
        connection = nil
    }

    // MARK: Output

    private func flush() {
        if !sent.isEmpty {
            connection?.send(sent)
            sent.removeAll(keepingCapacity: true)
        }
        flushPrinted()
    }

    private func flushPrinted() {
        if let editor {
            editor.status = PendingRows.of(session)
            // The printed lines and the rows of pending messages are drawn together, so that a message which has come
            // back doesn't flicker.
            if printed.isEmpty { return editor.refresh() }
        }
        guard !printed.isEmpty else { return }
        let isWritten = editor?.show(printed) ?? StandardOutput.write(printed)
        printed.removeAll(keepingCapacity: true)
        // Standard output has no reader any more.
        if !isWritten { handle(.interrupted(status: LostOutput.status)) }
    }

    private func tell(_ notice: Notice) {
        guard notice.isAlwaysTold || notice.severity >= settings.leastSeverity else { return }
        // Standard output is written first, since both may be the same terminal.
        if !printed.isEmpty, Terminal.isTerminal(2) { flushPrinted() }
        let text = Printable.text(notice.description)
        let styled = (notice.severity >= .error ? noticeStyle.red(text) : noticeStyle.dim(text)) + "\n"
        // If the editor has the terminal, the notice has to appear above the line.
        if editor != nil, Terminal.isTerminal(2) { printed += Array(styled.utf8) } else { StandardError.write(styled) }
    }

    private func end(_ status: Int32) {
        exitStatus = status
        flushPrinted()
        editor?.close()
        // The reader is closed but kept, since it may be calling us at this moment.
        input?.close()
        timer?.close()
        timer = nil
        signals.forEach { $0.close() }
        signals = []
        reader?.close()
        hooks.forEach { $0.close() }
        hooks = []
        if !sent.isEmpty { connection?.send(sent) }
        connection?.finish(within: ClientLimits.goodbye)
        connection = nil
    }
}

extension Style {
    /// Colours if the descriptor is a terminal that has them, and the user hasn't declined them (https://no-color.org).
    public static func forTerminal(_ descriptor: Int32) -> Style {
        Style(hasColour: Terminal.hasColours(descriptor))
    }
}
