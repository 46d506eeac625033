import Tree
import UV
import WebSocket
import Wire

// Lines in the messages of a WebSocket (docs/protocol.md#websocket). The node handles them as all others.

extension Connection {
    /// From now on it is a WebSocket.
    ///
    /// - Parameters:
    ///   - compresses: whether both sides may compress their messages.
    ///   - rest: bytes that have come behind the request.
    func becomeWebSocket(compresses: Bool, rest: RawSpan) {
        form = .webSocket
        self.compresses = compresses
        traffic?.request = nil
        giveBackTraffic()
        if rest.byteCount > 0 { readFrames(rest) }
    }

    private func ensureFrames() -> WebSocketTraffic {
        let traffic = ensureTraffic()
        if let frames = traffic.frames { return frames }
        let made = WebSocketTraffic(
            FrameReader(messageBytes: server.settings.linkLineBytes, inflation: compresses ? server.inflation : nil))
        traffic.frames = made
        return made
    }

    /// Frees the state of frames between two messages.
    private func giveBackFrames() {
        guard let frames = traffic?.frames, frames.isEmpty else { return }
        traffic?.frames = nil
        giveBackTraffic()
    }

    // MARK: Coming in

    func readFrames(_ bytes: RawSpan) {
        let frames = ensureFrames()
        guard frames.rest.isEmpty else { return bytes.withUnsafeBytes { frames.rest += $0 } }
        // Both are taken out, since a line may lead back here, or to another connection.
        var reader = FrameReader(messageBytes: 0)
        swap(&reader, &frames.reader)
        frames.isReading = true
        var scratch: [UInt8] = []
        swap(&scratch, &server.frameScratch)
        let failure = reader.read(bytes, scratch: &scratch) {
            takeText($0)
        } control: {
            take($0, frames)
        }
        swap(&scratch, &server.frameScratch)
        swap(&reader, &frames.reader)
        frames.isReading = false
        guard !isGone else { return }
        if let failure {
            frames.farewell = failure
            return end()
        }
        if frames.answer != nil { return end() }
        if frames.reader.unread > 0 {
            let rest = bytes.extracting(droppingFirst: bytes.byteCount - frames.reader.unread)
            rest.withUnsafeBytes { frames.rest += $0 }
            goOnLater()
        }
        noteUnfinished()
        giveBackFrames()
    }

    /// Goes on with the bytes that were left to this turn.
    func readFramesLeft() {
        guard let frames = traffic?.frames, !frames.rest.isEmpty else { return }
        let rest = frames.rest
        frames.rest = []
        readFrames(rest.span.bytes)
    }

    private func takeText(_ lines: RawSpan) {
        guard !isGone else { return }
        if isPaused {
            ensureTraffic().framing.keep(lines)
        } else {
            readLines(lines)
        }
    }

    private func take(_ control: FrameReader.Control, _ frames: WebSocketTraffic) {
        guard !isGone else { return }
        switch control {
        case .pong: break
        case .ping(let payload):
            frames.ping = payload
            server.list(self)
        case .close(let payload): frames.answer = payload
        }
    }

    /// Messages by which servers and tools of servers begin: a page that somebody opens must not attach a node.
    func isOfServers(_ message: Message) -> Bool {
        switch message {
        case .authenticate, .probe: true
        default: false
        }
    }

    func tellTooLong(_ limit: Int) {
        guard form == .webSocket else { return }
        ensureFrames().farewell = CloseReason(.tooBig, "a line has at most \(limit) bytes")
    }

    /// Notes what a message tells about the end of the connection.
    func noteFarewell(_ message: Message) {
        guard form == .webSocket, !isPreferred, let reason = CloseReason(after: message) else { return }
        let frames = ensureFrames()
        if frames.farewell == nil { frames.farewell = reason }
    }

    // MARK: Going out

    /// Sends the lines of this turn as one message, and answers a ping.
    func writeFrames(_ traffic: Traffic) {
        if let ping = traffic.frames?.ping {
            traffic.frames?.ping = nil
            stream.write(FrameHeader.frame(.pong, ping))
        }
        let lines = traffic.output
        if !lines.isEmpty { stream.write(FrameHeader.bytes(.text, payload: lines.count), before: lines.span.bytes) }
        giveBackFrames()
    }

    /// Sends what is left, and on a WebSocket why it ends.
    func sayFarewell() {
        flush()
        writeClose()
    }

    /// On a WebSocket, says that nothing more comes.
    func writeClose() {
        guard form == .webSocket else { return }
        let frames = traffic?.frames
        let payload = frames?.answer ?? (frames?.farewell ?? CloseReason(.normal)).payload
        server.webCounts.closed(with: payload)
        stream.write(FrameHeader.frame(.close, payload))
    }
}
