import TLS
import Tree
import UV
import Wire

/// A connection of the node, to a client, a server or a tool.
///
/// It cuts the bytes that come into lines and sends bytes; it doesn't know what the lines mean. There may be twenty
/// thousand connections, nearly all of them idle, so state that only half a line or an answer needs stands in
/// `Traffic`.
final class Connection: StreamHandler {
    let id: ConnectionID
    let stream: Stream
    private unowned let server: NodeServer
    private var traffic: Traffic?
    /// Whether the node wants no more lines for now.
    private(set) var isPaused = false
    /// Whether the other side sends nothing more, and the node doesn't know yet.
    private var hasEnded = false
    private var isGone = false
    /// Whether a line has ended since `noteUnfinished` last noted how much of one has come.
    private var hasCut = false
    /// Whether a message has come, which shows what the other side wants.
    private(set) var hasSpoken = false
    /// What comes next is the first, and shows who is there.
    private var isBeginning = true
    /// It was made from here, so that anything may be at its other end.
    private let isDialled: Bool
    /// What came first, until it shows who is there.
    private var opening: [UInt8]?
    /// Whether this is a link to another server, which is served before clients and may send longer lines.
    var isPreferred = false {
        didSet { stream.isUrgent = isPreferred }
    }
    /// Whether the other side writes lengths before its lines: then it is a program of the original system.
    private var hasLengths = false
    /// The dialect of a base server; nil for all others.
    var dialect: Dialect?
    /// How often in a row it has said as much as was read of it, and more.
    private var fullReads: UInt8 = 0
    /// It is loud, and waits until it may go on.
    private var isHeldBack = false
    /// The node was told that too much waits here.
    private var isCongested = false
    var isListed = false
    /// Whether it is to be read from again at the end of a turn, unless it is paused meanwhile.
    var isToResume = false
    /// Whether bytes waited here at the last check.
    private var isStalled = false

    /// The state of a connection while something is under way on it.
    private final class Traffic {
        var framing: LineFraming
        /// The bytes that are sent at the end of this turn, in one piece.
        var output: [UInt8] = []
        /// Runs while the last bytes may be half of a length prefix.
        var undecided: Timer?

        init(_ framing: LineFraming) {
            self.framing = framing
        }
    }

    /// - Parameter isDialled: whether this node made the connection, so that any kind of server may be at its other
    ///   end.
    init(id: ConnectionID, stream: Stream, server: NodeServer, isDialled: Bool = false) {
        self.id = id
        self.stream = stream
        self.server = server
        self.isDialled = isDialled
        if isDialled { opening = [] }
        stream.handler = self
    }

    private func ensureTraffic() -> Traffic {
        if let traffic { return traffic }
        let made = Traffic(emptyFraming)
        traffic = made
        return made
    }

    private var emptyFraming: LineFraming { LineFraming(hasLengths: hasLengths) }

    /// The kind of reader that its lines are written for.
    var reader: Reader {
        if let dialect { return .server(dialect) }
        return hasLengths ? .originalClient : .usual
    }

    /// Frees the state of a connection that is between two messages.
    private func giveBackTraffic() {
        guard let traffic, !isPreferred, traffic.output.isEmpty, traffic.framing.isEmpty, traffic.undecided == nil
        else { return }
        self.traffic = nil
    }

    // MARK: The beginning

    /// Looks at what came first: TLS, or lines, with lengths before them or without.
    ///
    /// - Returns: whether the bytes are to be read as lines, now.
    private func begins(with bytes: RawSpan) -> Bool {
        if isDialled {
            recognise(bytes)
            return true
        }
        let kept = opening ?? []
        if kept.isEmpty, ProxyHeader.begins(bytes) {
            server.refuseForeignHeader(self)
            return false
        }
        let first = kept + bytes.withUnsafeBytes { Array($0.prefix(FirstBytes.needed)) }
        let verdict = stream.isFiltered ? .other : FirstBytes(first)
        guard kept.isEmpty, verdict == .other else {
            keep(bytes, after: kept, as: verdict)
            return false
        }
        isBeginning = false
        return true
    }

    private func keep(_ bytes: RawSpan, after kept: [UInt8], as verdict: FirstBytes) {
        let all = kept + bytes.withUnsafeBytes { Array($0) }
        switch verdict {
        case .undecided:
            opening = all
            server.unfinished?.note(all.count, of: id, isAnother: false, at: Loop.monotonicNanoseconds)
        case .other:
            (opening, isBeginning) = (nil, false)
            cut { framing, limit in framing.read(all.span.bytes, limit: limit) { take($0, hasLength: $1) } }
        case .tls:
            // Who sends more before it has heard anything speaks no TLS.
            guard all.count <= Settings.helloBytes else { return refuseTLS() }
            server.unfinished?.forget(id)
            // It may be read from again before its turn comes.
            if FirstBytes(kept) != .tls { server.enqueueHandshake(self) }
            opening = all
            stream.stopReading()
        }
    }

    /// Goes on with what came first: from here on it is TLS, and what is inside begins anew.
    func beginTLS(_ filter: TLSFilter) {
        guard !isGone, let first = opening else { return }
        opening = nil
        server.atOneMoment { stream.install(filter, received: first) }
        if !isPaused, !isGone { stream.startReading() }
    }

    /// There is no TLS to be had here.
    func refuseTLS() {
        guard !isGone else { return }
        opening = nil
        stream.write(FirstBytes.noTLS)
        end()
    }

    func streamOpened(_ stream: Stream) { server.handshakeDone(self) }

    /// The other side has ended before it had shown who it is.
    private func openingEnded() {
        if isDialled { return recognise([UInt8]().span.bytes, isAll: true) }
        guard let all = opening, FirstBytes(all) != .tls else { return }
        keep([UInt8]().span.bytes, after: all, as: .other)
    }

    // MARK: Coming in

    func stream(_ stream: Stream, received bytes: RawSpan) {
        if hasSpoken, !isPreferred {
            if server.loud.didRead(bytes.byteCount, &fullReads) {
                guard server.loud.handle(bytes.byteCount, of: self, { takeIn(bytes) }), !isGone else { return }
                isHeldBack = true
                return stream.stopReading()
            }
        }
        takeIn(bytes)
    }

    /// It was held back, and may go on.
    func goOn() {
        isHeldBack = false
        if !isGone, !isPaused, !hasEnded { stream.startReading() }
    }

    private func takeIn(_ bytes: RawSpan) {
        server.atOneMoment {
            if isBeginning, !begins(with: bytes) { return }
            guard !isGone else { return }
            cut { framing, limit in framing.read(bytes, limit: limit) { take($0, hasLength: $1) } }
            if server.countsBytes, !isPreferred, !isGone { server.post(.read(id, bytes: bytes.byteCount)) }
        }
    }

    /// Reports which kind of server is there, if the first bytes are no beginning of a message.
    private func recognise(_ bytes: RawSpan, isAll: Bool = false) {
        bytes.withUnsafeBytes { opening?.append(contentsOf: $0.prefix(Settings.openingBytes)) }
        guard let first = opening else { return }
        if let server = ForeignServer.recognised(by: first.span.bytes, isAll: isAll) {
            self.server.post(.receivedForeign(id, server))
        } else if first.count < 4 {
            return
        }
        opening = nil
        isBeginning = false
    }

    /// Lets the framing cut lines, and handles its outcome.
    private func cut(_ read: (inout LineFraming, LineLimit) -> LineFraming.Outcome) {
        // The framing is taken out, since a line may lead back here.
        var framing = emptyFraming
        if let traffic { swap(&framing, &traffic.framing) }
        let outcome = read(&framing, lineLimit)
        if traffic != nil || !framing.isEmpty { swap(&framing, &ensureTraffic().framing) }
        settle(outcome)
    }

    private var lineLimit: LineLimit {
        isPreferred ? LineLimit(server.settings.linkLineBytes) : server.clientLines
    }

    private func take(_ line: RawSpan, hasLength: Bool) -> LineFraming.Demand {
        if hasLength { hasLengths = true }
        hasCut = true
        do {
            let message = try Decoding.message(line, depthLimit: server.settings.depth)
            hasSpoken = true
            server.post(.received(id, message))
        } catch {
            server.post(.receivedMalformed(id, info: error.info))
        }
        return isPaused || isGone ? .wait : .more
    }

    private func settle(_ outcome: LineFraming.Outcome) {
        traffic?.undecided?.close()
        traffic?.undecided = nil
        guard !isGone else { return }
        noteUnfinished()
        guard !isGone else { return }
        switch outcome {
        case .consumed, .waiting: giveBackTraffic()
        case .undecided: decideLater()
        case .tooLong(let limit): refuse("the line is longer than \(limit) bytes")
        }
    }

    private func noteUnfinished() {
        let bytes = isPaused ? 0 : traffic?.framing.keptBytes ?? 0
        if bytes == 0 {
            server.unfinished?.forget(id)
        } else {
            server.unfinished?.note(bytes, of: id, isAnother: hasCut, at: Loop.monotonicNanoseconds)
        }
        hasCut = false
    }

    /// Ends the connection because of a line whose end is unknown. A link that skips malformed lines can't continue
    /// after it either.
    func refuse(_ info: String) {
        guard !isGone else { return }
        stream.stopReading()
        server.post(.receivedMalformed(id, info: info))
        if !isGone { server.post(.closed(id)) }
    }

    /// Waits whether a possible half of a length prefix is continued: if not, it is a line.
    private func decideLater() {
        let timer = server.makeTimer { [unowned self] in
            cut { framing, limit in framing.decide(limit: limit) { take($0, hasLength: $1) } }
        }
        ensureTraffic().undecided = timer
        timer.start(after: server.settings.prefixPatience)
    }

    /// Ends the connection if its other end, which takes nothing, is gone: the kernel alone can't tell that from a slow
    /// client.
    func checkStall() {
        let waits = stream.queuedBytes > 0
        guard waits || isStalled else { return }
        isStalled = waits
        if stream.isLost(by: server.settings.liveness) { end() }
    }

    func streamEnded(_ stream: Stream, error: UVError?) {
        hasEnded = true
        // One that only closes without a word is no trouble.
        if error == .filterFailed, let reason = stream.filterFailure { server.filterFailed(self, reason) }
        if opening != nil { openingEnded() }
        guard !isGone else { return }
        if error != nil { return end() }
        if !isPaused { finishReading() }
    }

    /// Handles the last line, which counts even without a newline.
    private func finishReading() {
        if let traffic {
            var framing = emptyFraming
            swap(&framing, &traffic.framing)
            _ = framing.end(limit: lineLimit) { take($0, hasLength: $1) }
            swap(&framing, &traffic.framing)
        }
        // Its last question is answered before the node forgets the connection.
        if !isPaused { end() }
    }

    private func end() {
        guard !isGone else { return }
        isGone = true
        traffic?.undecided?.close()
        server.forget(self)
        server.post(.closed(id))
        flush()
        stream.finish(within: server.lingerLimit)
    }

    // MARK: Pausing

    func pause() {
        isPaused = true
        // This overrules an earlier `resume`, which waits for the end of the turn.
        isToResume = false
        stream.stopReading()
        server.unfinished?.forget(id)
    }

    /// Reads again, beginning with the bytes that came before the pause. Called between events.
    func resume() {
        guard isToResume, isPaused, !isGone else { return }
        isToResume = false
        isPaused = false
        cut { framing, limit in framing.readKept(limit: limit) { take($0, hasLength: $1) } }
        guard !isPaused, !isGone else { return }
        if hasEnded { finishReading() } else if !isHeldBack { stream.startReading() }
    }

    // MARK: Going out

    /// Lets `write` append to the bytes that are sent at the end of this turn.
    func write(_ write: (inout [UInt8]) -> Void) {
        write(&ensureTraffic().output)
        server.list(self)
    }

    /// Passes the gathered bytes to the kernel.
    func flush() {
        isListed = false
        guard let traffic, !traffic.output.isEmpty else { return }
        stream.write(traffic.output)
        // A link keeps its buffer for the next turn.
        traffic.output.removeAll(keepingCapacity: isPreferred)
        giveBackTraffic()
        tellCongestion()
    }

    private func tellCongestion() {
        let settings = server.settings
        let limit = isPreferred ? settings.handedOverBytes : settings.handedOverClientBytes
        guard !isCongested, !isGone, stream.queuedBytes > limit else { return }
        isCongested = true
        server.post(.congested(id))
    }

    func streamDrained(_ stream: Stream) {
        if isCongested {
            isCongested = false
            server.post(.drained(id))
        }
        server.drained(self)
    }

    // MARK: Ending

    func close(_ manner: CloseManner) {
        guard !isGone else { return }
        isGone = true
        traffic?.undecided?.close()
        server.forget(self)
        switch manner {
        case .afterFlush:
            flush()
            stream.finish(within: stream.queuedBytes > 0 ? server.slowLingerLimit : server.lingerLimit)
        case .now:
            stream.close()
        }
    }
}
