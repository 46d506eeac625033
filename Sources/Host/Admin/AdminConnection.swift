import HTTPCodec
import TLS
import UV

/// A connection to the admin port: requests in, one after the other, and their answers.
///
/// No request is looked at before the answer to the one before was taken, so a connection holds one answer at most, and
/// what came with one read.
final class AdminConnection: StreamHandler {
    let stream: Stream
    private unowned let server: AdminServer
    private let reader: HTTPRequestReader
    /// The first bytes, until they show whether this is TLS; nil from then on.
    private var opening: [UInt8]? = []
    /// The request whose answer isn't known yet.
    private var asked: HTTPRequest?
    private var isEnding = false
    /// The other side sends nothing more.
    private var hasEnded = false
    /// `advance` is at work, and looks at what follows by itself.
    private var isGoingOn = false
    /// When the state of this connection last changed, in nanoseconds of the monotonic clock.
    private(set) var since: UInt64

    init(_ stream: Stream, _ server: AdminServer) {
        self.stream = stream
        self.server = server
        var limits = HTTPLimits()
        limits.headBytes = Settings.adminHeadBytes
        limits.bodyBytes = Settings.adminBodyBytes
        reader = HTTPRequestReader(limits: limits)
        since = Loop.monotonicNanoseconds
        stream.handler = self
    }

    /// Nothing was asked, and nothing waits to be sent.
    var isIdle: Bool {
        opening == nil && asked == nil && reader.progress == .idle && stream.queuedBytes == 0
            && stream.filter?.state != .opening
    }

    // MARK: Coming

    func stream(_ stream: Stream, received bytes: RawSpan) {
        guard !isEnding else { return }
        guard let kept = opening else { return take(bytes) }
        let first = kept + bytes.withUnsafeBytes { Array($0) }
        switch FirstBytes(first) {
        case .undecided: opening = first
        case .other, .http:
            opening = nil
            take(first.span.bytes)
        case .tls:
            opening = nil
            guard let context = server.tls, first.count <= Settings.helloBytes,
                let filter = try? TLSFilter(context)
            else {
                stream.write(FirstBytes.noTLS)
                return end()
            }
            stream.install(filter, received: first)
        }
    }

    private func take(_ bytes: RawSpan) {
        if reader.progress == .idle { since = Loop.monotonicNanoseconds }
        reader.receive(bytes)
        advance()
    }

    func streamDrained(_ stream: Stream) { advance() }

    func streamEnded(_ stream: Stream, error: UVError?) {
        // What was asked is still answered, unless the connection is broken.
        hasEnded = true
        if error == nil { advance() } else { end() }
    }

    /// Looks at what has come, until an answer is on its way.
    private func advance() {
        guard !isGoingOn else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        while !isEnding, asked == nil, stream.queuedBytes == 0, let input = reader.next() {
            since = Loop.monotonicNanoseconds
            switch input {
            case .request(let request):
                asked = request
                server.answer(request, self)
            case .waiting(let request):
                respond(HTTPResponse(status: 413, text: "no body is wanted\n"), request, isLast: true)
            case .fault(let fault): respond(fault.response, nil, isLast: true)
            }
        }
        guard !isEnding, !stream.isClosed else { return }
        if hasEnded, asked == nil, !reader.hasBacklog { return end() }
        if reader.hasBacklog { stream.stopReading() } else { stream.startReading() }
    }

    // MARK: Answering

    /// The answer to the request that was handed over.
    func respond(_ response: HTTPResponse) {
        guard let request = asked, !isEnding else { return }
        asked = nil
        respond(response, request, isLast: false)
        // More may have come meanwhile, and wait.
        advance()
    }

    private func respond(_ response: HTTPResponse, _ request: HTTPRequest?, isLast: Bool) {
        var response = response
        response.fields.append("Date", HTTPDate.text(Int(Loop.wallMilliseconds / 1000)))
        response.fields.append("Cache-Control", "no-store")
        server.count(response.status)
        since = Loop.monotonicNanoseconds
        stream.write(response.bytes(answering: request, isLast: isLast))
        if isLast || request?.keepsAlive != true { end() }
    }

    /// Ends the connection, after what was written.
    func end() {
        guard !isEnding else { return }
        isEnding = true
        _ = reader.giveUp()
        stream.finish(within: server.lingerLimit)
        server.forget(self)
    }

    /// Ends the connection at once.
    func close() {
        isEnding = true
        stream.close()
        server.forget(self)
    }

    /// Whether the connection is from this machine.
    var isLocal: Bool { stream.peer?.isLoopback == true }
}
