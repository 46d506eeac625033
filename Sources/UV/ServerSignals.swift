import Glibc

/// What signals mean to a program that serves others: whatever would end it ends it in order, and nothing else does.
public final class ServerSignals {
    /// What a signal asks for.
    public enum Meaning: Sendable {
        /// To leave: SIGTERM, SIGINT, and all others that end a program by default and that it can catch.
        case end
        /// SIGHUP: to read again what is configured.
        case reload
        /// SIGUSR1 and SIGUSR2, which are free for a use of one's own.
        case nothing
    }

    private var watchers: [SignalWatcher] = []

    /// Begins to listen for signals. Those that say that the program is broken (SIGSEGV and its like) keep their
    /// meaning, and so do those of a terminal's job control.
    ///
    /// - Parameter received: gets each signal's meaning and its name.
    public init(on loop: Loop, received: @escaping (Meaning, String) -> Void) {
        for (number, meaning, name) in Self.all {
            watchers.append(SignalWatcher(on: loop, signal: number) { received(meaning, name) })
        }
    }

    /// Gives the signals their default meaning back; idempotent.
    public func close() {
        for watcher in watchers { watcher.close() }
        watchers = []
    }

    private static let all: [(Int32, Meaning, String)] =
        [
            (SIGHUP, .reload, "SIGHUP"), (SIGUSR1, .nothing, "SIGUSR1"), (SIGUSR2, .nothing, "SIGUSR2"),
            (SIGTERM, .end, "SIGTERM"), (SIGINT, .end, "SIGINT"), (SIGQUIT, .end, "SIGQUIT"),
            (SIGALRM, .end, "SIGALRM"), (SIGVTALRM, .end, "SIGVTALRM"), (SIGPROF, .end, "SIGPROF"),
            (SIGXCPU, .end, "SIGXCPU"), (SIGIO, .end, "SIGIO"), (SIGPWR, .end, "SIGPWR"),
            (SIGSTKFLT, .end, "SIGSTKFLT"),
        ] + (firstRealTime...lastRealTime).map { ($0, .end, "SIGRTMIN+\($0 - firstRealTime)") }

    /// Below the first one glibc has two of its own.
    private static let firstRealTime: Int32 = 34
    private static let lastRealTime: Int32 = 64
}
