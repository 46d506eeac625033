import Foundation
import Testing

extension RealProcesses {
    /// The session of the report's section 5, as it is printed: a to f on the ports 3781 to 3786.
    ///
    /// It gives three nodes the secret of the node above their line in the place of their parent's. So c, d and f are
    /// refused. (The test's ports are others, since those may be in use.)
    @Suite struct ReportSessionTests {}
}

/// One line of the session: `-lp PORT -ms OWN -rp PARENT'S PORT -s PARENT'S SECRET`.
private struct Line {
    let name: String
    let secret: String
    var parent: String?
    /// As the report prints it.
    var printed: String?
    /// As its figure 3 needs it.
    var right: String?

    var isSlip: Bool { printed != right }

    static let all = [
        Line(name: "a", secret: "aaa"),
        Line(name: "b", secret: "bbb", parent: "a", printed: "aaa", right: "aaa"),
        Line(name: "c", secret: "ccc", parent: "a", printed: "bbb", right: "aaa"),
        Line(name: "d", secret: "ddd", parent: "b", printed: "ccc", right: "bbb"),
        Line(name: "e", secret: "eee", parent: "d", printed: "ddd", right: "ddd"),
        Line(name: "f", secret: "fff", parent: "d", printed: "eee", right: "ddd"),
    ]
}

/// The six terminals.
private struct Session {
    let bench: Bench
    let ports: [String: Int]
    var nodes: [String: Node] = [:]

    init(_ bench: Bench) throws {
        self.bench = bench
        ports = try Dictionary(uniqueKeysWithValues: Line.all.map { ($0.name, try Sockets.freePort()) })
    }

    /// Types a line, and waits until the node listens.
    mutating func type(_ line: Line, parentSecret: String?) throws {
        let port = ports[line.name]!
        let program = try bench.startNode(
            line.name, parentPort: line.parent.map { ports[$0]! }, parentSecret: parentSecret, port: port,
            secret: line.secret)
        nodes[line.name] = Node(line.name, program, port: try Node.port(of: program), secret: line.secret)
    }

    /// The names of the nodes above one, as it tells them. What status the question ends with is not asked here.
    func path(of name: String) throws -> [String] {
        let node = nodes[name]!
        let program = try bench.program(
            "tree", ["tree", "-rh", "localhost", "-rp", String(node.port), "-s", node.secret, "--json"])
        program.closeInput()
        let answer = try JSONParser.parse(Array(try program.readToEnd().joined(separator: "\n").utf8))
        try program.waitForEnd()
        try bench.forget(program)
        return (answer["path"]?.elements ?? []).map { above in
            ports.first { $0.value == above["port"]?.lenientInteger }?.key ?? "?"
        }
    }
}

extension RealProcesses.ReportSessionTests {
    @Test func `Typed as it is printed, three nodes say that their secret is refused; corrected, it is figure 3`()
        throws
    {
        try onBench { bench in
            var session = try Session(bench)
            for line in Line.all { try session.type(line, parentSecret: line.printed) }

            // What each one says: a slip with the parent's address and the flag to look at, the others nothing of the
            // kind.
            for line in Line.all {
                let program = session.nodes[line.name]!.program
                let refusal = { program.errors.split(separator: "\n").first { $0.contains("refuses the secret") } }
                guard line.isSlip else {
                    #expect(refusal() == nil, "\(line.name): \(program.errors)")
                    continue
                }
                try eventually("\(line.name) says that it is refused") { refusal() != nil }
                let said = String(try #require(refusal()))
                for word in ["localhost:\(session.ports[line.parent!]!)", "COPPICE_PARENT_SECRET"] {
                    #expect(said.contains(word), "\(line.name): \(said)")
                }
                #expect(!program.errors.contains(line.printed!), "a secret is in the log")
            }

            // Nobody stands where it doesn't belong. d and e know each other's secrets, so they find together: e under
            // d, or d under e if e has given up waiting for d first. The other slips are under nobody.
            try eventually("d and e are one tree", within: .seconds(30)) {
                let above = try ["d", "e"].map { try session.path(of: $0) }
                guard above == [[], ["d"]] || above == [["e"], []] else { throw Failure("above them are \(above)") }
                return true
            }
            for (name, path) in [("a", []), ("b", ["a"]), ("c", []), ("f", [])] {
                #expect(try session.path(of: name) == path, "above \(name)")
            }

            // The slips once more, with the right secrets: all are one tree, in which e may have found another place.
            for line in Line.all where line.isSlip {
                session.nodes[line.name]!.killHard()
                try session.type(line, parentSecret: line.right)
            }
            for line in Line.all.dropFirst() {
                try eventually("\(line.name) is in the tree of a", within: .seconds(30)) {
                    try session.path(of: line.name).last == "a"
                }
            }

            // The whole session once more.
            for line in Line.all { session.nodes[line.name]!.killHard() }
            for line in Line.all { try session.type(line, parentSecret: line.right) }
            let figure3 = [
                "a": [], "b": ["a"], "c": ["a"], "d": ["b", "a"], "e": ["d", "b", "a"], "f": ["d", "b", "a"],
            ]
            for line in Line.all {
                try eventually("\(line.name) stands where figure 3 has it", within: .seconds(30)) {
                    let path = try session.path(of: line.name)
                    guard path == figure3[line.name] else { throw Failure("above it are \(path)") }
                    return true
                }
            }
            let clients = try Line.all.map { try bench.client(at: session.nodes[$0.name]!, "at \($0.name)") }
            for (number, speaker) in clients.enumerated() {
                try speaker.say(["n": .integer(number)])
                for listener in clients { try listener.hear(["n": .integer(number)]) }
            }
        }
    }
}
