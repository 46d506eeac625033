import CLibUV
import Glibc

/// Calls back, on the loop, when a signal of the operating system comes.
///
/// A watcher alone doesn't keep the loop running.
public final class SignalWatcher {
    private let loop: Loop
    private let handle = HandleMemory<uv_signal_t>()
    private var received: (() -> Void)?

    /// - Parameter signal: a number such as `SignalWatcher.terminate`.
    public init(on loop: Loop, signal: Int32, received: @escaping () -> Void) {
        self.loop = loop
        self.received = received
        must(uv_signal_init(loop.raw, handle.pointer), "uv_signal_init")
        handle.retain(self)
        must(uv_signal_start(handle.pointer, signalDidArrive, signal), "uv_signal_start")
        uv_unref(handle.base)
    }

    deinit {
        handle.free()
    }

    /// Gives the signal back its default meaning. To be called before the last reference goes; idempotent.
    public func close() {
        guard received != nil else { return }
        received = nil
        handle.close()
    }

    fileprivate func didArrive() {
        received?()
    }
}

extension SignalWatcher {
    /// Makes two kinds of writes fail that would otherwise end the process: to a pipe that nobody reads (SIGPIPE), and
    /// beyond the size that a file may have (SIGXFSZ).
    public static func failWrites() {
        Glibc.signal(SIGPIPE, SIG_IGN)
        Glibc.signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether the process was started with this signal ignored, as `nohup` does with SIGHUP: it shall live on.
    public static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// SIGINT: Control-C.
    public static let interrupt: Int32 = 2
    /// SIGTERM: the program is asked to end.
    public static let terminate: Int32 = 15
    /// SIGHUP: the terminal is gone.
    public static let hangUp: Int32 = 1
    /// SIGQUIT: Control-\.
    public static let quit: Int32 = 3
    /// SIGCONT: a stopped process continues.
    public static let continued: Int32 = 18
    /// SIGTSTP: Control-Z.
    public static let suspend: Int32 = 20
    /// SIGUSR1
    public static let user1: Int32 = 10
    /// SIGWINCH: the terminal has another size.
    public static let windowChanged: Int32 = 28

    /// Sends this process a signal, and returns when it was delivered.
    public static func raise(_ signal: Int32) {
        _ = Glibc.raise(signal)
    }
}

private func signalDidArrive(_ handle: UnsafeMutablePointer<uv_signal_t>?, _ number: Int32) {
    withOwner(handle!.pointee.data, as: SignalWatcher.self) { $0.didArrive() }
}
