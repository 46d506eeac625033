import Foundation
import Testing

/// A terminal of 80 columns and 24 lines, and everything that a program wrote to it.
final class TerminalProgram {
    private let program: Program
    private(set) var written = ""

    /// - Parameters:
    ///   - setting: shell commands before the program, such as `export TERM=dumb`.
    ///   - arguments: of `coppice`, as a shell reads them.
    init(_ bench: Bench, _ setting: String, _ arguments: String) throws {
        let command = "'\(try Binary.path())' \(arguments)"
        let script = "trap : INT; stty rows 24 cols 80; unset NO_COLOR; \(setting); \(command); echo status $?; stty -a"
        // `script` runs a command in a terminal, and prints what the terminal shows.
        program = try bench.program("terminal", path: "/usr/bin/script", ["-qec", script, "/dev/null"])
    }

    /// Reads until the text has been shown since the last call.
    func read(
        until what: String, within: Duration = .seconds(15), file: StaticString = #fileID, line: UInt = #line
    ) throws {
        var fresh = ""
        let deadline = Deadline(within: within)
        while !fresh.contains(what) {
            if deadline.hasPassed { throw Failure("\(what) wasn't shown, but: \(fresh)", file: file, line: line) }
            fresh += try program.readLine(within: within, file: file, line: line) + "\n"
        }
        written += fresh
    }

    func press(_ keys: String) throws { try program.write(keys) }

    /// Reads to the end.
    func finish() throws {
        written += try program.readToEnd().joined(separator: "\n")
        #expect(try program.waitForEnd() == .exited(0))
    }

    /// The lines of text, without escape sequences.
    var lines: [String] {
        // The CR is removed from the bytes: in a string, CR and LF are one character.
        let text = String(decoding: written.utf8.filter { $0 != 13 }, as: UTF8.self)
        return text.replacing(/\u{1b}\[[0-9;]*[A-Za-z]/, with: "").split(separator: "\n").map(String.init)
    }
}
