import TLS
import Tree
import UV
import Wire

/// A connection to a node for lines of JSON. It looks the host up, connects, and cuts the received bytes into lines.
///
/// Its owner holds it. After `close()` or `finish(within:)` it reports nothing. One of the two has to be called before
/// the last reference goes.
package final class LineConnection: StreamHandler {
    package enum Event: Sendable {
        case connected
        /// A line without its end.
        case line([UInt8])
        /// The connection could not be made, or was lost. This is the last event.
        case ended(ConnectionFailure)
    }

    /// The longest line that is accepted from a server, in bytes. The line of an entry has at most 1 MiB.
    package static let usualLineBytes = 16 << 20
    /// A node that vanished without a word, and isn't asked by `PING`, is given up after some ten seconds.
    private static let liveness = Liveness(within: .seconds(10))

    private let limitBytes: Int
    /// Nil for a connection in clear.
    private let tls: TLSContext?
    /// The host that was asked for, whose name a certificate has to have.
    private let host: String
    private var happened: ((Event) -> Void)?
    private var dial: Dial?
    private var stream: Stream?
    private var framing = LineFraming()
    private var isPaused = false

    /// - Parameters:
    ///   - connectTimeout: the time for all of the host's addresses together.
    ///   - limitBytes: the longest line; a longer one ends the connection.
    ///   - tls: encrypts, and accepts only a server that proves what this demands: a certificate for the host, or a
    ///     secret; nil for a connection in clear.
    package init(
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
            case .failure(let error): end(ConnectionFailure(error, connectingTo: address.host))
            }
        }
    }

    private func begin(_ stream: Stream) {
        self.stream = stream
        stream.handler = self
        stream.setNoDelay()
        stream.setLiveness(Self.liveness)
        if let tls {
            do throws(TLSError) { stream.install(try TLSFilter(tls, host: host)) } catch {
                return end(ConnectionFailure("\(error)"))
            }
        } else {
            happened?(.connected)
        }
        if !isPaused { self.stream?.startReading() }
    }

    package func streamOpened(_ stream: Stream) { happened?(.connected) }

    // MARK: Sending and closing

    package func send(_ bytes: [UInt8]) {
        stream?.write(bytes)
    }

    /// Closes the connection at once; idempotent.
    package func close() {
        stream?.close()
        silence()
    }

    /// Stops reading, for as long as whoever takes the lines is behind. Lines that were read already still come.
    func pause() {
        isPaused = true
        stream?.stopReading()
    }

    func resume() {
        isPaused = false
        stream?.startReading()
    }

    /// Closes the connection when everything is sent, at the latest after `limit`.
    package func finish(within limit: Duration) {
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

    private func end(_ failure: ConnectionFailure) {
        let tell = happened
        close()
        tell?(.ended(failure))
    }

    // MARK: Receiving

    package func stream(_ stream: Stream, received bytes: RawSpan) {
        let limit = LineLimit(limitBytes)
        cut { framing, line in framing.read(bytes, limit: limit, line) }
    }

    package func streamDrained(_ stream: Stream) {}

    package func streamEnded(_ stream: Stream, error: UVError?) {
        // A last line counts without its end.
        if error == nil {
            let limit = LineLimit(limitBytes)
            cut { framing, line in framing.end(limit: limit, line) }
        }
        let filter = stream.filter as? TLSFilter
        let words = stream.filterFailure ?? error?.message ?? "the connection was closed"
        if filter?.hasUnprovedKey == true { return end(ConnectionFailure(words, .unproved)) }
        guard let fault = filter?.fault else { return end(ConnectionFailure(words)) }
        end(ConnectionFailure(words, .tls(fault)))
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
        if case .tooLong(let limit) = outcome { end(ConnectionFailure("it sent a line of more than \(limit) bytes")) }
    }
}
