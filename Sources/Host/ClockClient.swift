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
    private var question: (count: Int, seen: Stamp)?
    private var attempts: UInt64 = 0

    /// Longer answers are not the clock's.
    private static let lineBytes = 1024

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
    func ask(count: Int, seen: Stamp) {
        question = (count, seen)
        timer.start(after: patience)
        if stream != nil { return sendQuestion() }
        attempts += 1
        dialler.dial(AttemptID(attempts), address, timeout: patience)
    }

    private func connected(_ stream: Stream?) {
        guard let stream else { return fail() }
        guard question != nil else { return stream.close() }
        self.stream = stream
        framing = LineFraming()
        stream.handler = self
        stream.setNoDelay()
        stream.startReading()
        sendQuestion()
    }

    private func sendQuestion() {
        if let question { stream?.write(ClockLines.question(count: question.count, seen: question.seen)) }
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {
        var answer: ClockLines.Answer?
        let outcome = framing.read(bytes, limit: LineLimit(Self.lineBytes)) { line in
            answer = ClockLines.answer(line)
            return .more
        }
        guard case .consumed = outcome, let answer, answer.count == question?.count else { return fail() }
        question = nil
        timer.stop()
        done(
            .clockAnswered(
                first: answer.first, count: answer.count, epoch: answer.epoch,
                wallMilliseconds: answer.wallMilliseconds))
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        if question != nil { fail() } else { drop() }
    }

    private func fail() {
        drop()
        timer.stop()
        guard question != nil else { return }
        question = nil
        done(.clockSilent)
    }

    private func drop() {
        _ = dialler.abandon(AttemptID(attempts))
        stream?.close()
        stream = nil
    }

    func close() {
        question = nil
        drop()
        dialler.close()
        timer.close()
    }
}
