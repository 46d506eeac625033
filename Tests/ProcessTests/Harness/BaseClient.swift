import Foundation

/// A connection as a third party has it. It sends lines, reads lines, and knows nothing of Coppice's additions.
///
/// Every step waits for a condition and has a deadline. The next message must be the expected one, with nothing before
/// it. A failure shows the last lines in both directions. Stand-ins for servers of other kinds use it as their link,
/// too.
final class BaseClient {
    /// How long a step waits. A loaded machine is no defect, so it is long; a healthy node answers in milliseconds.
    static let patience: Duration = .seconds(10)

    let name: String
    let descriptor: Descriptor
    private var transcript: [String] = []
    private static let transcriptLimit = 30

    init(_ descriptor: Descriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    func close() { descriptor.close() }

    /// Closes the connection with a reset instead of an orderly end.
    func abort() {
        Sockets.resetOnClose(descriptor.number)
        descriptor.close()
    }

    /// Ends the sending side, and continues to read.
    func finishSending() {
        note("> (end)")
        _ = shutdown(descriptor.number, Int32(SHUT_WR))
    }

    // MARK: - Sending

    func send(_ message: JSONValue, file: StaticString = #fileID, line: UInt = #line) throws {
        try send(message.line, file: file, line: line)
    }

    /// Sends one line. The LF is added.
    func send(_ text: String, file: StaticString = #fileID, line: UInt = #line) throws {
        try send(bytes: Array(text.utf8) + [0x0A], file: file, line: line)
    }

    /// Sends bytes unchanged.
    func send(bytes: [UInt8], file: StaticString = #fileID, line: UInt = #line) throws {
        note("> " + Self.shown(bytes))
        switch descriptor.write(bytes, until: Deadline(within: Self.patience)) {
        case .done: return
        case .refused: throw failure("the node refuses what is sent", file, line)
        case .tooLate: throw failure("the node reads nothing", file, line)
        }
    }

    /// Sends whether or not anybody still reads, as a hostile or a late client does.
    func sendAnyway(bytes: [UInt8]) {
        note("> " + Self.shown(bytes))
        _ = descriptor.write(bytes, until: Deadline(within: .seconds(1)))
    }

    // MARK: - Reading

    /// The next message, whatever it is. Throws at the end of the connection.
    func read(
        within: Duration = patience, file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        switch descriptor.readLine(until: Deadline(within: within)) {
        case .line(let bytes): return try decode(bytes, file, line)
        case .end(let rest) where rest.isEmpty: throw failure("the connection ended instead of a message", file, line)
        case .end(let rest): throw failure("ended in the middle of a line: \(Self.shown(rest))", file, line)
        case .reset: throw failure("the connection was reset instead of a message", file, line)
        case .tooLate: throw failure("no message within \(within)", file, line)
        }
    }

    /// The next message if it is there without waiting, else nil. Throws at the end of the connection.
    func readAvailable(file: StaticString = #fileID, line: UInt = #line) throws -> JSONValue? {
        switch descriptor.readAvailableLine() {
        case nil: return nil
        case .line(let bytes): return try decode(bytes, file, line)
        default: throw failure("the connection ended", file, line)
        }
    }

    /// Expects that the next message is this command with (at least) these fields.
    @discardableResult
    func expect(
        _ command: String, _ fields: [String: JSONValue] = [:], skipping skipped: Set<String> = [],
        within: Duration = patience, file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        let deadline = Deadline(within: within)
        while !deadline.hasPassed {
            let message = try read(within: deadline.instant - now(), file: file, line: line)
            if let name = message["command"]?.text, name != command, skipped.contains(name) { continue }
            guard message["command"] == .string(command) else {
                throw failure("expected \(command), got \(message.line)", file, line)
            }
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) where message[key] != value {
                throw failure("expected \(command) with \(key) \(value.line), got \(message.line)", file, line)
            }
            return message
        }
        throw failure("no \(command) within \(within)", file, line)
    }

    /// Expects an orderly end of the connection: no further message, and no reset, which could destroy the last answer
    /// on its way to a client.
    func expectEnd(
        within: Duration = patience, skipping skipped: Set<String> = [], file: StaticString = #fileID,
        line: UInt = #line
    ) throws {
        while true {
            switch descriptor.readLine(until: Deadline(within: within)) {
            case .end(let rest) where rest.isEmpty: return
            case .end(let rest): throw failure("half a line before the end: \(Self.shown(rest))", file, line)
            case .reset: throw failure("the connection was reset instead of ended", file, line)
            case .tooLate: throw failure("the connection is still open after \(within)", file, line)
            case .line(let bytes):
                let message = try decode(bytes, file, line)
                if let name = message["command"]?.text, skipped.contains(name) { continue }
                throw failure("expected the end of the connection, got \(message.line)", file, line)
            }
        }
    }

    /// Throws if a message is there. It doesn't wait, so use it after something that would have come later.
    func expectNothingYet(file: StaticString = #fileID, line: UInt = #line) throws {
        guard let reading = descriptor.readAvailableLine() else { return }
        if case .line(let bytes) = reading {
            throw failure("expected nothing, got \(Self.shown(bytes))", file, line)
        }
        throw failure("expected an open connection", file, line)
    }

    // MARK: - Checks of every line

    /// Checks that a line is one JSON object in plain UTF-8, with a string `command`, without a CR.
    private func decode(_ bytes: [UInt8], _ file: StaticString, _ line: UInt) throws -> JSONValue {
        note("< " + Self.shown(bytes))
        guard !bytes.contains(0x0D) else { throw failure("a CR in a line of the node's", file, line) }
        let message: JSONValue
        do {
            message = try JSONParser.parse(bytes)
        } catch {
            throw failure("the node sent \(error): \(Self.shown(bytes))", file, line)
        }
        guard message["command"]?.text != nil else {
            throw failure("the node sent a line without a command: \(Self.shown(bytes))", file, line)
        }
        return message
    }

    // MARK: - Failures

    func failure(_ text: String, _ file: StaticString, _ line: UInt) -> Failure {
        Failure("\(name): \(text)", file: file, line: line)
            .adding("    last lines of \(name):\n" + transcript.map { "      \($0)" }.joined(separator: "\n"))
    }

    private func note(_ text: String) {
        if transcript.count >= 2 * Self.transcriptLimit { transcript.removeFirst(Self.transcriptLimit) }
        transcript.append(text)
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        let part = String(decoding: bytes.prefix(300), as: UTF8.self)
        let text = part.unicodeScalars.map { $0.value < 0x20 ? $0.escaped(asASCII: true) : String($0) }.joined()
        return bytes.count > 300 ? "\(text) … (\(bytes.count) bytes)" : text
    }
}
