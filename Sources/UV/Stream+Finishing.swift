import CLibUV

/// What a stream needs while it sends its last answer.
final class Finishing {
    let timer: Timer
    let request: UnsafeMutablePointer<uv_shutdown_t>
    /// Our sending side is shut down: the other side has received, or will receive, everything and then the end.
    var isShutDown = false

    init(timer: Timer) {
        self.timer = timer
        request = .allocate(capacity: 1)
    }

    deinit {
        request.deallocate()
    }
}

extension Stream {
    /// Closes the connection so that the last answer arrives (`docs/protocol.md`, closing).
    ///
    /// The stream sends all queued bytes and shuts its sending side down. Then it reads and drops the other side's
    /// bytes, until these end or the time is up, and closes. A plain `close()` with unread bytes would reset the
    /// connection, which can destroy the answer on its way. The handler isn't called any more.
    ///
    /// - Parameter timeLimit: the longest time for all of this; zero closes in the next turn.
    public func finish(within timeLimit: Duration) {
        guard !isClosed, finishing == nil else { return }
        handler = nil
        finishFiltered()
        // The other side's end was read, so closing resets nothing: the kernel still sends the bytes that it has.
        if hasFailed || (hasEnded && queue == nil) {
            close()
            return
        }
        // The reference is unowned: libuv holds the stream until it is closed, and the timer is closed with it.
        let timer = Timer(on: loop) { [unowned self] in close() }
        finishing = Finishing(timer: timer)
        timer.start(after: timeLimit)
        if queue == nil { shutDown() }
        if !isClosed { startReading() }
    }

    /// Whether `finish(within:)` was called and the stream is not closed yet.
    public var isFinishing: Bool {
        finishing != nil && !isClosed
    }

    func shutDown() {
        guard let finishing, !isClosed else { return }
        // libuv refuses this when the connection is broken already. Then nothing can arrive.
        if uv_shutdown(finishing.request, tcp.stream, streamDidShutDown) < 0 { close() }
    }

    fileprivate func didShutDown(_ status: Int32) {
        guard !isClosed else { return }
        finishing?.isShutDown = true
        if status < 0 { close() } else { finishIfDone() }
    }

    func finishIfDone() {
        if let finishing, finishing.isShutDown, hasEnded { close() }
    }
}

private func streamDidShutDown(_ request: UnsafeMutablePointer<uv_shutdown_t>?, _ status: Int32) {
    withOwner(request!.pointee.handle.pointee.data, as: Stream.self) { $0.didShutDown(status) }
}
