import Glibc

/// What a command-line program needs of its terminal.
public enum Terminal {
    /// Whether the descriptor is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Whether the descriptor is a terminal that has gone: its window was closed, or the connection to it was lost.
    public static func isGone(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 0 && errno == EIO
    }

    /// Whether output to this descriptor may be coloured: it is a terminal with colours, and the user hasn't declined
    /// them (https://no-color.org).
    public static func hasColours(_ descriptor: Int32) -> Bool {
        isTerminal(descriptor) && !isDumb && EnvironmentVariable.value("NO_COLOR") == nil
    }

    /// Whether the terminal understands no escape sequences.
    public static var isDumb: Bool { EnvironmentVariable.value("TERM") == "dumb" }

    /// The columns of the terminal; `nil` if it isn't one or doesn't say.
    public static func width(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// The rows of the terminal; `nil` if it isn't one or doesn't say.
    public static func height(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    /// Whether this process may use the terminal now. It may not while a shell keeps it in the background.
    public static func isInForeground(_ descriptor: Int32) -> Bool {
        let group = tcgetpgrp(descriptor)
        // The terminal doesn't control this process, so job control doesn't matter.
        return group < 0 || group == getpgrp()
    }

    /// Whether each key comes at once and isn't shown, or lines come, and are shown, as a shell leaves the terminal.
    /// Control-C stays a signal.
    ///
    /// - Returns: whether the descriptor is a terminal that did so.
    @discardableResult
    public static func setKeys(_ descriptor: Int32, _ on: Bool) -> Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        let flags = tcflag_t(ICANON) | tcflag_t(ECHO)
        if on { settings.c_lflag &= ~flags } else { settings.c_lflag |= flags }
        // Dropped at the end: keys that came too late aren't for the shell.
        return tcsetattr(descriptor, on ? TCSADRAIN : TCSAFLUSH, &settings) == 0
    }

    /// Shows or hides what is typed, for secrets.
    ///
    /// - Returns: whether the descriptor is a terminal that did so.
    @discardableResult
    public static func setEcho(_ descriptor: Int32, _ on: Bool) -> Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        if on {
            settings.c_lflag |= tcflag_t(ECHO)
            settings.c_lflag &= ~tcflag_t(ECHONL)
        } else {
            settings.c_lflag &= ~tcflag_t(ECHO)
            // The line's end is still shown, so that the next prompt stands on a line of its own.
            settings.c_lflag |= tcflag_t(ECHONL)
        }
        // Switching off drops what was typed before: it is no answer to the question. Switching on drops nothing: what
        // is typed after the answer is for the next reader.
        return tcsetattr(descriptor, on ? TCSADRAIN : TCSAFLUSH, &settings) == 0
    }
}
