import CSystemd
import UV

/// Tells the service manager that has started this program how it is: sd_notify(3). Units with `Type=notify` wait for
/// `ready`, and with `WatchdogSec=` the program is restarted when its loop no longer turns.
///
/// Where no service manager listens (NOTIFY_SOCKET isn't set), nothing is told.
public final class ServiceNotifier {
    private let watchdog: Timer
    private var waiting: Timer?

    public init(on loop: Loop) {
        watchdog = Timer(on: loop) { Self.tell("WATCHDOG=1") }
        var microseconds: UInt64 = 0
        if sd_watchdog_enabled(0, &microseconds) > 0 {
            // Half of the time, as sd_watchdog_enabled(3) recommends.
            let half = Duration.microseconds(Int64(clamping: microseconds / 2))
            watchdog.start(after: .zero, repeating: half)
        }
    }

    /// Tells that the program serves, once a condition holds. It is looked at ten times a second.
    ///
    /// - Parameters:
    ///   - state: a sentence for people, shown by `systemctl status`.
    public func ready(on loop: Loop, state: String, when holds: @escaping () -> Bool) {
        let timer = Timer(on: loop) { [unowned self] in
            guard holds() else { return }
            waiting?.close()
            waiting = nil
            Self.tell("READY=1\nSTATUS=\(state)")
        }
        waiting = timer
        timer.start(after: .zero, repeating: .milliseconds(100))
    }

    /// Tells that the program is about to end.
    public func stopping() {
        waiting?.close()
        waiting = nil
        Self.tell("STOPPING=1")
    }

    /// Has to be called before the loop is closed.
    public func close() {
        waiting?.close()
        waiting = nil
        watchdog.close()
    }

    private static func tell(_ state: String) {
        // Whether somebody listens makes no difference to the program.
        _ = sd_notify(0, state)
    }
}
