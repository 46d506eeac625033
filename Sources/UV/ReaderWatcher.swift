import Glibc

/// Notices that nobody reads standard output any more, also while there is nothing to write: a program that waits for
/// others to say something would otherwise stay for ever behind a reader that has gone.
///
/// It looks now and then. libuv would have to be given the descriptor, and make it non-blocking for all who share it.
public final class ReaderWatcher {
    private var timer: Timer?

    /// Begins to look; what is no pipe or socket has no reader.
    ///
    /// - Parameter gone: called once, and `StandardOutput` has failed from then on.
    public init(on loop: Loop, gone: @escaping () -> Void) {
        var status = stat()
        guard fstat(1, &status) == 0, [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else { return }
        timer = Timer(on: loop) { [unowned self] in
            guard !Self.isRead else { return }
            close()
            gone()
        }
        timer?.start(after: UVLimits.readerCheck, repeating: UVLimits.readerCheck)
    }

    private static var isRead: Bool {
        // Nothing is asked for: an error and the end of the other side are told anyway.
        var end = pollfd(fd: 1, events: 0, revents: 0)
        return poll(&end, 1, 0) <= 0 || end.revents & Int16(POLLERR | POLLHUP) == 0
    }

    /// Looks once more, and ends. To be called before it is let go; idempotent.
    public func close() {
        guard let timer else { return }
        timer.close()
        self.timer = nil
        if !Self.isRead { StandardOutput.readerHasGone() }
    }
}
