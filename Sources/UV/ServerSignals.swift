import Glibc

/// What signals mean to a server. Every signal that would end the program ends it in order; the others don't end it.
public final class ServerSignals {
    /// What a signal asks for.
    public enum Meaning: Sendable {
        /// The program shall end: SIGTERM, SIGINT, and all others that end a program by default and that it can catch.
        case end
        /// SIGHUP: the program shall read its configuration again.
        case reload
        /// SIGUSR1 and SIGUSR2, which have no meaning here.
        case nothing
    }

    private var watchers: [SignalWatcher] = []

    /// Begins to listen for signals. Signals that say that the program is broken (SIGSEGV and the like) keep their
    /// meaning, and so do those of a terminal's job control.
    ///
    /// - Parameter received: gets each signal's meaning and its name.
    public init(on loop: Loop, received: @escaping (Meaning, String) -> Void) {
        for (number, meaning, name) in Self.all {
            watchers.append(SignalWatcher(on: loop, signal: number) { received(meaning, name) })
        }
    }

    /// Gives the signals back their default meaning; idempotent.
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

    /// glibc uses the two real-time signals below the first one itself.
    private static let firstRealTime: Int32 = 34
    private static let lastRealTime: Int32 = 64
}
