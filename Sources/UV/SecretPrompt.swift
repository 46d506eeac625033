import Glibc

/// Reads a secret from a terminal without showing it.
public enum SecretPrompt {
    /// Asks on the terminal and reads one line.
    ///
    /// - Returns: nil if standard input is no terminal, or has ended.
    public static func read(_ prompt: String) -> String? {
        guard Terminal.isTerminal(0) else { return nil }
        // A signal that ends the program must not leave a terminal that shows nothing.
        let ends = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
        let before = ends.map { number in
            signal(number) { number in
                Terminal.setEcho(0, true)
                // The shell's next prompt then stands on a line of its own.
                _ = write(2, "\n", 1)
                _exit(128 + number)
            }
        }
        defer { for (number, handler) in zip(ends, before) { _ = signal(number, handler) } }
        guard Terminal.setEcho(0, false) else { return nil }
        defer { Terminal.setEcho(0, true) }
        // The prompt comes after the echo is off. Otherwise the first characters of a fast typist would be shown.
        StandardError.write(prompt)
        let line = readLine(strippingNewline: true)
        if line == nil { StandardError.write("\n") }
        return line
    }
}
