import TLS
import Tree
import UV
import Wire

/// One asker's connection. It cuts the received bytes into lines, and measures how long the asker has kept the clock
/// waiting.
///
/// The connection is not read while its question waits for the disk. So an asker has at most one question in the
/// source, however many it sends.
final class ClockConnection: StreamHandler {
    let id: ConnectionID
    private let stream: Stream
    private unowned let server: ClockServer
    private let limits: ClockLimits
    /// Bytes that were received and not looked at yet: half a line, or what follows a question that waits.
    private var pending: [UInt8] = []
    /// What came first, until it shows whether it is TLS.
    private var opening: [UInt8]? = []
    private var isAsking = false
    /// True inside of `readLines`. An answer that comes meanwhile needs no call of `readLines` of its own: the running
    /// loop reads the next line.
    private var isCutting = false
    private var hasEnded = false
    private(set) var isClosed = false
    /// The address and port of the asker, for the log.
    let peer: String
    /// The address of `peer`, without the port, which changes with each connection.
    let host: String
    /// What the clock waits for, and since when, by the monotonic clock in nanoseconds.
    private enum Waiting {
        /// For nothing: the asker waits for an answer.
        case nothing
        /// For the rest of a question, or for the first one.
        case line(since: UInt64)
        /// For another question.
        case question(since: UInt64)
    }
    private var waiting: Waiting

    init(_ id: ConnectionID, _ stream: Stream, host: String, server: ClockServer, limits: ClockLimits) {
        self.id = id
        self.stream = stream
        self.server = server
        self.limits = limits
        waiting = .line(since: Loop.monotonicNanoseconds)
        peer = stream.peer.map { "\($0)" } ?? "an asker"
        self.host = host
        stream.handler = self
        stream.setNoDelay()
        stream.startReading()
    }

    // MARK: What comes in

    func stream(_ stream: Stream, received bytes: RawSpan) {
        if opening != nil { return begin(with: bytes) }
        bytes.withUnsafeBytes { pending.append(contentsOf: $0) }
        readLines()
    }

    /// Looks at what comes first: TLS, or lines.
    private func begin(with bytes: RawSpan) {
        let all = (opening ?? []) + bytes.withUnsafeBytes { Array($0) }
        opening = all
        switch FirstBytes(all) {
        case .undecided: break
        case .other, .http:
            opening = nil
            pending = all
            readLines()
        case .tls:
            guard server.encrypts, all.count <= limits.helloBytes else {
                return finish(.refusal(info: "this clock speaks in clear alone (--plain-links)"))
            }
            stream.stopReading()
            server.enqueueHandshake(id)
        }
    }

    /// Goes on with what came first: from here on it is TLS.
    func beginTLS(_ filter: TLSFilter) {
        guard !isClosed, let first = opening else { return }
        opening = nil
        stream.install(filter, received: first)
        if !isClosed { stream.startReading() }
    }

    /// Whether the asker has proved that it knows the network's secret.
    private var isProved: Bool { (stream.filter as? TLSFilter)?.provedLinkKey ?? false }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        if error == .filterFailed, let reason = stream.filterFailure {
            server.handshakeFailed(self, reason, hasNamedKey: (stream.filter as? TLSFilter)?.hasNamedWrongKey == true)
            return finish()
        }
        if error != nil { return close() }
        if let first = opening, FirstBytes(first) != .tls { (opening, pending) = (nil, first) }
        // A last line counts without its end. An asker that has shut down its sending side may still want the answer.
        hasEnded = true
        if !pending.isEmpty { pending.append(UInt8(ascii: "\n")) }
        readLines()
    }

    private func readLines() {
        isCutting = true
        defer { isCutting = false }
        var start = 0
        while !isAsking, !isClosed, let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Self.content(pending[start..<end])
            start = end + 1
            take(line)
        }
        if isClosed { return }
        if start > 0 { pending.removeFirst(start) }
        if isAsking {
            stream.stopReading()
            waiting = .nothing
        } else if pending.count > limits.lineBytes {
            finish(.refusal(info: "the received message is longer than \(limits.lineBytes) bytes"))
        } else if hasEnded {
            finish()
        } else {
            waitOn(hasRead: start > 0)
        }
    }

    /// - Parameter hasRead: whether a whole line was read just now.
    private func waitOn(hasRead: Bool) {
        switch waiting {
        // A question that comes byte by byte has the time of one.
        case .line where !hasRead: break
        case .question where !hasRead && pending.isEmpty: break
        default:
            let now = Loop.monotonicNanoseconds
            waiting = pending.isEmpty ? .question(since: now) : .line(since: now)
        }
    }

    private func take(_ line: ArraySlice<UInt8>) {
        guard line.count <= limits.lineBytes else {
            return finish(.refusal(info: "the received message is longer than \(limits.lineBytes) bytes"))
        }
        do throws(WireError) {
            switch try ClockQuestion(line: line.span.bytes, batch: limits.batch) {
            case .time: finish(.time(milliseconds: Loop.wallMilliseconds))
            case .stamps where server.encrypts && !isProved:
                finish(.refusal(info: "stamps are only for those who prove that they know the network's secret"))
            case .stamps(let count, let seen):
                isAsking = true
                server.asked(self, count: count, seen: seen)
            }
        } catch {
            finish(.refusal(info: error.info))
        }
    }

    /// The line without blanks around it, and without the length bytes that the original system's Java programs put
    /// before it.
    private static func content(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, last == 13 || last == 32 || last == 9 { line.removeLast() }
        if let brace = line.prefix(3).firstIndex(of: UInt8(ascii: "{")) { line = line[brace...] }
        return line
    }

    // MARK: What goes out

    func answer(_ stamps: ClockStamps) {
        guard !isClosed else { return }
        isAsking = false
        stream.write(ClockAnswer.stamps(stamps).line)
        if stream.queuedBytes > limits.unreadBytes { return close() }
    }

    /// Reads on after `answer`: first the lines that came while the question waited, then further ones.
    func advance() {
        guard !isClosed, !isAsking, !isCutting else { return }
        if !hasEnded { stream.startReading() }
        readLines()
    }

    /// Sends a last answer, if there is one, and closes the connection.
    func finish(_ answer: ClockAnswer? = nil, within limit: Duration? = nil) {
        guard !isClosed else { return }
        if let answer { stream.write(answer.line) }
        isClosed = true
        stream.finish(within: limit ?? limits.goodbye)
        server.left(self)
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        stream.close()
        server.left(self)
    }

    /// Called about once a second: closes the connection if its asker has kept the clock waiting for too long.
    func checkPatience(at nanoseconds: UInt64) {
        switch waiting {
        case .nothing: break
        case .line(let since):
            guard nanoseconds > since, nanoseconds - since > limits.patience.waitNanoseconds else { return }
            finish(.refusal(info: "no whole message came within \(limits.patience.wholeMilliseconds / 1000) s"))
        case .question(let since):
            guard limits.idle > .zero, nanoseconds > since, nanoseconds - since > limits.idle.waitNanoseconds
            else { return }
            let seconds = limits.idle.wholeMilliseconds / 1000
            finish(.refusal(info: "no question came for \(seconds) s, see the clock's --idle-timeout"))
        }
    }
}
