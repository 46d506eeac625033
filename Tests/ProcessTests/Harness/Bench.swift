import Foundation

/// Everything that one test has started: its programs, connections and files. All of it is removed when the test ends.
///
/// Unless a test asks for it, nodes keep nothing on disk, redirect nobody and have no clock: each of these has tests of
/// its own.
final class Bench {
    static let secret = "tree-secret"
    /// An address where nobody ever listens.
    static let nobody = "localhost:1"

    let folder: String
    private var programs: [Program] = []
    private var started = 0
    private var clients: [BaseClient] = []
    private let reaper: ProcessReaper
    /// The ports of nodes by their ids, as seen in trees.
    var portsByID: [String: Int] = [:]

    /// What all tests share, set once: they run on several threads.
    private static let process: Void = {
        _ = Foundation.signal(SIGPIPE, SIG_IGN)  // writing to a program that has ended is an error, not our end
        // Tests pass secrets as flags. What that shows is nobody's, and their programs are told that it may be.
        setenv("COPPICE_INSECURE_FLAGS", "1", 1)
    }()

    init() throws {
        Self.process
        var template = Array("/tmp/coppice-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("no folder for the test's files") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        reaper = try ProcessReaper()
    }

    // MARK: - Programs

    /// Starts `coppice`, or the program at `path`, with these arguments.
    func program(
        _ name: String, path: String? = nil, _ arguments: [String], descriptors: Int? = nil,
        terminal: PseudoTerminal? = nil, screen: ScreenTerminal? = nil
    ) throws -> Program {
        started += 1
        let program = try Program(
            "\(started)-\(name)", path: path, arguments, folder: folder, reaper: reaper,
            descriptors: descriptors, terminal: terminal, screen: screen)
        programs.append(program)
        return program
    }

    /// Drops a program that has ended well or is about to, so that no failure shows its output. Waits for its end: one
    /// that still runs at the end of the test is ended by a signal, and counts as one that ended badly.
    func forget(_ program: Program, file: StaticString = #fileID, line: UInt = #line) throws {
        try program.waitForEnd(file: file, line: line)
        programs.removeAll { $0 === program }
    }

    /// Starts a node and waits until it listens, by default on a port of its own. A node without a parent is a root.
    func node(
        _ name: String = "node", under parent: Node? = nil, port: Int? = nil, secret: String = secret,
        _ flags: [String] = [], descriptors: Int? = nil, file: StaticString = #fileID, line: UInt = #line
    ) throws -> Node {
        let program = try startNode(
            name, parentPort: parent?.port, parentSecret: parent?.secret, port: try port ?? Sockets.freePort(),
            secret: secret, flags, descriptors: descriptors)
        return Node(name, program, port: try Node.port(of: program, file: file, line: line), secret: secret)
    }

    /// Starts a node without waiting for anything.
    func startNode(
        _ name: String, parentPort: Int?, parentSecret: String? = nil, port: Int, secret: String = secret,
        _ flags: [String] = [], descriptors: Int? = nil
    ) throws -> Program {
        var arguments = ["node", "-lp", String(port), "-lh", "localhost", "-ms", secret]
        if !flags.contains("--data-dir") { arguments.append("--memory") }
        if let parentPort {
            arguments += ["-rh", "localhost", "-rp", String(parentPort), "-s", parentSecret ?? secret]
        }
        if !flags.contains("--redirect-gap") { arguments += ["--redirect-gap", "0"] }
        if !flags.contains("--clock") { arguments += ["--clock", Self.nobody] }
        return try self.program(name, arguments + flags, descriptors: descriptors)
    }

    // MARK: - Connections

    /// A connection, not logged in, to a port on which somebody listens.
    func connect(
        port: Int, _ name: String = "client", file: StaticString = #fileID, line: UInt = #line
    ) throws -> BaseClient {
        let client = BaseClient(try Sockets.connect(port: port), name: name)
        clients.append(client)
        return client
    }

    func connect(to node: Node, _ name: String = "client") throws -> BaseClient {
        try connect(port: node.port, name)
    }

    /// A client that is logged in.
    func client(
        at node: Node, as username: String = "anonymous", secret: String? = nil, _ name: String? = nil,
        file: StaticString = #fileID, line: UInt = #line
    ) throws -> BaseClient {
        let client = try connect(to: node, name ?? "\(username) at \(node.name)")
        try client.login(as: username, secret: secret, file: file, line: line)
        return client
    }

    /// A client that registers a new name and logs in with it, on one connection.
    func newcomer(
        at node: Node, _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws -> BaseClient {
        let client = try connect(to: node, username)
        try client.register(username, secret, file: file, line: line)
        try client.login(as: username, secret: secret, file: file, line: line)
        return client
    }

    /// A server of the base protocol that has joined the node. Returns once the node counts it as a server, which the
    /// announcement that it gets at once shows.
    func baseLeaf(
        at node: Node, _ name: String = "base leaf", file: StaticString = #fileID, line: UInt = #line
    ) throws -> ScriptedBaseServer {
        let leaf = ScriptedBaseServer(try connect(to: node, name))
        try leaf.link.send(
            ["command": "AUTHENTICATE", "secret": .string(node.secret)], file: file, line: line)
        let first = try leaf.readAny(file: file, line: line)
        guard first["command"] == "SERVER_ANNOUNCE" else {
            throw leaf.link.failure("a base server got \(first.line) instead of an announcement", file, line)
        }
        return leaf
    }

    /// A server of the original group that has joined the node, and the answer that it got.
    func originalServer(
        at node: Node, port: JSONValue = "3781", mysecret: String = "bbb", file: StaticString = #fileID,
        line: UInt = #line
    ) throws -> (server: ScriptedBaseServer, answer: JSONValue) {
        let server = ScriptedBaseServer(try connect(to: node, "original server"))
        try server.link.send(
            [
                "command": "AUTHENTICATE", "secret": .string(node.secret), "hostname": "localhost", "port": port,
                "mysecret": .string(mysecret),
            ], file: file, line: line)
        return (server, try server.expect("AUTHENTICATION_SUCCESS", file: file, line: line))
    }

    // MARK: - The end

    /// Ends everything in order. Running programs get SIGTERM, and must end with status 0 and without complaints of the
    /// sanitizers, which check for leaks only then. Throws if one does not.
    func finish() throws {
        clients.forEach { $0.close() }
        let running = programs.reversed().filter { $0.isRunning && !$0.wasStruck }
        running.forEach { $0.signal(SIGTERM) }
        var complaints: [String] = []
        for program in running {
            let ending = try? program.waitForEnd(within: .seconds(5))
            if ending != .exited(0) {
                complaints.append("\(program.name): SIGTERM ended it with \(ending.map { "\($0)" } ?? "nothing")")
            }
        }
        complaints += programs.filter(\.hasCrashed).map { "\($0.name) crashed:\n\($0.lastErrors)" }
        let logs = logs
        abandon()
        guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n")).adding(logs) }
    }

    /// Ends everything at once.
    func abandon() {
        clients.forEach { $0.close() }
        programs.forEach { $0.killHard() }
        reaper.dismiss()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The last lines of each program's standard error, for the reader of a failure.
    var logs: String {
        programs.map { program in
            let state = program.isRunning ? "running" : "\(program.ending!)"
            return "--- \(program.name) (\(state)) wrote:\n\(program.lastErrors)"
        }.joined(separator: "\n")
    }
}

extension Program {
    fileprivate var lastErrors: String {
        errors.split(separator: "\n", omittingEmptySubsequences: false).suffix(40).joined(separator: "\n")
    }

    /// Whether the program ended by itself in a way in which no program should end.
    fileprivate var hasCrashed: Bool {
        if case .killed(let signal) = ending, signal != SIGKILL, signal != SIGTERM, signal != SIGINT { return true }
        let text = errors
        return ["Fatal error:", "AddressSanitizer", "LeakSanitizer", "ThreadSanitizer"].contains { text.contains($0) }
    }
}
