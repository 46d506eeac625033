import CLibUV

/// What a stream needs while it says its last word.
final class Finishing {
    let timer: Timer
    let request: UnsafeMutablePointer<uv_shutdown_t>
    /// Our sending side is shut down: the other side has got, or will get, everything and then the end.
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
    /// What is queued is sent, then the sending side is shut down, then what the other side still sends is read
    /// and thrown away until it ends or the time is up; then the stream closes. A plain `close()` with unread
    /// bytes would reset the connection and could take back the answer. The handler hears nothing any more.
    ///
    /// - Parameter timeLimit: the longest that all this may take; zero closes in the next turn.
    public func finish(within timeLimit: Duration) {
        guard !isClosed, finishing == nil else { return }
        handler = nil
        // The other side's end was read, so closing resets nothing: what the kernel has goes out still.
        if hasFailed || (hasEnded && queue == nil) {
            close()
            return
        }
        // Unowned: libuv holds the stream until it is closed, and the timer is closed with it.
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
        // Refused when the connection is broken already: then nothing can arrive.
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
