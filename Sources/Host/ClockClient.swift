import TLS
import Tree
import UV
import Wire

/// Asks the clock servers, over one connection that is kept, with one question under way at a time.
///
/// Of several clocks one leads. A question goes to the clock that answered last. If that clock is gone or stands by,
/// the others are tried within the question's time. The client doesn't accept stamps that aren't greater than those it
/// has had, or stamps of an earlier leader.
final class ClockClient: StreamHandler {
    /// What is reported to the operator.
    enum Notice {
        /// A clock has given no stamps, for this reason.
        case refused(Address, String)
        /// A server that is no clock, or has no stamps, answers there.
        case noClock(Address, String)
        /// From now on stamps come from this clock.
        case follows(Address)
    }

    private let loop: Loop
    private let patience: Duration
    /// What both sides have to prove that they know; nil for clocks in clear.
    private var secret: Secret?
    private let done: (Event) -> Void
    private let report: (Notice) -> Void
    private let deadline: Timer
    private let pause: Timer
    private let dialler: Dialler
    private var choice: ClockChoice
    private var stream: Stream?
    private var framing = LineFraming()
    private var question: (count: Int, seen: Stamp)?
    private var attempts: UInt64 = 0
    /// Whether nothing has come on the connection yet.
    private var isFresh = true
    /// Clocks that closed the last fresh connection.
    private var closing: Set<Address> = []
    /// How many questions in a row went unanswered on connections that stood.
    private var silences: [Address: Int] = [:]
    /// The last answer, and the clock that gave it.
    private var last: (epoch: UInt64, end: Stamp, at: UInt64, from: Address)?
    /// Clocks that were reported. Each is reported once, until it has stamps again.
    private var hasTold: Set<Address> = []

    /// - Parameters:
    ///   - clocks: at least one.
    ///   - keys: for connections on which both sides prove that they know `secret`; nil for clocks in clear.
    ///   - takesPlain: whether a clock that doesn't encrypt is believed nevertheless.
    ///   - patience: the time for one question, at all clocks together.
    ///   - done: called once for each question.
    init(
        _ clocks: [Address], on loop: Loop, keys: LinkKeys? = nil, proving secret: Secret? = nil,
        takesPlain: Bool = false, patience: Duration,
        report: @escaping (Notice) -> Void, done: @escaping (Event) -> Void
    ) {
        self.loop = loop
        self.patience = patience
        self.report = report
        self.secret = secret
        self.done = done
        choice = ClockChoice(clocks)
        var connected: ((Dialler.Made?) -> Void)?
        var late: (() -> Void)?
        var again: (() -> Void)?
        dialler = Dialler(on: loop, to: .clocks, keys: keys, takesPlain: takesPlain) { _, result in
            connected?(try? result.get())
        }
        deadline = Timer(on: loop) { late?() }
        pause = Timer(on: loop) { again?() }
        connected = { [unowned self] in self.connected($0) }
        late = { [unowned self] in ranOut() }
        again = { [unowned self] in dial() }
    }

    /// Asks for stamps: `clockAnswered` or `clockSilent` follows within the patience.
    func ask(count: Int, seen: Stamp) {
        question = (count, seen)
        deadline.start(after: patience)
        if stream != nil { sendQuestion() } else { dial() }
    }

    /// The network's secret has changed: new connections have to prove this one.
    func prove(_ secret: Secret) { self.secret = secret }

    // MARK: Connecting

    private func dial() {
        guard question != nil, stream == nil else { return }
        guard choice.skipPaused(at: Loop.monotonicNanoseconds) else { return settle(.clockSilent) }
        attempts += 1
        dialler.dial(AttemptID(attempts), choice.target, proving: secret, timeout: patience)
    }

    private func connected(_ made: Dialler.Made?) {
        guard let stream = made?.stream else { return failed() }
        guard question != nil else { return stream.close() }
        self.stream = stream
        isFresh = true
        framing = LineFraming()
        stream.handler = self
        stream.setNoDelay()
        if let context = made?.context {
            guard let filter = try? TLSFilter(context) else { return failed() }
            stream.install(filter)
        }
        stream.startReading()
        sendQuestion()
    }

    private func sendQuestion() {
        if let question { stream?.write(ClockQuestion.stamps(count: question.count, seen: question.seen).line) }
    }

    // MARK: Answers

    func stream(_ stream: Stream, received bytes: RawSpan) {
        isFresh = false
        silences[choice.target] = nil
        closing.remove(choice.target)
        if framing.isEmpty, let server = ForeignServer.recognised(by: bytes) {
            return hasNone(Notice.noClock, "\(server)")
        }
        var answer: ClockAnswer?
        let outcome = framing.read(bytes, limit: LineLimit(Settings.clockAnswerBytes)) { line, _ in
            answer = ClockAnswer(line: line)
            return .wait
        }
        if case .consumed = outcome, answer == nil { return }
        guard question != nil else { return drop() }
        switch answer {
        case .stamps(let stamps): take(stamps)
        case .standby(let leader):
            choice.standsBy(leader: leader)
            tryNext()
        case .refusal(let words): hasNone(Notice.refused, words)
        case .unknownQuestion: hasNone(Notice.noClock, "a server answers that has no stamps, as a node has none")
        case .time: hasNone(Notice.noClock, "a clock of the original system answers, which has no stamps")
        case nil: hasNone(Notice.noClock, "what comes back is no clock's answer")
        }
    }

    /// The server that answers has no stamps, or isn't a clock.
    private func hasNone(_ notice: (Address, String) -> Notice, _ words: String) {
        let clock = choice.target
        let told = notice(clock, words)
        if hasTold.insert(clock).inserted { report(told) }
        if case .refused = told {
            choice.hasNone(isClock: true, at: Loop.monotonicNanoseconds)
        } else {
            choice.hasNone(isClock: false, at: Loop.monotonicNanoseconds)
        }
        tryNext()
    }

    private func take(_ stamps: ClockStamps) {
        guard let question, stamps.count == question.count, stamps.first > question.seen, isFollowing(stamps) else {
            return failed()
        }
        // An operator who has read that it has no stamps wants to know that it has some again.
        let wasTold = hasTold.remove(choice.target) != nil
        if wasTold || last?.from != choice.target { report(.follows(choice.target)) }
        let end = Stamp(stamps.first.value + UInt64(stamps.count))
        last = (stamps.epoch, end, Loop.monotonicNanoseconds, choice.target)
        choice.answered()
        settle(
            .clockAnswered(
                first: stamps.first, count: stamps.count, epoch: stamps.epoch,
                wallMilliseconds: stamps.wallMilliseconds))
    }

    /// Whether stamps come from the leader that answered last, or a later one, and begin above the last ones.
    private func isFollowing(_ stamps: ClockStamps) -> Bool {
        guard let last else { return true }
        if stamps.epoch < last.epoch { return Loop.monotonicNanoseconds > last.at + Settings.epochMemoryNanoseconds }
        return stamps.first >= last.end
    }

    func streamDrained(_ stream: Stream) {}

    /// Whoever answers hasn't proved that it knows the secret, and was asked nothing.
    private func notProved(_ filter: TLSFilter) {
        isFresh = false
        if filter.saysKeyIsWrong {
            return hasNone(Notice.noClock, "who answers doesn't know the network's secret (--clock-secret-file)")
        }
        let first = filter.firstBytes
        if let server = ForeignServer.recognised(by: first.span.bytes, isAll: true) {
            return hasNone(Notice.noClock, "\(server)")
        }
        if case .time? = ClockAnswer(line: Array(first.prefix { $0 != 10 && $0 != 13 }).span.bytes) {
            return hasNone(Notice.noClock, "a clock of the original system answers, which has no stamps")
        }
        hasNone(Notice.noClock, "it answers in clear, so it isn't believed: give it the secret (or --plain-links)")
    }

    func streamEnded(_ stream: Stream, error: UVError?) {
        if let filter = stream.filter as? TLSFilter, filter.hasUnprovedKey { return notProved(filter) }
        guard question != nil else { return drop() }
        guard isFresh else { return failed() }
        // The first time it may be a clock that has just ended.
        if closing.insert(choice.target).inserted { return failed() }
        hasNone(Notice.noClock, "\(ForeignServer.closes)")
    }

    // MARK: Ends of a question

    /// This clock has given no answer: the next one is tried.
    private func failed() {
        choice.failed()
        tryNext()
    }

    private func tryNext() {
        drop()
        guard question != nil else { return }
        if choice.hasTriedAll {
            pause.start(after: .milliseconds(Int.random(in: Settings.clockRoundMilliseconds)))
        } else {
            dial()
        }
    }

    /// The time of the question is over. The clock that was being asked isn't the first to be asked next time.
    private func ranOut() {
        guard question != nil else { return }
        if stream != nil, isFresh { noteSilence() } else if !pause.isRunning { choice.failed() }
        drop()
        settle(.clockSilent)
    }

    /// The clock accepts the connection and says nothing. A clock that does so again and again is asked ever more
    /// rarely: it may be stopped.
    private func noteSilence() {
        let clock = choice.target
        silences[clock, default: 0] += 1
        guard silences[clock]! >= Settings.clockSilencesToTell else { return choice.failed() }
        if hasTold.insert(clock).inserted { report(Notice.noClock(clock, "\(ForeignServer.silent)")) }
        choice.hasNone(isClock: true, at: Loop.monotonicNanoseconds)
    }

    private func settle(_ event: Event) {
        question = nil
        deadline.stop()
        pause.stop()
        done(event)
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
        deadline.close()
        pause.close()
    }
}
