import Glibc

/// A secret that is typed at a terminal, without being shown.
public enum SecretPrompt {
    /// Asks on the terminal and reads one line.
    ///
    /// - Returns: nil if standard input is no terminal, or has ended.
    public static func read(_ prompt: String) -> String? {
        guard Terminal.isTerminal(0) else { return nil }
        StandardError.write(prompt)
        // Whoever interrupts it must not be left with a terminal that shows nothing.
        let interrupted = signal(SIGINT) { _ in
            Terminal.setEcho(0, true)
            _exit(130)
        }
        defer { _ = signal(SIGINT, interrupted) }
        guard Terminal.setEcho(0, false) else { return nil }
        defer { Terminal.setEcho(0, true) }
        return readLine(strippingNewline: true)
    }
}
