/// The answer of `coppice tree --json` about the asked node.
struct TreeStatus {
    let value: JSONValue
    private let portsByID: [String: Int]

    var id: String? { value["id"]?.text }
    var port: Int? { value["port"]?.integer }
    var isRoot: Bool? { value["root"]?.truth }

    /// The ports of the nodes above, from the parent up to the root.
    var path: [Int] { ports("path") }
    var children: [Int] { ports("children") }
    var deadpool: [Int] { ports("deadpool") }
    var nodes: [Int] { ports("nodes") }

    /// The ports of nodes in a list. An element is an object with a port, an address, or the id of a node that was
    /// asked before.
    private func ports(_ key: String) -> [Int] {
        (value[key]?.elements ?? []).map { element in
            if let port = element["port"]?.lenientInteger { return port }
            let text = element.text ?? element["id"]?.text ?? ""
            if let port = portsByID[text] { return port }
            return text.split(separator: ":").last.flatMap { Int($0) } ?? -1
        }
    }

    init(_ value: JSONValue, portsByID: [String: Int]) {
        self.value = value
        self.portsByID = portsByID
    }
}

extension Bench {
    /// Asks a node through `coppice tree --json`.
    func tree(at node: Node) throws -> TreeStatus {
        let program = try program(
            "tree", ["tree", "-rh", "localhost", "-rp", String(node.port), "-s", node.secret, "--json"])
        program.closeInput()
        let lines = try program.readToEnd()
        let ending = try program.waitForEnd()
        try forget(program)  // a test asks often; what went wrong is in the error
        guard ending == .exited(0) else {
            throw Failure("coppice tree at \(node.name) ended with \(ending): \(program.errors)")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(Array(lines.joined(separator: "\n").utf8))
        } catch {
            throw Failure("coppice tree --json printed \(error): \(lines)")
        }
        if let id = value["id"]?.text, let port = value["port"]?.integer { portsByID[id] = port }
        return TreeStatus(value, portsByID: portsByID)
    }

    /// Waits until the nodes above `node` are exactly these, from its parent up to the root.
    func waitForPath(
        of node: Node, _ path: [Node], within: Duration = .seconds(15), file: StaticString = #fileID,
        line: UInt = #line
    ) throws {
        let wanted = path.map(\.port)
        let names = path.map(\.name).joined(separator: ", ")
        try eventually("above \(node.name) are [\(names)]", within: within, file: file, line: line) {
            let found = try tree(at: node).path
            guard found == wanted else { throw Failure("ports \(found) instead of \(wanted)") }
            return true
        }
    }

    /// Waits until these nodes, and no others, form one tree: all paths end at the same one of them.
    ///
    /// - Returns: the root of the tree.
    func waitForOneTree(
        of nodes: [Node], within: Duration = .seconds(20), file: StaticString = #fileID, line: UInt = #line
    ) throws -> Node {
        var root: Node?
        try eventually("\(nodes.map(\.name)) are one tree", within: within, file: file, line: line) {
            let states = try nodes.map { try tree(at: $0) }
            let tops = Set(zip(nodes, states).map { node, state in state.path.last ?? node.port })
            let roots = zip(nodes, states).filter { $1.isRoot == true }
            guard tops.count == 1, roots.count == 1, tops.first == roots[0].0.port else {
                throw Failure("the paths are \(states.map(\.path))")
            }
            root = roots[0].0
            return true
        }
        return root!
    }
}
