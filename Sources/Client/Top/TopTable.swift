import Wire

/// Draws a picture of `coppice top`: a line for the whole network, a line for each node, and below them what isn't in
/// order.
///
/// ```
///   6 nodes, 1234 clients: 500 messages/s in, 61.2k/s out
///   node           clients  in/s out/s  rx/s  tx/s queue   lag slowest links  turn
///   localhost:3780*    206   100 20.6k 10.1k  2.1M     0     0       0     2 1.2ms
/// ```
/// A table is 79 columns wide unless the terminal is wider; then names have more room. In a narrower one the last
/// columns go.
struct TopTable {
    /// The name of a node has at least so many columns, with its mark.
    private static let leastName = 15
    /// How many lines about links and waiting clients are drawn.
    private static let remarks = 6

    let style: Style
    /// Nil if nothing is to be cut.
    let width: Int?
    var order: TopOrder
    /// Whether keys are read, so that it is told which there are.
    var hasKeys = false

    func draw(_ status: TreeStatus, _ rows: [TopRow], asked: String) -> String {
        let lines = [summary(status, rows, asked)] + table(rows) + remarks(status, rows) + (hasKeys ? keys : [])
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: The whole network

    private func summary(_ status: TreeStatus, _ rows: [TopRow], _ asked: String) -> String {
        let clients = rows.reduce(0) { $0 + $1.node.clients }
        let rates = rows.compactMap(\.rates)
        var text = "\(rows.count) \(rows.count == 1 ? "node" : "nodes"), \(clients) clients"
        if !rates.isEmpty {
            let (said, delivered) = (rates.reduce(0) { $0 + $1.said }, rates.reduce(0) { $0 + $1.delivered })
            text += ": \(TopNumber.short(said)) messages/s in, \(TopNumber.short(delivered))/s out"
        }
        text += "; asked: \(asked)"
        if !status.isComplete { text = "incomplete; " + text }
        let line = cut(text)
        return status.isComplete ? style.bold(line) : style.yellow(line)
    }

    // MARK: The table

    private func table(_ rows: [TopRow]) -> [String] {
        let columns = columns
        let others = columns.reduce(0) { $0 + 1 + $1.width! }
        let longest = rows.map { $0.name.count + 1 }.max() ?? 0
        let room = width.map { max(1, $0 - others) } ?? .max
        let nameWidth = min(room, max(Self.leastName, longest))
        let heading =
            headed(.node, left(TopColumn.node.heading, nameWidth))
            + columns.map { " " + headed($0, right($0.heading, $0.width!)) }.joined()
        return [heading] + order.sorted(rows).map { line($0, columns, nameWidth) }
    }

    /// Those that fit beside the name.
    private var columns: [TopColumn] {
        var (columns, used) = ([TopColumn](), Self.leastName)
        for column in TopColumn.allCases {
            guard let columnWidth = column.width else { continue }
            used += 1 + columnWidth
            if let width, used > width { break }
            columns.append(column)
        }
        return columns
    }

    private func headed(_ column: TopColumn, _ text: String) -> String {
        column == order.column ? style.bold(text) : style.dim(text)
    }

    private func line(_ row: TopRow, _ columns: [TopColumn], _ nameWidth: Int) -> String {
        let mark = row.node.isRoot ? "*" : ""
        let name = left(Self.shortened(row.name, nameWidth - mark.count) + mark, nameWidth)
        let isInTrouble = row.node.trouble != nil || row.node.lag != nil
        return (isInTrouble ? style.yellow(name) : name)
            + columns.map { column in
                let text = right(row.text(column), column.width!)
                return " " + (column == .links && !row.troubledLinks.isEmpty ? style.yellow(text) : text)
            }.joined()
    }

    // MARK: What isn't in order

    private func remarks(_ status: TreeStatus, _ rows: [TopRow]) -> [String] {
        var remarks: [String] = []
        for row in order.sorted(rows) {
            let name = row.name
            if let trouble = row.node.trouble { remarks.append(Printable.text("\(name) is not joined: \(trouble)")) }
            if let waited = row.node.lag?.waitedMilliseconds {
                let whom = row.node.lag?.waitsFor.map { "the link to \(Printable.text($0.address))" }
                remarks.append("clients of \(name) have waited \(waited / 1000) s for \(whom ?? "copies or stamps")")
            }
            for child in row.node.lag?.leftBehind ?? [] {
                remarks.append("\(Printable.text(child.address)) is left behind by \(name)")
            }
            for link in row.troubledLinks {
                let peer = Printable.text("\(link.role) \(link.peer.address)")
                remarks.append("\(name): the \(peer) is \(Printable.text(link.state)), \(link.behind) messages behind")
            }
        }
        let shown = remarks.prefix(Self.remarks).map { style.yellow(cut($0)) }
        let left = remarks.count - shown.count
        return shown + (left > 0 ? [style.yellow("… and \(left) more")] : [])
    }

    private var keys: [String] {
        let names = TopColumn.allCases.map { String($0.key) }.joined(separator: " ")
        return [style.dim(cut("q quits; keys sort, in the order of the columns: \(names)"))]
    }

    // MARK: Fitting

    private func cut(_ text: String) -> String {
        guard let width, text.count > width else { return text }
        return String(text.prefix(max(0, width - 1))) + "…"
    }

    /// The end of an address has its port, and tells nodes apart: a long one is cut in its middle.
    static func shortened(_ text: String, _ width: Int) -> String {
        guard text.count > width else { return text }
        let end = min(max(0, width - 1), width / 2 + 1)
        return text.prefix(max(0, width - 1 - end)) + "…" + text.suffix(end)
    }

    private func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
