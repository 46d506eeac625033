import CLibUV

/// Calls back when a socket that another library owns can be read from or written to.
///
/// The owner of the socket may close it as soon as the watcher was closed. A watcher that watches keeps the loop
/// running.
public final class SocketWatcher {
    /// What a socket is ready for. A broken socket is ready for both.
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        public static let reading = Readiness(rawValue: Int32(UV_READABLE.rawValue))
        public static let writing = Readiness(rawValue: Int32(UV_WRITABLE.rawValue))
    }

    private let loop: Loop
    private let poll = HandleMemory<uv_poll_t>()
    private var ready: ((Readiness) -> Void)?

    /// - Parameters:
    ///   - descriptor: of the socket. It becomes non-blocking.
    ///   - ready: called from the loop as long as the socket is ready for what is watched.
    public init(on loop: Loop, descriptor: Int32, ready: @escaping (Readiness) -> Void) {
        self.loop = loop
        self.ready = ready
        must(uv_poll_init(loop.raw, poll.pointer, descriptor), "uv_poll_init")
        poll.retain(self)
    }

    deinit {
        poll.free()
    }

    /// Watches for these kinds of readiness, instead of the former ones.
    public func watch(for wanted: Readiness) {
        guard ready != nil else { return }
        must(uv_poll_start(poll.pointer, wanted.rawValue, socketIsReady), "uv_poll_start")
    }

    /// Stops watching. To be called before the socket is closed; idempotent.
    public func close() {
        guard ready != nil else { return }
        ready = nil
        poll.close()
    }

    fileprivate func isReady(_ status: Int32, _ events: Int32) {
        ready?(status < 0 ? [.reading, .writing] : Readiness(rawValue: events))
    }
}

private func socketIsReady(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    withOwner(handle!.pointee.data, as: SocketWatcher.self) { $0.isReady(status, events) }
}
