import Foundation

/// A running `coppice`, or another program that a test needs, with its output, its input and its end.
final class Program {
    enum Ending: Equatable {
        case exited(Int32)
        case killed(by: Int32)
    }

    let name: String
    let pid: pid_t
    let errorFile: String
    private let input: Descriptor
    private let output: Descriptor
    private(set) var ending: Ending?
    /// Whether the test killed or stopped it, so that no clean end is required.
    private(set) var wasStruck = false
    /// Whether the system wrote its memory to a file when it ended.
    private(set) var leftCore = false
    private let reaper: ProcessReaper

    /// - Parameter path: of a program other than `coppice`.
    init(
        _ name: String, path: String? = nil, _ arguments: [String], folder: String, reaper: ProcessReaper,
        descriptors: Int? = nil, terminal: PseudoTerminal? = nil, screen: ScreenTerminal? = nil
    ) throws {
        self.name = name
        self.reaper = reaper
        errorFile = "\(folder)/\(name).stderr"
        let child = try Spawn.start(
            try path ?? Binary.path(), arguments, folder: folder, errorFile: errorFile, descriptors: descriptors,
            terminal: terminal?.path, screen: screen?.path)
        pid = child.pid
        input = child.input
        output = child.output
        reaper.watch(pid)
    }

    // MARK: - Its standard streams

    /// The next line on standard output. Throws if none comes.
    func readLine(
        within: Duration = .seconds(15), file: StaticString = #fileID, line: UInt = #line
    ) throws -> String {
        switch output.readLine(until: Deadline(within: within)) {
        case .line(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .end(let rest):
            let status = (try? waitForEnd()).map { "\($0)" } ?? "still running"
            throw Failure(
                "\(name) closed its standard output (\(status)) after \"\(String(decoding: rest, as: UTF8.self))\"",
                file: file, line: line)
        case .reset, .tooLate: throw Failure("\(name) printed no line within \(within)", file: file, line: line)
        }
    }

    /// Whether a line is on standard output now.
    func readAvailableLine() -> String? {
        guard case .line(let bytes) = output.readAvailableLine() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All lines that it prints until it closes its standard output.
    func readToEnd(within: Duration = .seconds(15)) throws -> [String] {
        var lines: [String] = []
        let deadline = Deadline(within: within)
        while true {
            switch output.readLine(until: deadline) {
            case .line(let bytes): lines.append(String(decoding: bytes, as: UTF8.self))
            case .end(let rest):
                if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
                return lines
            case .reset, .tooLate: throw Failure("\(name) doesn't close its standard output; so far: \(lines)")
            }
        }
    }

    func write(_ line: String) throws {
        guard input.write((line + "\n").utf8, until: Deadline(within: .seconds(5))) == .done else {
            throw Failure("\(name) doesn't read its standard input")
        }
    }

    func closeInput() { input.close() }

    /// Everything that it has written to standard error.
    var errors: String {
        (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
    }

    /// Waits until it has written something to standard error. What it does may be seen before what it writes of it.
    func expectLogged(_ text: String, file: StaticString = #fileID, line: UInt = #line) throws {
        try expectLogged(text, file: file, line: line) { $0.contains(text) }
    }

    func expectLogged(_ pattern: some RegexComponent, file: StaticString = #fileID, line: UInt = #line) throws {
        try expectLogged("\(pattern)", file: file, line: line) { $0.contains(pattern) }
    }

    private func expectLogged(
        _ what: String, file: StaticString, line: UInt, _ isLogged: (String) -> Bool
    ) throws {
        let deadline = Deadline(within: .seconds(15))
        while !isLogged(errors) {
            guard !deadline.hasPassed else {
                throw Failure("\(name) doesn't log \(what), but \(errors)", file: file, line: line)
            }
            usleep(10_000)
        }
    }

    /// Memory that it has in use now, as the kernel counts it.
    var residentMegabytes: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
                let kilobytes = Int(line.split(separator: " ")[1])
            else { throw Failure("\(name) has no memory") }
            return kilobytes / 1024
        }
    }

    // MARK: - Signals and the end

    var isRunning: Bool {
        reapIfEnded()
        return ending == nil
    }

    func signal(_ number: Int32) {
        guard isRunning else { return }
        if number == SIGKILL || number == SIGSTOP { wasStruck = true }
        kill(pid, number)
    }

    /// Kills it by SIGKILL and waits for its end. Its sockets are closed when this returns.
    func killHard() {
        signal(SIGKILL)
        _ = try? waitForEnd()
    }

    @discardableResult
    func waitForEnd(
        within: Duration = .seconds(10), file: StaticString = #fileID, line: UInt = #line
    ) throws -> Ending {
        let deadline = Deadline(within: within)
        while true {
            reapIfEnded()
            if let ending { return ending }
            if deadline.hasPassed { throw Failure("\(name) is still running after \(within)", file: file, line: line) }
            usleep(1_000)
        }
    }

    private func reapIfEnded() {
        guard ending == nil else { return }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return }
        let signal = status & 0x7F
        leftCore = status & 0x80 != 0
        ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(by: signal)
        reaper.forget(pid)
    }

    /// How many descriptors it has open.
    func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }
}
