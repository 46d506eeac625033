import Tree
import UV
import Wire

/// A connection of the node, whoever is at its other end.
///
/// It cuts what comes in into lines and hands on what goes out; it knows nothing of what the lines mean.
final class Connection: StreamHandler {
    let id: ConnectionID
    let stream: Stream
    private unowned let server: NodeServer
    private var framing = LineFraming()
    /// What goes out at the end of this turn, in one piece.
    private var output: [UInt8] = []
    /// The node wants no more lines for now.
    private(set) var isPaused = false
    /// The other side sends nothing more, and the node doesn't know yet.
    private var hasEnded = false
    private var isGone = false
    /// Runs while what came last may be half of a prefix.
    private var undecided: Timer?
    /// A link to another server, which goes before clients and may send longer lines.
    var isPreferred = false
    /// The node was told that too much waits here.
    private var isCongested = false
    /// Where this connection stands among those that follow the log; nil if it doesn't.
    var followerIndex: Int?
    var isListed = false

    init(id: ConnectionID, stream: Stream, server: NodeServer) {
        self.id = id
        self.stream = stream
        self.server = server
        stream.handler = self
    }

    // MARK: Coming in

    func stream(_ stream: Stream, received bytes: RawSpan) {
        // Taken out, since a line may lead back here.
        var framing = LineFraming()
        swap(&framing, &self.framing)
        let outcome = framing.read(bytes, limit: lineLimit) { take($0) }
        swap(&framing, &self.framing)
        settle(outcome)
    }

    private var lineLimit: LineLimit {
        let settings = server.settings
        return isPreferred
            ? LineLimit(settings.linkLineBytes) : LineLimit(settings.lineBytes, opening: settings.linkLineBytes)
    }

    private func take(_ line: RawSpan) -> LineFraming.Demand {
        do {
            server.post(.received(id, try Decoding.message(line, depthLimit: server.settings.depth)))
        } catch {
            server.post(.receivedMalformed(id, info: error.info))
        }
        return isPaused || isGone ? .wait : .more
    }

    private func settle(_ outcome: LineFraming.Outcome) {
        undecided?.close()
        undecided = nil
        guard !isGone else { return }
        switch outcome {
        case .consumed, .waiting: break
        case .undecided: decideLater()
        case .tooLong:
            stream.stopReading()
            server.post(.receivedMalformed(id, info: "the line is longer than \(lineLimit.usual) bytes"))
            // A link that skips what is malformed can't go on after a line whose end is unknown.
            if !isGone { server.post(.closed(id)) }
        }
    }

    /// What may be half of a prefix is a line if nothing follows it.
    private func decideLater() {
        let timer = server.makeTimer { [unowned self] in
            var framing = LineFraming()
            swap(&framing, &self.framing)
            let outcome = framing.decide(limit: lineLimit) { take($0) }
            swap(&framing, &self.framing)
            settle(outcome)
        }
        undecided = timer
        timer.start(after: server.settings.prefixPatience)
    }

    func streamEnded(_ stream: Stream, error: UVError?) {
        hasEnded = true
        if error != nil { return end() }
        if !isPaused { finishReading() }
    }

    /// The last line counts also without an end.
    private func finishReading() {
        var framing = LineFraming()
        swap(&framing, &self.framing)
        _ = framing.end(limit: lineLimit) { take($0) }
        swap(&framing, &self.framing)
        // What it asked for last is answered before the node forgets it.
        if !isPaused { end() }
    }

    private func end() {
        guard !isGone else { return }
        isGone = true
        undecided?.close()
        server.forget(self)
        server.post(.closed(id))
        flush()
        stream.finish(within: server.settings.lingerLimit)
    }

    // MARK: Pausing

    func pause() {
        isPaused = true
        stream.stopReading()
    }

    /// Goes on with what had come already; called between events.
    func resume() {
        guard isPaused, !isGone else { return }
        isPaused = false
        var framing = LineFraming()
        swap(&framing, &self.framing)
        let outcome = framing.readKept(limit: lineLimit) { take($0) }
        swap(&framing, &self.framing)
        settle(outcome)
        guard !isPaused, !isGone else { return }
        if hasEnded { finishReading() } else { stream.startReading() }
    }

    // MARK: Going out

    /// Bytes that wait here or below.
    var waitingBytes: Int { output.count + stream.queuedBytes }

    /// Lets `write` append to what goes out at the end of this turn.
    func write(_ write: (inout [UInt8]) -> Void) {
        write(&output)
        server.list(self)
    }

    /// Hands the gathered bytes to the kernel.
    func flush() {
        isListed = false
        guard !output.isEmpty else { return }
        stream.write(output)
        // A connection between two messages holds no buffer.
        if output.capacity > 4096 && !isPreferred {
            output = []
        } else {
            output.removeAll(keepingCapacity: isPreferred)
        }
        tellCongestion()
    }

    private func tellCongestion() {
        guard !isCongested, !isGone, stream.queuedBytes > server.settings.handedOverBytes else { return }
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
        undecided?.close()
        server.forget(self)
        switch manner {
        case .afterFlush:
            flush()
            stream.finish(within: server.settings.lingerLimit)
        case .now:
            stream.close()
        }
    }
}
