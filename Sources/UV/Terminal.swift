import Glibc

/// The little that a command-line program asks of its terminal.
public enum Terminal {
    public static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Whether what is written there may be in colours: it is a terminal that has them, and the user doesn't mind
    /// (https://no-color.org).
    public static func hasColours(_ descriptor: Int32) -> Bool {
        isTerminal(descriptor) && !isDumb && EnvironmentVariable.value("NO_COLOR") == nil
    }

    /// The terminal understands no escape sequences.
    public static var isDumb: Bool { EnvironmentVariable.value("TERM") == "dumb" }

    /// The columns of the terminal; `nil` if it isn't one or doesn't say.
    public static func width(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Its rows, likewise.
    public static func height(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    /// Whether this process may use it now; another one does while a shell keeps this one in the background.
    public static func isInForeground(_ descriptor: Int32) -> Bool {
        let group = tcgetpgrp(descriptor)
        // No terminal of ours at all: nobody else's job either.
        return group < 0 || group == getpgrp()
    }

    /// Shows or hides what is typed, for secrets.
    ///
    /// - Returns: whether it is a terminal that did so.
    @discardableResult
    public static func setEcho(_ descriptor: Int32, _ on: Bool) -> Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        if on {
            settings.c_lflag |= tcflag_t(ECHO)
            settings.c_lflag &= ~tcflag_t(ECHONL)
        } else {
            settings.c_lflag &= ~tcflag_t(ECHO)
            // The line's end still shows, so that the next prompt stands on a line of its own.
            settings.c_lflag |= tcflag_t(ECHONL)
        }
        // What was typed before the question is no answer to it; what is typed after the answer is for whoever reads
        // next.
        return tcsetattr(descriptor, on ? TCSADRAIN : TCSAFLUSH, &settings) == 0
    }
}
