/// A tree as text, for people.
///
///     4pk2xq localhost:3780  root, 2 clients, queue 0, log 120
///     ├─ 7yo3ab localhost:3781  1 client, queue 0, log 120  deadpool localhost:3780, localhost:3782
///     │  └─ c2mmzt localhost:3783  …  ◀ asked
///     └─ …
struct TreePicture {
    /// Letters of an id that are shown: enough to tell a few thousand nodes apart.
    static let shortID = 6

    private let status: TreeStatus
    private let style: Style
    private var lines: [String] = []
    private var drawn: Set<String> = []

    static func draw(_ status: TreeStatus, _ style: Style) -> String {
        var picture = TreePicture(status, style)
        picture.drawForest()
        picture.drawAsked()
        return picture.lines.map { $0 + "\n" }.joined()
    }

    private init(_ status: TreeStatus, _ style: Style) {
        self.status = status
        self.style = style
    }

    // MARK: The tree

    private mutating func drawForest() {
        let known = Set(status.nodes.map(\.id))
        for node in status.nodes where parentID(of: node).map({ !known.contains($0) }) ?? true {
            draw(node, opening: "", rest: "")
        }
        // What was told at different moments may contradict itself; nobody is left out for that.
        for node in status.nodes where !drawn.contains(node.id) { draw(node, opening: "", rest: "") }
        if !status.isComplete { lines.append(style.yellow("incomplete: a branch did not answer in time")) }
    }

    private func parentID(of node: NodeStatus) -> String? {
        node.isRoot ? nil : node.path.first?.id
    }

    /// - Parameters:
    ///   - opening: stands before the node itself.
    ///   - rest: stands before all that hangs under it.
    private mutating func draw(_ node: NodeStatus, opening: String, rest: String) {
        guard drawn.insert(node.id).inserted else { return }
        lines.append(style.dim(opening) + describe(node))
        let children = children(of: node)
        let below = children.count + node.leaves.count
        for (index, child) in children.enumerated() {
            let isLast = index == below - 1
            draw(child, opening: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "))
        }
        for (index, leaf) in node.leaves.enumerated() {
            let isLast = children.count + index == below - 1
            lines.append(style.dim(rest + (isLast ? "└─ " : "├─ ")) + describe(leaf))
        }
    }

    /// Those that name it as their parent: first in its own order, which is that of seniority, then any others.
    private func children(of node: NodeStatus) -> [NodeStatus] {
        let all = status.nodes.filter { parentID(of: $0) == node.id && !drawn.contains($0.id) }
        let order = node.children.map(\.id)
        func rank(_ child: NodeStatus) -> Int { order.firstIndex(of: child.id) ?? order.count }
        return all.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
    }

    private func describe(_ node: NodeStatus) -> String {
        let isAsked = node.id == status.asked.id
        let name = name(node.reference)
        var parts: [String] = node.isRoot ? ["root"] : []
        parts.append("\(node.clients) \(node.clients == 1 ? "client" : "clients")")
        parts.append("queue \(node.queue)")
        parts.append("log \(node.log)")
        var text = "\(isAsked ? style.bold(name) : name)  \(parts.joined(separator: ", "))"
        if !node.deadpool.isEmpty {
            text += style.dim("  deadpool " + node.deadpool.map { Printable.text($0.address) }.joined(separator: ", "))
        }
        return isAsked ? text + style.green("  ◀ asked") : text
    }

    private func describe(_ leaf: NodeStatus.Leaf) -> String {
        let kind = leaf.dialect == "original" ? "server of the original system" : "server of the base protocol"
        return Printable.text(leaf.reference.address) + style.dim("  \(kind)")
    }

    private func name(_ node: NodeStatus.Reference) -> String {
        let id = node.id.map { style.cyan(Printable.text(String($0.prefix(Self.shortID)))) + " " } ?? ""
        return id + Printable.text(node.address)
    }

    // MARK: The asked node

    private mutating func drawAsked() {
        let node = status.asked
        lines.append("")
        if node.isRoot {
            lines.append("asked     \(name(node.reference)), the root")
        } else if let parent = node.path.first {
            lines.append("asked     \(name(node.reference)), depth \(node.path.count)")
            lines.append("parent    \(name(parent))")
            if node.path.count > 1 { lines.append("above     \(list(Array(node.path.dropFirst())))") }
        } else {
            lines.append("asked     \(name(node.reference)), without a parent")
        }
        lines.append("children  \(list(node.children))")
        if let heir = node.heir { lines.append("heir      \(name(heir))") }
        lines.append("deadpool  \(list(node.deadpool))")
    }

    private func list(_ nodes: [NodeStatus.Reference]) -> String {
        nodes.isEmpty ? style.dim("none") : nodes.map { name($0) }.joined(separator: ", ")
    }
}
