import Tree
import UV
import Wire

/// Asks the clock server, over one connection that is kept, with one question under way.
final class ClockClient: StreamHandler {
    private let address: Address
    private let loop: Loop
    private let patience: Duration
    private let done: (Event) -> Void
    private let timer: Timer
    private let dialler: Dialler
    private var stream: Stream?
    private var framing = LineFraming()
    private var seen: Stamp?
    private var attempts: UInt64 = 0

    /// Longer answers are not the clock's.
    private static let lineBytes = 1024
    /// Only the first stamp of a batch is used: it says what time it is.
    private static let batch = 1

    init(_ address: Address, on loop: Loop, patience: Duration, done: @escaping (Event) -> Void) {
        self.address = address
        self.loop = loop
        self.patience = patience
        self.done = done
        var connected: ((Stream?) -> Void)?
        var late: (() -> Void)?
        dialler = Dialler(on: loop) { _, stream in connected?(stream) }
        timer = Timer(on: loop) { late?() }
        connected = { [unowned self] in self.connected($0) }
        late = { [unowned self] in fail() }
    }

    /// Asks; `clockAnswered` or `clockSilent` follows within the patience.
    func ask(seen: Stamp) {
        self.seen = seen
        timer.start(after: patience)
        if stream != nil { return sendQuestion() }
        attempts += 1
        dialler.dial(AttemptID(attempts), address, timeout: patience)
    }

    private func connected(_ stream: Stream?) {
        guard let stream else { return fail() }
        guard seen != nil else { return stream.close() }
        self.stream = stream
        framing = LineFraming()
        stream.handler = self
        stream.setNoDelay()
        stream.startReading()
        sendQuestion()
    }

    private func sendQuestion() {
        if let seen { stream?.write(ClockLines.question(count: Self.batch, seen: seen)) }
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {
        var first: Stamp?
        let outcome = framing.read(bytes, limit: LineLimit(Self.lineBytes)) { line in
            first = ClockLines.firstStamp(inAnswer: line)
            return .more
        }
        guard case .consumed = outcome, let first else { return fail() }
        guard seen != nil else { return }
        seen = nil
        timer.stop()
        done(.clockAnswered(first: first))
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        if seen != nil { fail() } else { drop() }
    }

    private func fail() {
        drop()
        timer.stop()
        guard seen != nil else { return }
        seen = nil
        done(.clockSilent)
    }

    private func drop() {
        _ = dialler.abandon(AttemptID(attempts))
        stream?.close()
        stream = nil
    }

    func close() {
        seen = nil
        drop()
        dialler.close()
        timer.close()
    }
}
