import TLS
import UV

/// One connection of the flood.
///
/// It passes bytes from its socket to the audience, which checks them, and keeps half a message until the other half
/// comes. The crowd decides what a server's words mean for the run.
final class FloodClient: StreamHandler {
    enum State {
        case away
        case connecting
        /// Connected, but not logged in.
        case opening
        /// Logged in: messages come.
        case here
    }

    unowned let crowd: Crowd
    private(set) var who: Member
    let target: Target
    private(set) var state = State.away
    private(set) var stream: Stream?
    private var attempt: Dial?
    private var partial: [UInt8] = []
    /// Nil over TCP alone.
    private var socket: FloodSocket?
    /// Its number in its audience, while it is logged in and doesn't only send.
    var seat: Int?
    /// The client was told to stop reading. The server may close its connection for that.
    var isSlow = false
    var attempts = 0
    /// What it got from the server that it has lost, until it is in elsewhere.
    var progress: Progress?
    /// Servers that took nobody, since it was let in last, and when the first of them did so.
    var turnedAway: (times: Int, since: UInt64)?
    /// When a server sent it on last.
    var redirectedAt: UInt64?
    var openedAt: UInt64 = 0
    /// How many messages the crowd's senders had sent when this client logged in: see `Crowd.countUnderWay`.
    var sentBefore = 0

    init(_ who: Member, _ target: Target, of crowd: Crowd) {
        self.who = who
        self.target = target
        self.crowd = crowd
    }

    // MARK: Coming and going

    func connect(on loop: Loop, from local: SocketAddress?, timeout: Duration) {
        state = .connecting
        openedAt = Loop.monotonicNanoseconds
        who.wasRedirected =
            redirectedAt.map { openedAt < $0 + FloodLimits.redirectMemory.waitNanoseconds } ?? false
        attempt = Stream.connect(on: loop, from: local, toOneOf: target.addresses, timeout: timeout) {
            [unowned self] result in
            attempt = nil
            switch result {
            case .failure(let error): crowd.didFail(self, error.description)
            case .success(let stream):
                self.stream = stream
                stream.handler = self
                state = .opening
                if who.number < crowd.plan.senders { stream.setNoDelay() }
                if let tls = crowd.tls {
                    do throws(TLSError) {
                        stream.install(try TLSFilter(tls, host: target.name.host))
                    } catch {
                        return crowd.didFail(self, "\(error)")
                    }
                }
                stream.startReading()
                crowd.didConnect(self)
                if let kind = crowd.plan.socket {
                    let socket = FloodSocket(kind)
                    self.socket = socket
                    self.stream?.write(socket.request(host: "\(target.name)"))
                } else {
                    sayOpening()
                }
            }
        }
    }

    private func sayOpening() {
        write(target.audience.dialect.opening(of: who, seen: progress?.seen))
    }

    /// Sends bytes of the dialect.
    func write(_ bytes: [UInt8]) {
        stream?.write(socket?.frame(bytes) ?? bytes)
    }

    /// Closes the connection. Nothing is reported about it any more.
    ///
    /// - Parameter isEnd: true at the end of the run, when the system should keep no port for it.
    func close(isEnd: Bool = false) {
        state = .away
        attempt?.cancel()
        attempt = nil
        if isEnd { stream?.reset() } else { stream?.close() }
        stream = nil
        socket = nil
        partial = []
    }

    func isLoggedIn() {
        state = .here
    }

    /// A server has let the client in, and said what it shows at the next one.
    func mayResume(by pass: ResumePass?) {
        if let pass { who.pass = pass }
    }

    /// Stops or continues reading.
    func setReading(_ isReading: Bool) {
        if isReading { stream?.startReading() } else { stream?.stopReading() }
    }

    // MARK: StreamHandler

    func stream(_ stream: Stream, received bytes: RawSpan) {
        let now = Loop.monotonicNanoseconds
        defer { crowd.didRead(at: now) }
        guard let socket else { return receive(bytes, at: now) }
        let failure = socket.receive(bytes) {
            sayOpening()
        } payload: {
            if self.stream != nil { receive($0, at: now) }
        } send: {
            stream.write($0)
        }
        if let failure, self.stream != nil { crowd.didFail(self, failure) }
    }

    private func receive(_ bytes: RawSpan, at now: UInt64) {
        var start = 0
        // The buffer has half a message. It gets only about as many of the new bytes as complete that message.
        while !partial.isEmpty, start < bytes.byteCount {
            let before = partial.count
            let count = min(bytes.byteCount - start, crowd.pieceBytes)
            Bytes.append(bytes.extracting(start..<start + count), to: &partial)
            let whole = partial
            let used = take(whole.span.bytes, at: now)
            if self.stream == nil { return }
            if used == 0 {
                start += count
            } else {
                start += used - before
                partial.removeAll()
            }
        }
        guard start < bytes.byteCount else { return }
        start += take(bytes.extracting(droppingFirst: start), at: now)
        if self.stream == nil { return }
        if start < bytes.byteCount {
            Bytes.append(bytes.extracting(droppingFirst: start), to: &partial)
        } else if partial.capacity > 0 {
            partial = []
        }
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        crowd.didFail(self, stream.filterFailure ?? error?.description ?? "closed by the server")
    }

    /// - Returns: how many bytes were used.
    private func take(_ bytes: RawSpan, at now: UInt64) -> Int {
        guard let seat else { return takeWords(bytes, at: now) }
        var used = 0
        while stream != nil {
            let outcome = target.audience.take(bytes.extracting(droppingFirst: used), seat, of: who, at: now)
            used += outcome.used
            if let text = outcome.nonsense {
                crowd.didFail(self, text)
            } else if let word = outcome.word {
                crowd.didHear(word, self, at: now)
            } else {
                break
            }
        }
        return used
    }

    /// Before the login, and on a connection that only sends, there are no messages to check.
    private func takeWords(_ bytes: RawSpan, at now: UInt64) -> Int {
        var used = 0
        while stream != nil, used < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: used)
            switch target.audience.dialect.frame(rest, of: who) {
            case .incomplete: return used
            case .message(let count): used += count
            case .nonsense(let text): crowd.didFail(self, text)
            case .word(let count, let word):
                used += count
                crowd.didHear(word, self, at: now)
                // The client is logged in now, so what follows is checked.
                if seat != nil { return used + take(bytes.extracting(droppingFirst: used), at: now) }
            }
        }
        return used
    }
}
