import Foundation

/// A named pipe that the test reads when it wants to. It stands for a reader that stalls or, at the path of a file that
/// a program writes, for a disk that hangs.
final class Fifo {
    let path: String
    private let ends: Descriptor

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw Failure("no named pipe: \(String(cString: strerror(errno)))") }
        // Both ends are opened together, so a program that opens the pipe for writing doesn't wait for a reader.
        let number = Foundation.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { throw Failure("the named pipe can't be opened") }
        ends = Descriptor(number)
    }

    /// A full pipe, so that the next writer has to wait.
    static func full(_ path: String) throws -> Fifo {
        let fifo = try Fifo(path)
        let line = Array((String(repeating: "-", count: 127) + "\n").utf8)
        while Foundation.write(fifo.ends.number, line, line.count) > 0 {}
        return fifo
    }

    /// Whether a program has the pipe open.
    func isHeld(by program: Program) throws -> Bool {
        let folder = "/proc/\(program.pid)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).contains { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)")) == path
        }
    }

    /// The lines in the pipe, until `mark` has come.
    func lines(until mark: String, within: Duration = .seconds(15)) throws -> [String] {
        let deadline = Deadline(within: within)
        var lines: [String] = []
        while true {
            guard case .line(let bytes) = ends.readLine(until: deadline) else {
                throw Failure("\(mark) didn't come; so far: \(lines.suffix(20))")
            }
            let line = String(decoding: bytes, as: UTF8.self)
            if !line.hasPrefix("---") { lines.append(line) }
            if line.contains(mark) { return lines }
        }
    }
}
