internal import NIOHTTP1

/// What a reader hands back.
public enum HTTPInput: Equatable, Sendable {
    /// A whole request. It is answered before the next one is taken.
    case request(HTTPRequest)
    /// The head of a request whose sender waits before it sends the body. The answer is `HTTPResponse.interim`, after
    /// which the request comes whole; or a final answer, after which the connection has to end.
    case waiting(HTTPRequest)
    /// What came is no request that can be read. The answer is `HTTPFault.response`, and the connection ends. Nothing
    /// follows.
    case fault(HTTPFault)
}

/// Cuts the bytes of one connection into requests of HTTP/1.1.
///
///     bytes ──receive──▶ backlog ──a slice──▶ parser ──parts──▶ request so far ──▶ inputs ──next──▶ the owner
///
/// It has no socket and no clock. The owner gives it what came, takes inputs until there is none, answers each, and
/// closes a connection whose request takes too long (`progress`). A sender may send many requests without waiting for
/// answers: what follows the one that is being answered stays in the backlog as it came, so the owner should read from
/// the connection only while `hasBacklog` is false.
///
/// A request that may upgrade stops the parser behind it. The owner either upgrades the connection and takes the bytes
/// that follow (`giveUp`), or answers as if nothing were asked and goes on with `next`.
///
/// All calls have to come from one thread.
public final class HTTPRequestReader {
    /// How much of a request has come.
    public enum Progress: Equatable, Sendable {
        /// Nothing since the last one.
        case idle
        /// Some of its head.
        case head
        /// Its head, and perhaps some of its body.
        case body
    }

    private let limits: HTTPLimits
    /// nil once there was a fault, or the reader was given up.
    private var parser: RequestParser?
    private var backlog: ArraySlice<UInt8> = []
    private var inputs: [HTTPInput] = []
    /// The request whose head has come, without the end of its body.
    private var partial: HTTPRequest?
    private var partialWaits = false
    /// Bytes since the last whole request, of a slice in which one ended none.
    private var bytesOfPartial = 0
    /// Whether the parser stopped behind a request that may upgrade.
    private var isStopped = false

    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        parser = RequestParser(limits)
    }

    /// Takes bytes that came. They are looked at by `next`. After a fault, or when the reader was given up, they are
    /// dropped.
    public func receive(_ bytes: RawSpan) {
        guard parser != nil else { return }
        bytes.withUnsafeBytes { backlog.append(contentsOf: $0) }
    }

    /// Whether bytes wait to be looked at. Then `next` has to be called until it returns nil, before more are read.
    public var hasBacklog: Bool { !backlog.isEmpty || !inputs.isEmpty }

    public var progress: Progress {
        if partial != nil { return .body }
        return bytesOfPartial == 0 && backlog.isEmpty ? .idle : .head
    }

    /// The next input; nil if there is none until more bytes come. To be called when the one before was answered. A
    /// request that may upgrade, and that was handed back before, is taken as answered without an upgrade.
    public func next() -> HTTPInput? {
        while true {
            if !inputs.isEmpty { return inputs.removeFirst() }
            guard let parser else { return nil }
            if isStopped {
                isStopped = false
                backlog = parser.takeRest() + backlog
                self.parser = RequestParser(limits)
            }
            guard !backlog.isEmpty else { return nil }
            parseSlice()
        }
    }

    /// Ends the reading of requests, and frees the parser.
    ///
    /// - Returns: the bytes that followed a request that may upgrade; nothing after any other request.
    public func giveUp() -> [UInt8] {
        defer { end() }
        guard isStopped, let parser else { return [] }
        return parser.takeRest() + backlog
    }

    private func end() {
        parser = nil
        (backlog, inputs, partial) = ([], [], nil)
    }

    private func parseSlice() {
        let slice = backlog.prefix(HTTPLimits.sliceBytes)
        backlog = backlog.dropFirst(slice.count)
        if backlog.isEmpty { backlog = [] }
        bytesOfPartial += slice.count
        let (parts, fault) = parser!.parse(slice)
        do throws(HTTPFault) {
            for part in parts { try take(part) }
            if let fault { throw fault }
            try checkLength()
        } catch {
            let whole = inputs
            end()
            inputs = whole + [.fault(error)]
        }
        if partialWaits, let partial, partial.body.isEmpty {
            partialWaits = false
            inputs.append(.waiting(partial))
        }
    }

    private func take(_ part: HTTPServerRequestPart) throws(HTTPFault) {
        switch part {
        case .head(let head):
            let request = try RequestHead.request(of: head)
            let framing = try RequestHead.framing(of: request, limits: limits)
            partialWaits = try RequestHead.waits(request, framing: framing)
            partial = request
        case .body(let buffer):
            guard partial!.body.count + buffer.readableBytes <= limits.bodyBytes else { throw .bodyTooLong(limits) }
            partial!.body.append(contentsOf: buffer.readableBytesView)
        case .end:
            // Trailers are of no use to anybody here.
            isStopped = !partial!.upgrades.isEmpty
            inputs.append(.request(partial!))
            (partial, bytesOfPartial) = (nil, 0)
        }
    }

    /// Blanks, and what may stand beside the length of a chunk, reach no bound of the parser.
    private func checkLength() throws(HTTPFault) {
        let allowed = partial == nil ? 0 : limits.bodyBytes * HTTPLimits.bytesPerBodyByte
        guard bytesOfPartial > limits.headBytes + HTTPLimits.sliceBytes + allowed else { return }
        if partial == nil { throw .headTooLong(limits) }
        throw .bad("there is too much around the bytes of the body")
    }
}
