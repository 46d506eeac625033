import TLS
import Tree
import UV

/// Finds out whether a server encrypts links, for a node that may speak in clear to one that doesn't
/// (docs/protocol.md#encrypted-links).
///
/// A server that begins to speak TLS isn't spoken to in clear, whatever comes of it: it has another secret.
final class LinkTrial: StreamHandler {
    enum Outcome {
        /// The server has proved that it knows the secret. Its stream belongs to the caller.
        case encrypted
        /// It speaks TLS, and hasn't proved that.
        case refused
        /// It doesn't encrypt, or says nothing.
        case inClear
    }

    private let stream: Stream
    private let done: (Outcome) -> Void
    private var patience: Timer?

    init(_ stream: Stream, done: @escaping (Outcome) -> Void) {
        self.stream = stream
        self.done = done
    }

    func begin(on loop: Loop, _ context: TLSContext) {
        stream.handler = self
        stream.setNoDelay()
        guard let filter = try? TLSFilter(context) else { return end(.refused) }
        patience = Timer(on: loop) { [unowned self] in end(.inClear) }
        patience?.start(after: Settings.plainPatience)
        stream.install(filter)
        stream.startReading()
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {}
    func streamDrained(_ stream: Stream) {}
    func streamOpened(_ stream: Stream) { end(.encrypted) }

    func streamEnded(_ stream: Stream, error: UVError?) {
        let first = (stream.filter as? TLSFilter)?.firstBytes ?? []
        end(ForeignServer.recognised(by: first.span.bytes, isAll: true) == .tls ? .refused : .inClear)
    }

    private func end(_ outcome: Outcome) {
        guard patience != nil || outcome == .refused else { return }
        patience?.close()
        patience = nil
        if outcome != .encrypted { stream.close() }
        done(outcome)
    }

    func close() {
        patience?.close()
        patience = nil
        stream.close()
    }
}
