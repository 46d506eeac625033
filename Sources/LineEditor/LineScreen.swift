/// The lower end of the screen: some rows of status, and below them the line that is being typed. Other output appears
/// above both, and scrolls away with everything else.
///
///     anna: hello                        what was said: the terminal's own
///     bob: hi
///     ... how are you                    status: what is on its way
///     > this line is being ty_           the line, over as many rows as it needs
///
/// It knows only what it has drawn, not what the terminal shows. To draw again, it goes up by as many rows as it went
/// down, clears the rest of the screen, and draws. If the terminal's width has changed meanwhile, the terminal has
/// wrapped the rows anew; this is taken into account.
struct LineScreen {
    /// One row, with the escape codes of its style.
    struct Status: Equatable {
        var text: String
        var style: String

        init(_ text: String, style: String = "") {
            self.text = text
            self.style = style
        }
    }

    struct Content: Equatable {
        var status: [Status] = []
        var prompt: [Unicode.Scalar] = []
        var text: [Unicode.Scalar] = []
        /// How many characters of the text stand before the cursor.
        var cursor = 0
    }

    /// What is on the screen now.
    private struct Drawn {
        var statusWidths: [Int]
        var line: [Unicode.Scalar]
        /// How many characters of the line stand before the cursor.
        var cursor: Int
        /// The width of the terminal when this was drawn.
        var columns: Int
    }

    private var drawn: Drawn?
    var columns: Int
    var rows: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// Removes everything drawn from the screen. The cursor is then where the drawing began.
    mutating func erase() -> String {
        guard let drawn else { return "" }
        self.drawn = nil
        // Rows that were narrower than the terminal may be wider than it now.
        let status = drawn.statusWidths.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        let cursor = LineLayout(drawn.line, columns: columns).cursor(at: drawn.cursor)
        var up = status + cursor.row
        // After a row that is just full, some terminals leave the cursor in that row. It is better to leave one of our
        // rows than to remove one of other output.
        if drawn.columns != columns, cursor.column == 0, cursor.row > 0, drawn.cursor == drawn.line.count { up -= 1 }
        return "\r" + (up > 0 ? "\u{1b}[\(up)A" : "") + "\u{1b}[J"
    }

    /// Draws everything from the cursor on, which has to be at the left.
    mutating func draw(_ content: Content) -> String {
        var result = ""
        // At least one row is left for the line.
        let status = content.status.suffix(max(0, rows - 1)).map { status in
            Status(LineLayout.cut(status.text, columns: columns), style: status.style)
        }
        for row in status {
            result += row.style.isEmpty ? row.text : "\u{1b}[\(row.style)m\(row.text)\u{1b}[0m"
            result += "\r\n"
        }
        let line = content.prompt + content.text
        let layout = LineLayout(line, columns: columns)
        let cursor = layout.cursor(at: content.prompt.count + content.cursor)
        // If the line is higher than the screen, the rows around the cursor are shown.
        let height = max(1, rows - status.count)
        let first = max(0, min(cursor.row - height / 2, layout.rows - height))
        let last = min(layout.rows, first + height) - 1
        let shown = layout.characters(in: first..<last + 1)
        result += layout.text(of: shown)
        // A terminal moves to the next row only when a character is written there.
        let end = layout.cursor(at: shown.upperBound)
        if shown.upperBound == line.count, end.column == 0, end.row > 0 { result += " \r" }
        let endRow = min(end.row, last)
        if endRow > cursor.row { result += "\u{1b}[\(endRow - cursor.row)A" }
        result += "\r" + (cursor.column > 0 ? "\u{1b}[\(cursor.column)C" : "")
        let before = content.prompt.count + content.cursor - shown.lowerBound
        drawn = Drawn(
            statusWidths: status.map { LineLayout.width($0.text) }, line: Array(line[shown]),
            cursor: max(0, min(before, shown.count)), columns: columns)
        return result
    }
}
