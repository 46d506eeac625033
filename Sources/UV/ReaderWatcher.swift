import Glibc

/// Notices that nobody reads standard output any more, also while there is nothing to write. Otherwise a program that
/// waits for others' messages would run for ever after its reader has gone.
///
/// It checks at intervals. To be told of the event, libuv would have to own the descriptor, and would make it
/// non-blocking for all processes that share it.
public final class ReaderWatcher {
    private var timer: Timer?

    /// Begins to check. If standard output is neither pipe nor socket, there is no reader to watch.
    ///
    /// - Parameter gone: called once when the reader has gone. From then on `StandardOutput` has failed.
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
        // No event is asked for: errors and a hang-up are always reported.
        var end = pollfd(fd: 1, events: 0, revents: 0)
        return poll(&end, 1, 0) <= 0 || end.revents & Int16(POLLERR | POLLHUP) == 0
    }

    /// Checks once more, and ends. To be called before the last reference goes; idempotent.
    public func close() {
        guard let timer else { return }
        timer.close()
        self.timer = nil
        if !Self.isRead { StandardOutput.readerHasGone() }
    }
}
