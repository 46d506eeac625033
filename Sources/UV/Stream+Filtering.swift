import CLibUV

/// The additional state of a stream with a filter.
final class Filtering {
    let filter: any StreamFilter
    /// The bytes that were written before the filter opened.
    var pending: [UInt8] = []
    /// The handler knows that it has opened.
    var hasOpened = false
    /// Why nothing is read or written any more.
    var failure: String?

    init(_ filter: any StreamFilter) {
        self.filter = filter
    }
}

extension Stream {
    /// Puts a filter between the socket and the handler, once and for good: from now on the handler reads and writes
    /// text, and the filter's bytes pass the socket. Text that is written before the filter has opened waits for it.
    ///
    /// A plain stream costs nothing more for this: the filter's state stands in an object of its own.
    ///
    /// - Parameter first: bytes that were read already and belong to the filter.
    public func install(_ filter: any StreamFilter, received first: [UInt8] = []) {
        precondition(filtering == nil && finishing == nil && fanOutIndex < 0, "a filter is installed once, and first")
        guard !isClosed else { return }
        filtering = Filtering(filter)
        filter.begin { send($0) }
        guard !first.isEmpty else { return judge() }
        loop.bytesOfRead = first.count
        receive(first.span.bytes)
    }

    /// Whether a filter stands between the socket and the handler.
    public var isFiltered: Bool { filtering != nil }

    /// The filter that was installed.
    public var filter: (any StreamFilter)? { filtering?.filter }

    /// Why the filter has ended the connection, in its words; nil if it hasn't.
    public var filterFailure: String? { filtering?.failure }

    /// Takes bytes of the socket for the filter.
    func receive(_ bytes: RawSpan) {
        guard let filtering, filtering.failure == nil else { return }
        loop.filteringSince = Loop.monotonicNanoseconds
        filtering.filter.receive(bytes) {
            send($0)
        } text: { text in
            open(filtering)
            if finishing == nil { handler?.stream(self, received: text) }
        }
        judge()
    }

    /// Tells the handler the filter's new state.
    private func judge() {
        guard let filtering, !isClosed, finishing == nil else { return }
        switch filtering.filter.state {
        case .opening: break
        case .open: open(filtering)
        case .ended:
            open(filtering)
            guard !hasEnded, !isClosed, finishing == nil else { return }
            stopReading()
            hasEnded = true
            handler?.streamEnded(self, error: nil)
        case .failed(let reason): fail(reason, filtering)
        }
    }

    private func open(_ filtering: Filtering) {
        guard !filtering.hasOpened else { return }
        filtering.hasOpened = true
        let pending = filtering.pending
        filtering.pending = []
        if !pending.isEmpty, finishing == nil { filtering.filter.write(pending.span.bytes) { send($0) } }
        handler?.streamOpened(self)
    }

    /// The connection still stands, so that the other side can read why: the owner has to close it.
    private func fail(_ reason: String, _ filtering: Filtering, as error: UVError = .filterFailed) {
        guard filtering.failure == nil else { return }
        filtering.failure = reason
        handler?.streamEnded(self, error: error)
    }

    /// The other side has closed the socket. If the filter hasn't said so before, an attacker may have cut off what it
    /// wrote last.
    func endFiltered(_ filtering: Filtering) {
        if filtering.hasOpened {
            fail("the connection was cut off", filtering, as: .connectionReset)
        } else {
            fail("the other side closed the connection in the handshake", filtering)
        }
    }

    func writeFiltered(_ bytes: RawSpan, _ filtering: Filtering) {
        guard filtering.failure == nil else { return }
        guard filtering.hasOpened else {
            bytes.withUnsafeBytes { filtering.pending.append(contentsOf: $0) }
            return
        }
        filtering.filter.write(bytes) { send($0) }
    }

    /// To be called before the stream finishes.
    func finishFiltered() {
        guard let filtering, filtering.hasOpened, filtering.failure == nil, !hasFailed else { return }
        filtering.filter.finish { send($0) }
    }
}
