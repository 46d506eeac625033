import Wire

/// Draws a tree as text, for people.
///
///     node                              clients  queue  log  deadpool
///     4pk2xq localhost:3780  root             2      0  120
///     ├─ 7yo3ab localhost:3781                1      0  120  :3780 :3782
///     │  └─ c2mmzt localhost:3783  ◀ asked    1      0  120  :3780 +1
///     └─ …
///
/// It decides which rows there are; `TreeLayout` makes the lines fit.
struct TreePicture {
    private let status: TreeStatus
    private let layout: TreeLayout
    private let style: Style
    private var rows: [TreeRow] = []
    private var drawn: Set<String> = []
    /// For each node, the nodes that name it as their parent.
    private var childrenByParent: [String: [TreeStatus.Node]] = [:]
    /// Those that their parents leave behind.
    private let leftBehind: Set<String>

    /// - Parameter width: columns of the longest line; nil if nothing is cut.
    static func draw(_ status: TreeStatus, _ style: Style, width: Int? = nil) -> String {
        var picture = TreePicture(status, style, width)
        picture.drawForest()
        var lines = picture.layout.lines(of: picture.rows)
        if !status.isComplete {
            lines.append(style.yellow(picture.layout.cut("incomplete: a branch did not answer in time")))
        }
        lines += picture.waits
        return (lines + [""] + picture.asked).map { $0 + "\n" }.joined()
    }

    private init(_ status: TreeStatus, _ style: Style, _ width: Int?) {
        self.status = status
        self.style = style
        layout = TreeLayout(style, width: width)
        leftBehind = Set(status.nodes.flatMap { $0.lag?.leftBehind ?? [] }.compactMap(\.id))
        for node in status.nodes {
            if let parent = parentID(of: node) { childrenByParent[parent, default: []].append(node) }
        }
    }

    // MARK: The tree

    private mutating func drawForest() {
        let known = Set(status.nodes.map(\.id))
        for node in status.nodes where parentID(of: node).map({ !known.contains($0) }) ?? true {
            draw(node, depth: 0, opening: "", rest: "")
        }
        // Parts of the status were told at different moments and may contradict each other. Every node is drawn all the
        // same.
        for node in status.nodes where !drawn.contains(node.id) { draw(node, depth: 0, opening: "", rest: "") }
    }

    private func parentID(of node: TreeStatus.Node) -> String? {
        node.isRoot ? nil : node.path.first?.id
    }

    /// - Parameters:
    ///   - opening: the characters before the node itself.
    ///   - rest: the characters before everything below the node.
    private mutating func draw(_ node: TreeStatus.Node, depth: Int, opening: String, rest: String) {
        guard drawn.insert(node.id).inserted else { return }
        rows.append(row(of: node, depth, opening))
        let children = children(of: node)
        let below = children.count + node.baseServers.count
        for (index, child) in children.enumerated() {
            let isLast = index == below - 1
            draw(
                child, depth: depth + 1, opening: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  ")
            )
        }
        for (index, baseServer) in node.baseServers.enumerated() {
            let isLast = children.count + index == below - 1
            var row = TreeRow(
                depth: depth + 1, opening: rest + (isLast ? "└─ " : "├─ "),
                address: Printable.text(baseServer.reference.address))
            row.note =
                baseServer.dialect == "original" ? "server of the original system" : "server of the base protocol"
            rows.append(row)
        }
    }

    /// The nodes that name it as their parent: first those that it lists itself, by rank, then any others.
    private func children(of node: TreeStatus.Node) -> [TreeStatus.Node] {
        let all = (childrenByParent[node.id] ?? []).filter { !drawn.contains($0.id) }
        let ranks = Dictionary(node.children.enumerated().map { ($1.id, $0) }) { first, _ in first }
        func rank(_ child: TreeStatus.Node) -> Int { ranks[child.id] ?? ranks.count }
        return all.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
    }

    private func row(of node: TreeStatus.Node, _ depth: Int, _ opening: String) -> TreeRow {
        let isAsked = node.id == status.asked.id
        var row = TreeRow(
            depth: depth, opening: opening, id: Printable.text(node.id), address: Printable.text(node.reference.address)
        )
        if node.isRoot { row.marks.append(.root) }
        if node.trouble != nil { row.marks.append(.notJoined) }
        if node.lag?.waitedMilliseconds != nil { row.marks.append(.waits) }
        if leftBehind.contains(node.id) { row.marks.append(.leftBehind) }
        if node.isDraining { row.marks.append(.draining) }
        if node.isPlain { row.marks.append(.plain) }
        if isAsked { row.marks.append(.asked) }
        row.counts = [node.clients, node.queue, node.log]
        row.deadpool = node.deadpool.map { Printable.text($0.address) }
        row.isBold = isAsked
        return row
    }

    // MARK: Slow links

    /// A line for each node whose clients wait.
    private var waits: [String] {
        status.nodes.compactMap { node in
            guard let milliseconds = node.lag?.waitedMilliseconds else { return nil }
            let name = Printable.text(node.reference.address)
            let whom = node.lag?.waitsFor.map { "the link to \(Printable.text($0.address))" } ?? "copies or stamps"
            return style.yellow(layout.cut("clients of \(name) have waited \(milliseconds / 1000) s for \(whom)"))
        }
    }

    // MARK: The asked node

    private var asked: [String] {
        let node = status.asked
        var lines: [String] = []
        func add(_ label: String, _ nodes: [TreeStatus.Reference], _ addition: String = "") {
            lines += layout.lines(
                label, nodes.map { ($0.id.map(Printable.text), Printable.text($0.address)) }, addition)
        }
        if node.isRoot {
            add("asked", [node.reference], ", the root")
        } else if let parent = node.path.first {
            add("asked", [node.reference], ", depth \(node.path.count)")
            add("parent", [parent])
            if node.path.count > 1 { add("above", Array(node.path.dropFirst())) }
        } else {
            add("asked", [node.reference], ", without a parent")
        }
        if let trouble = node.trouble {
            lines += Screen.wrapped(
                "not joined  \(Printable.text("\(trouble)"))", width: layout.width == .max ? nil : layout.width
            )
            .split(separator: "\n").map { style.yellow(String($0)) }
        }
        add("children", node.children)
        if let heir = node.heir { add("heir", [heir]) }
        add("deadpool", node.deadpool)
        return lines
    }
}
