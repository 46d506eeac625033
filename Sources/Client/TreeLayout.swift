/// A node, or another server, as one line of the picture. `TreeLayout` makes it fit.
struct TreeRow {
    /// A remark that stands behind a node's name.
    enum Mark {
        case root
        /// The node isn't in the tree that it should have joined.
        case notJoined
        /// Its clients are held back.
        case waits
        /// Its parent leaves it behind.
        case leftBehind
        /// It takes no new clients, and sends those that it has elsewhere.
        case draining
        /// Others may listen in on its link to its parent.
        case plain
        case asked

        var text: String {
            switch self {
            case .root: "root"
            case .notJoined: "not joined"
            case .waits: "waits"
            case .leftBehind: "left behind"
            case .draining: "draining"
            case .plain: "in clear"
            case .asked: "◀ asked"
            }
        }

        func styled(_ style: Style) -> String {
            switch self {
            case .root: text
            case .notJoined, .waits, .leftBehind, .draining, .plain: style.yellow(text)
            case .asked: style.green(text)
            }
        }
    }

    /// How many links the node is below the top of its tree.
    var depth = 0
    /// The lines of the picture that lead to the node.
    var opening = ""
    var id: String?
    var address: String
    var marks: [Mark] = []
    /// The numbers under the headings of `TreeLayout`; empty if the server has no counts.
    var counts: [Int64] = []
    /// The addresses of the deadpool.
    var deadpool: [String] = []
    /// A text that stands in the place of the counts.
    var note = ""
    var isBold = false
}

/// Lays rows out in columns of a given width, so that no line wraps. Lines that lead deep are cut on their left, where
/// a number then says how deep. Long names are cut in their middle. Of a deadpool, as many addresses are listed as fit.
/// In a narrow terminal the counts are left out before the marks are.
struct TreeLayout {
    static let headings = ["clients", "queue", "log"]
    private static let gap = "  "
    /// How many letters of an id are shown: enough to tell a few thousand nodes apart.
    static let shortID = 6
    /// How many columns a name keeps, if it needs them, however deep the node is: enough to recognise the id and the
    /// address.
    private static let leastName = 34
    /// The width of `999…`.
    private static let longestDepth = 4
    private static let leastAddress = 9
    /// The width of `└─ `.
    private static let branch = 3
    /// The fewest columns in which a list is of use.
    private static let leastList = 9

    /// A text without its colours, and with them.
    private struct Cell {
        var plain = ""
        var styled = ""

        mutating func add(_ text: String, _ paint: (String) -> String = { $0 }) {
            plain += text
            styled += paint(text)
        }
    }

    private let style: Style
    /// The width in columns; `.max` if nothing is cut.
    let width: Int

    init(_ style: Style, width: Int?) {
        self.style = style
        self.width = width ?? .max
    }

    // MARK: Rows

    func lines(of rows: [TreeRow]) -> [String] {
        let counts = countColumns(of: rows)
        let countsWidth = Self.width(ofCounts: counts)
        let room = width == .max ? width : width - min(width, countsWidth)
        let kept = rows.reduce(0) {
            max($0, min(Self.leastName, Self.shownID($1.id).count + $1.address.count + Self.marks($1).count))
        }
        let names = rows.map { name(of: $0, room: $0.counts.isEmpty ? width : room, keeping: kept) }
        let counted = zip(rows, names).filter { !$0.0.counts.isEmpty }
        let nameWidth = counted.reduce("node".count) { max($0, $1.1.plain.count) }
        let listRoom = width == .max ? width : width - nameWidth - countsWidth - Self.gap.count
        let lists = rows.map { list($0.deadpool, at: $0.address, room: listRoom) }
        var heading = Self.padded("node", nameWidth)
        for (title, width) in zip(Self.headings, counts) { heading += Self.gap + Self.padded(title, -width) }
        if lists.contains(where: { !$0.isEmpty }) { heading += Self.gap + "deadpool" }
        var lines = counted.isEmpty ? [] : [style.dim(cut(heading))]
        for ((row, name), list) in zip(zip(rows, names), lists) {
            var cell = name
            if row.counts.isEmpty {
                if !row.note.isEmpty { cell.add(Self.gap) }
                cell.add(cut(row.note, to: width - min(width, cell.plain.count))) { style.dim($0) }
            } else {
                cell.add(String(repeating: " ", count: max(0, nameWidth - name.plain.count)))
                for (count, width) in zip(row.counts, counts) {
                    cell.add(Self.gap + Self.padded(String(count), -width))
                }
                if !list.isEmpty { cell.add(Self.gap + list) { style.dim($0) } }
            }
            lines.append(shown(cell))
        }
        return lines
    }

    /// How wide the numbers under each heading are. If not all headings fit beside each row's marks, only the first
    /// ones are shown.
    private func countColumns(of rows: [TreeRow]) -> [Int] {
        var counts = Self.headings.indices.map { column in
            rows.reduce(Self.headings[column].count) { widest, row in
                row.counts.isEmpty ? widest : max(widest, String(row.counts[column]).count)
            }
        }
        let needed = rows.reduce(0) { widest, row in
            let opening = min(row.opening.count, Self.longestDepth + Self.branch)
            let address = min(row.address.count, Self.leastAddress)
            return max(widest, opening + Self.shownID(row.id).count + address + Self.marks(row).count)
        }
        while !counts.isEmpty, width - min(width, Self.width(ofCounts: counts)) < needed { counts.removeLast() }
        return counts
    }

    private static func width(ofCounts counts: [Int]) -> Int { counts.reduce(0) { $0 + gap.count + $1 } }

    /// - Returns: the name in at most this many columns, if an address fits into them at all.
    private func name(of row: TreeRow, room: Int, keeping kept: Int) -> Cell {
        let id = Self.shownID(row.id)
        let opening = shortened(row.opening, row.depth, room: room - min(room, kept))
        var left = room == .max ? room : room - opening.count - id.count
        let marks = left - Self.marks(row).count >= Self.leastAddress ? row.marks : []
        if !marks.isEmpty { left -= Self.marks(row).count }
        var cell = Cell()
        cell.add(opening) { style.dim($0) }
        cell.add(id) { row.isBold ? style.bold(style.cyan($0)) : style.cyan($0) }
        cell.add(Self.cutInTheMiddle(row.address, to: max(Self.leastAddress, left))) {
            row.isBold ? style.bold($0) : $0
        }
        for mark in marks {
            cell.add(Self.gap)
            cell.add(mark.text) { _ in mark.styled(style) }
        }
        return cell
    }

    private static func marks(_ row: TreeRow) -> String { row.marks.map { gap + $0.text }.joined() }

    private static func shownID(_ id: String?) -> String { id.map { $0.prefix(shortID) + " " } ?? "" }

    /// The lines that lead to a row. If they are too long, only the last few branches are kept.
    private func shortened(_ opening: String, _ depth: Int, room: Int) -> String {
        // One branch is shorter than the number that would replace it.
        guard opening.count > room, depth > 1 else { return opening }
        // All rows that are cut keep the same number of branches, so that these still stand below one another.
        let branches = max(1, (room - Self.longestDepth) / Self.branch)
        return Self.padded("\(depth)…", min(Self.longestDepth, max(0, room - Self.branch * branches)))
            + opening.suffix(Self.branch * branches)
    }

    /// As many addresses as fit, and how many more there are. An address on the row's own host is shown by its port
    /// alone.
    private func list(_ addresses: [String], at own: String, room: Int) -> String {
        guard room >= Self.leastList, !addresses.isEmpty else { return "" }
        let host = own[..<(own.lastIndex(of: ":") ?? own.endIndex)]
        let short = addresses.map { address in
            address.hasPrefix(host + ":") && !address.dropFirst(host.count + 1).contains(":")
                ? String(address.dropFirst(host.count)) : address
        }
        var shown = 0
        var taken = 0
        // Behind each address but the last, the number of further ones has to fit too.
        while shown < short.count {
            let more = short.count - shown - 1
            let next = taken + short[shown].count
            guard next + (more == 0 ? 0 : " +\(more)".count) <= room else { break }
            taken = next + 1
            shown += 1
        }
        let more = short.count - shown
        return (short.prefix(shown) + (more == 0 ? [] : ["+\(more)"])).joined(separator: " ")
    }

    // MARK: Lists below the tree

    /// A label with names behind it, on as many lines as they need.
    func lines(_ label: String, _ names: [(id: String?, address: String)], _ addition: String = "") -> [String] {
        let margin = 10
        var lines: [String] = []
        var cell = Cell()
        cell.add(Self.padded(label, margin))
        if names.isEmpty { cell.add("none") { style.dim($0) } }
        for (index, name) in names.enumerated() {
            let id = Self.shownID(name.id)
            let end = index == names.count - 1 ? addition : ","
            let room = width == .max ? width : max(Self.leastAddress, width - margin - id.count - end.count)
            let address = Self.cutInTheMiddle(name.address, to: room)
            let isFirst = cell.plain.count == margin
            if !isFirst, cell.plain.count + 1 + id.count + address.count + end.count > width {
                lines.append(shown(cell))
                cell = Cell()
                cell.add(String(repeating: " ", count: margin))
            } else if !isFirst {
                cell.add(" ")
            }
            cell.add(id) { style.cyan($0) }
            cell.add(address + end)
        }
        return lines + [shown(cell)]
    }

    // MARK: Cutting

    func cut(_ text: String) -> String { cut(text, to: width) }

    /// On a terminal that is too narrow for anything else, the row is cut and loses its colours.
    private func shown(_ cell: Cell) -> String { cell.plain.count > width ? cut(cell.plain) : cell.styled }

    private func cut(_ text: String, to limit: Int) -> String {
        guard text.count > limit else { return text }
        return limit < 1 ? "" : text.prefix(limit - 1) + "…"
    }

    /// In the form `a.very.long.na…ple.org:3780`: the port and both ends of the host are kept.
    static func cutInTheMiddle(_ address: String, to limit: Int) -> String {
        guard address.count > limit else { return address }
        let port = address.lastIndex(of: ":").map { address[$0...] } ?? ""
        let host = address.dropLast(port.count)
        let left = max(2, limit - port.count - 1)
        return host.prefix((left + 1) / 2) + "…" + host.suffix(left / 2) + port
    }

    /// Pads to the left, or to the right for a negative width.
    private static func padded(_ text: String, _ width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? blanks + text : text + blanks
    }
}
