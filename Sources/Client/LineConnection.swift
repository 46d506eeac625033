import TLS
import Tree
import UV
import Wire

/// A connection to a node for lines of JSON. It looks the host up, connects, and cuts the received bytes into lines.
///
/// Its owner holds it. After `close()` or `finish(within:)` it reports nothing. One of the two has to be called before
/// the last reference goes.
final class LineConnection: StreamHandler {
    enum Event {
        case connected
        /// A line without its end.
        case line([UInt8])
        /// The connection could not be made, or was lost. This is the last event.
        case ended(reason: String)
        /// The other side hasn't proved that it knows the secret, and was told nothing. This is the last event.
        case unproved(reason: String)
    }

    private let limitBytes: Int
    /// Nil for a connection in clear.
    private let tls: TLSContext?
    /// The host that was asked for, whose name a certificate has to have.
    private let host: String
    private var happened: ((Event) -> Void)?
    private var dial: Dial?
    private var stream: Stream?
    private var framing = LineFraming()

    /// - Parameters:
    ///   - connectTimeout: the time for all of the host's addresses together.
    ///   - limitBytes: the longest line; a longer one ends the connection.
    ///   - tls: encrypts, and accepts only a server that proves what this demands: a certificate for the host, or a
    ///     secret; nil for a connection in clear.
    init(
        on loop: Loop, to address: Address, connectTimeout: Duration, limitBytes: Int, tls: TLSContext?,
        happened: @escaping (Event) -> Void
    ) {
        self.limitBytes = limitBytes
        self.tls = tls
        host = address.host
        self.happened = happened
        dial = Stream.connect(on: loop, toHost: address.host, port: address.port, timeout: connectTimeout) {
            [unowned self] result in
            dial = nil
            switch result {
            case .success(let stream): begin(stream)
            case .failure(let error): end(error.message)
            }
        }
    }

    private func begin(_ stream: Stream) {
        self.stream = stream
        stream.handler = self
        stream.setNoDelay()
        stream.setLiveness(ClientLimits.liveness)
        if let tls {
            do throws(TLSError) { stream.install(try TLSFilter(tls, host: host)) } catch { return end("\(error)") }
        } else {
            happened?(.connected)
        }
        self.stream?.startReading()
    }

    func streamOpened(_ stream: Stream) { happened?(.connected) }

    // MARK: Sending and closing

    func send(_ bytes: [UInt8]) {
        stream?.write(bytes)
    }

    /// Closes the connection at once; idempotent.
    func close() {
        stream?.close()
        silence()
    }

    /// Closes the connection when everything is sent, at the latest after `limit`.
    func finish(within limit: Duration) {
        stream?.finish(within: limit)
        silence()
    }

    private func silence() {
        happened = nil
        dial?.cancel()
        dial = nil
        stream = nil
        framing = LineFraming()
    }

    private func end(_ reason: String) {
        let tell = happened
        close()
        tell?(.ended(reason: reason))
    }

    // MARK: Receiving

    func stream(_ stream: Stream, received bytes: RawSpan) {
        let limit = LineLimit(limitBytes)
        cut { framing, line in framing.read(bytes, limit: limit, line) }
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        // A last line counts without its end.
        if error == nil {
            let limit = LineLimit(limitBytes)
            cut { framing, line in framing.end(limit: limit, line) }
        }
        let reason = stream.filterFailure ?? error?.message ?? "the connection was closed"
        if let filter = stream.filter as? TLSFilter, filter.hasUnprovedKey { return endUnproved(reason) }
        end(reason)
    }

    private func endUnproved(_ reason: String) {
        let tell = happened
        close()
        tell?(.unproved(reason: reason))
    }

    private func cut(_ read: (inout LineFraming, LineFraming.Reader) -> LineFraming.Outcome) {
        // The framing is taken out, since the owner may close this connection while it handles a line.
        var framing = LineFraming()
        swap(&framing, &self.framing)
        let outcome = read(&framing) { line, _ in
            if line.byteCount > 0 { happened?(.line(line.withUnsafeBytes { Array($0) })) }
            return happened == nil ? .wait : .more
        }
        guard happened != nil else { return }
        swap(&framing, &self.framing)
        if case .tooLong(let limit) = outcome { end("it sent a line of more than \(limit) bytes") }
    }
}
