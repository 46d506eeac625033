import Foundation

/// A terminal for a program's standard input. The test types, and reads what the terminal echoes.
final class PseudoTerminal {
    /// The path that the program opens.
    let path: String
    private let keyboard: Descriptor
    /// The program's end. It is held open so that it outlives the program.
    private let screen: Descriptor

    init() throws {
        let (number, screen) = try Spawn.openTerminal()
        path = String(cString: ttyname(screen))
        keyboard = Descriptor(number)
        self.screen = Descriptor(screen)
    }

    func type(_ line: String) throws { try press(line + "\n") }

    /// Presses Control-D, which ends the input.
    func end() throws { try press("\u{4}") }

    /// Presses Control-C: SIGINT for every process in the foreground of the terminal's session.
    func interrupt() throws { try press("\u{3}") }

    private func press(_ keys: String) throws {
        guard keyboard.write(keys.utf8, until: Deadline(within: .seconds(5))) == .done else {
            throw Failure("nobody reads what is typed")
        }
    }

    /// The next line that the terminal shows.
    func readLine(within: Duration = .seconds(10)) throws -> String {
        guard case .line(let bytes) = keyboard.readLine(until: Deadline(within: within)) else {
            throw Failure("the terminal showed no line within \(within)")
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: ["\r"])
    }

    /// Whether the terminal shows what is typed.
    var echoes: Bool {
        var settings = termios()
        return tcgetattr(keyboard.number, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
