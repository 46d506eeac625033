import HTTPCodec
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
    unowned let server: NodeServer
    private(set) var traffic: Traffic?
    /// Whether the node wants no more lines for now.
    private(set) var isPaused = false
    /// Whether the other side sends nothing more, and the node doesn't know yet.
    private(set) var hasEnded = false
    private(set) var isGone = false
    /// Whether a line has ended since `noteUnfinished` last noted how much of one has come.
    private var hasCut = false
    /// Whether a message has come, which shows what the other side wants.
    private(set) var hasSpoken = false
    /// What comes next is the first, and shows who is there.
    var isBeginning = true
    /// It was made from here, so that anything may be at its other end.
    let isDialled: Bool
    /// What came first, until it shows who is there.
    var opening: [UInt8]? {
        get { traffic?.opening }
        set {
            guard newValue != nil || traffic != nil else { return }
            ensureTraffic().opening = newValue
            giveBackTraffic()
        }
    }
    /// How it speaks, once that has shown.
    var form = Form.lines
    /// Whether its lines stand in messages of a WebSocket.
    var isFramed: Bool { form == .webSocket }
    /// Whether messages of its WebSocket may be compressed.
    var compresses = false
    /// Whether this is a link to another server, which is served before clients and may send longer lines.
    var isPreferred = false {
        didSet { stream.isUrgent = isPreferred }
    }
    /// Whether the other side writes lengths before its lines: then it is a program of the original system.
    private var hasLengths = false
    /// The dialect of a base server; nil for all others.
    var dialect: Dialect?
    /// How many reads of it in a row were loud.
    var loudReads: UInt8 = 0
    /// It is loud, and waits until it may go on.
    var isHeldBack = false
    /// The node was told that too much waits here.
    private var isCongested = false
    var isListed = false
    /// Whether it is to be read from again at the end of a turn, unless it is paused meanwhile.
    var isToResume = false
    /// Whether bytes waited here at the last check.
    private var isStalled = false

    /// How the other side speaks.
    enum Form: UInt8 {
        /// Lines over TCP, or inside TLS.
        case lines
        /// HTTP/1.1, which may turn into a WebSocket.
        case http
        /// Lines in messages of a WebSocket.
        case webSocket
        /// HTTP, and the answer to its request is under way.
        case call
    }

    /// The state of a connection while something is under way on it.
    final class Traffic {
        var framing: LineFraming
        /// The lines that are sent at the end of this turn, in one piece.
        var output: [UInt8] = []
        /// On a WebSocket, what is under way of its frames.
        var frames: WebSocketTraffic?
        /// What has come of an HTTP request.
        var request: HTTPRequestReader?
        /// How many bytes have come of it.
        var requestBytes = 0
        /// The request that is being answered.
        var call: APICall?
        /// What came first, until it shows who is there.
        var opening: [UInt8]?
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

    func ensureTraffic() -> Traffic {
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
    func giveBackTraffic() {
        guard let traffic, !isPreferred, traffic.output.isEmpty, traffic.framing.isEmpty, traffic.undecided == nil,
            traffic.frames == nil, traffic.request == nil, traffic.call == nil, traffic.opening == nil
        else { return }
        self.traffic = nil
    }

    // MARK: Coming in

    func stream(_ stream: Stream, received bytes: RawSpan) {
        if hasSpoken, !isPreferred {
            let count = server.loop.bytesOfRead
            let start = stream.isFiltered ? server.loop.filteringSince : nil
            if server.loud.didRead(count, &loudReads) {
                return handleLoudly(bytes.byteCount, read: count, since: start) { takeIn(bytes) }
            }
            return server.loud.weigh(count, of: self, since: start) { takeIn(bytes) }
        }
        takeIn(bytes)
    }

    var keptBytes: Int { (traffic?.framing.keptBytes ?? 0) + (traffic?.frames?.keptBytes ?? 0) }

    private func takeIn(_ bytes: RawSpan) {
        server.atOneMoment {
            if isBeginning, !begins(with: bytes) { return }
            guard !isGone else { return }
            read(bytes)
            if server.countsBytes, !isPreferred, !isGone { server.post(.read(id, bytes: bytes.byteCount)) }
        }
    }

    /// Reads bytes in the form in which the other side speaks.
    func read(_ bytes: RawSpan) {
        switch form {
        case .lines: readLines(bytes)
        case .http: readRequest(bytes)
        case .webSocket: readFrames(bytes)
        // One request is answered, and then the connection ends.
        case .call: break
        }
    }

    func readLines(_ bytes: RawSpan) {
        cut { framing, limit in framing.read(bytes, limit: limit) { take($0, hasLength: $1) } }
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

    func take(_ line: RawSpan, hasLength: Bool) -> LineFraming.Demand {
        if hasLength { hasLengths = true }
        hasCut = true
        do {
            let message = try Decoding.message(line, depthLimit: server.settings.depth)
            guard form == .lines || !isOfServers(message) else {
                server.post(.receivedMalformed(id, info: "servers attach without WebSocket"))
                return .wait
            }
            hasSpoken = true
            server.post(.received(id, message))
        } catch {
            server.post(.receivedMalformed(id, info: error.info))
        }
        guard !isPaused, !isGone else { return .wait }
        guard server.loud.isTimeUp else { return .more }
        goOnLater()
        return .wait
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
        case .tooLong(let limit):
            tellTooLong(limit)
            refuse("the line is longer than \(limit) bytes")
        }
    }

    func noteUnfinished() {
        let bytes = isPaused ? 0 : keptBytes
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

    func streamOpened(_ stream: Stream) { server.handshakeDone(self) }

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
        // It may have said its last word and wait for the answer.
        if let call = traffic?.call, call.purpose != .listen, !call.hasAnswered { return }
        // A message that isn't whole doesn't count.
        if let traffic, form == .lines {
            var framing = emptyFraming
            swap(&framing, &traffic.framing)
            _ = framing.end(limit: lineLimit) { take($0, hasLength: $1) }
            swap(&framing, &traffic.framing)
        }
        // Its last question is answered before the node forgets the connection.
        if !isPaused { end() }
    }

    func end() {
        guard !isGone else { return }
        isGone = true
        traffic?.undecided?.close()
        server.forget(self)
        server.post(.closed(id))
        sayFarewell()
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
        // One that is held back is resumed when it may go on.
        guard isToResume, isPaused, !isGone, !isHeldBack else { return }
        isToResume = false
        isPaused = false
        if server.loud.isLoud(loudReads) { handleLoudly(0) { readKept() } } else { readKept() }
        guard !isPaused, !isGone else { return }
        if hasEnded { finishReading() } else if !isHeldBack { stream.startReading() }
    }

    private func readKept() {
        cut { framing, limit in framing.readKept(limit: limit) { take($0, hasLength: $1) } }
        if !isPaused, !isGone { readFramesLeft() }
    }

    /// What has come is worth more than one turn: it goes on in the next one, and counts as somebody loud.
    func goOnLater() {
        _ = server.loud.didRead(server.loop.bytesPerRead, &loudReads)
        stream.stopReading()
        // Otherwise the node has paused it, and lets it go on.
        guard !isPaused else { return }
        isPaused = true
        isToResume = true
        server.enqueueResumed(self)
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
        guard let traffic, form != .lines || !traffic.output.isEmpty else { return }
        switch form {
        case .lines: stream.write(traffic.output)
        case .http: answerUnasked(traffic)
        case .webSocket: writeFrames(traffic)
        case .call: return answerCall(traffic)
        }
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
            sayFarewell()
            stream.finish(within: stream.queuedBytes > 0 ? server.slowLingerLimit : server.lingerLimit)
        case .now:
            writeClose()
            stream.close()
        }
    }
}
