import Foundation
import ScreenModel

/// A terminal that a program uses for everything. It shows what the program writes, and the test presses keys.
final class ScreenTerminal {
    /// The path that the program opens.
    let path: String
    private let keyboard: Descriptor
    /// The program's end. It is held open so that it outlives the program.
    private let end: Descriptor
    private var model: ScreenModel
    private var firstModes: [tcflag_t] = []
    /// Bytes of a character or sequence that hasn't come whole.
    private var partial: [UInt8] = []
    /// Every byte that was written to the terminal.
    private(set) var bytes: [UInt8] = []

    init(columns: Int = 60, rows: Int = 12) throws {
        let size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        let (number, end) = try Spawn.openTerminal(size)
        path = String(cString: ttyname(end))
        keyboard = Descriptor(number)
        self.end = Descriptor(end)
        model = ScreenModel(columns: columns, rows: rows)
        firstModes = modes
    }

    /// Presses keys, in the form in which a keyboard sends them: `\r` is Enter.
    func press(_ keys: String) throws {
        var rest = Array(keys.utf8)[...]
        // Bytes that the program doesn't read at once may not fit.
        while !rest.isEmpty {
            read()
            let piece = rest.prefix(512)
            guard keyboard.write(piece, until: Deadline(within: .seconds(10))) == .done else {
                throw Failure("nobody reads what is typed")
            }
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Everything that was shown so far: the rows that have scrolled away, and the screen.
    var lines: [String] {
        read()
        return model.text
    }

    var shown: [String] {
        read()
        return model.shown
    }

    /// The text before the cursor in its row.
    var beforeCursor: String {
        read()
        return model.lines[model.row].prefix(model.column).joined()
    }

    func resize(columns: Int) {
        read()
        var size = winsize(ws_row: UInt16(model.rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        // What the program writes from here on is meant for the new size.
        _ = ioctl(keyboard.number, UInt(TIOCSWINSZ), &size)
        model.resize(columns: columns)
    }

    /// Whether the terminal has the modes that it had at first, as a shell needs them: it shows what is typed, and
    /// passes it on in lines.
    var isCooked: Bool { modes == firstModes }

    private var modes: [tcflag_t] {
        var settings = termios()
        guard tcgetattr(keyboard.number, &settings) == 0 else { return [] }
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
    }

    private func read() {
        var space = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(keyboard.number, &space, space.count)
            guard count > 0 else { break }
            bytes += space[..<count]
            partial += space[..<count]
        }
        // The beginning of a character or of a sequence waits for the rest.
        var whole = partial.count
        if let escape = partial.lastIndex(of: 0x1b), partial[escape...].dropFirst(2).allSatisfy({ $0 < 0x40 }) {
            whole = escape
        } else if let lead = partial.suffix(3).lastIndex(where: { $0 >= 0xc0 }) {
            let length = partial[lead] >= 0xf0 ? 4 : partial[lead] >= 0xe0 ? 3 : 2
            if partial.count - lead < length { whole = lead }
        }
        model.write(String(decoding: partial[..<whole], as: UTF8.self))
        partial.removeFirst(whole)
    }
}

/// A person at a terminal, with a shell that runs what is typed, and a program in the shell.
final class Person {
    let screen: ScreenTerminal
    private let shell: Program
    private var statusesAsked = 0
    private static let prompt = "shell: "

    init(on bench: Bench, columns: Int = 60, rows: Int = 12, terminal kind: String = "xterm") throws {
        screen = try ScreenTerminal(columns: columns, rows: rows)
        shell = try bench.program("shell", path: "/bin/sh", ["-i"], screen: screen)
        try screen.press("PS1='\(Self.prompt)'; PS2=; TERM=\(kind); export TERM; unset NO_COLOR\r")
        try waitForShell()
    }

    /// Starts `coppice`, and waits until it is logged in and shows its line.
    func starts(_ arguments: String, file: StaticString = #fileID, line: UInt = #line) throws {
        try runs(arguments)
        try sees("its line", file: file, line: line) { lines in
            lines.last == ">" && lines.dropLast().last?.hasSuffix("leaves") == true && self.screen.beforeCursor == "> "
        }
    }

    func runs(_ arguments: String) throws {
        try screen.press("\(try Binary.path()) \(arguments)\r")
    }

    func presses(_ keys: String) throws { try screen.press(keys) }

    func says(_ line: String) throws { try screen.press(line + "\r") }

    func sees(
        _ story: String, within: Duration = .seconds(15), file: StaticString = #fileID, line: UInt = #line,
        _ condition: ([String]) throws -> Bool
    ) throws {
        do {
            try eventually(story, within: within, file: file, line: line) { try condition(screen.lines) }
        } catch let failure {
            throw Failure(
                "\(failure)\nthe terminal shows:\n\(screen.lines.joined(separator: "\n"))", file: file, line: line)
        }
    }

    func sees(_ text: String, file: StaticString = #fileID, line: UInt = #line) throws {
        // The terminal may have broken the text into rows at any position.
        let wanted = text.filter { $0 != " " }
        try sees(text, file: file, line: line) { $0.joined().filter { $0 != " " }.contains(wanted) }
    }

    func waitForShell(file: StaticString = #fileID, line: UInt = #line) throws {
        try sees("the shell's prompt", file: file, line: line) { _ in self.screen.beforeCursor.hasSuffix(Self.prompt) }
        try eventually("the terminal is as it was", file: file, line: line) { screen.isCooked }
    }

    /// The exit status of the last program, once it has ended.
    func status(file: StaticString = #fileID, line: UInt = #line) throws -> Int? {
        try waitForShell(file: file, line: line)
        statusesAsked += 1
        let mark = "status\(statusesAsked)="
        try screen.press("echo \(mark)$?.\r")
        var status: Int?
        try sees("the status", file: file, line: line) { lines in
            for line in lines where line.hasPrefix(mark) && line.hasSuffix(".") {
                status = Int(line.dropFirst(mark.count).dropLast())
                return true
            }
            return false
        }
        try waitForShell(file: file, line: line)
        return status
    }

    /// The process id of the program that the shell runs.
    func pid() throws -> pid_t {
        let list = try String(contentsOfFile: "/proc/\(shell.pid)/task/\(shell.pid)/children", encoding: .utf8)
        guard let pid = list.split(separator: " ").last.flatMap({ pid_t($0) }) else { throw Failure("it runs nothing") }
        return pid
    }

    func leaves() throws {
        try waitForShell()
        try screen.press("exit 0\r")
        _ = try shell.waitForEnd()
    }
}
