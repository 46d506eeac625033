import Glibc

/// A secret that is typed at a terminal, without being shown.
public enum SecretPrompt {
    /// Asks on the terminal and reads one line.
    ///
    /// - Returns: nil if standard input is no terminal, or has ended.
    public static func read(_ prompt: String) -> String? {
        guard Terminal.isTerminal(0) else { return nil }
        // Whoever ends it must not be left with a terminal that shows nothing.
        let ends = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
        let before = ends.map { number in
            signal(number) { number in
                Terminal.setEcho(0, true)
                // What the shell prints next stands on a line of its own.
                _ = write(2, "\n", 1)
                _exit(128 + number)
            }
        }
        defer { for (number, handler) in zip(ends, before) { _ = signal(number, handler) } }
        guard Terminal.setEcho(0, false) else { return nil }
        defer { Terminal.setEcho(0, true) }
        // Not before: whoever types at once would be seen.
        StandardError.write(prompt)
        let line = readLine(strippingNewline: true)
        if line == nil { StandardError.write("\n") }
        return line
    }
}
