import CEdit

/// Where the characters of a text appear in a terminal of a given width. The text begins at the left, and continues in
/// the next row when one is full, as a terminal itself does.
struct LineLayout {
    struct Position: Equatable {
        var row: Int
        var column: Int
    }

    /// How a character is shown, and how many columns it takes.
    private struct Cell {
        var text: String
        var width: Int
    }

    let columns: Int
    private var cells: [Cell] = []
    /// The position of each character, and of one that would follow.
    private(set) var positions: [Position] = []

    init(_ text: [Unicode.Scalar], columns: Int) {
        self.columns = max(2, columns)
        var position = Position(row: 0, column: 0)
        for scalar in text {
            let cell = Self.cell(scalar, column: position.column)
            // A wide character isn't split between two rows.
            if position.column + min(cell.width, self.columns) > self.columns {
                position = Position(row: position.row + 1, column: 0)
            }
            cells.append(cell)
            positions.append(position)
            position.column += cell.width
            // A character that is shown as several may be split.
            while position.column > self.columns {
                position = Position(row: position.row + 1, column: position.column - self.columns)
            }
        }
        if position.column == self.columns { position = Position(row: position.row + 1, column: 0) }
        positions.append(position)
    }

    var rows: Int { positions.last!.row + 1 }

    /// The position of the cursor before this character.
    func cursor(at index: Int) -> Position { positions[index] }

    /// The characters that begin in these rows.
    func characters(in rows: Range<Int>) -> Range<Int> {
        let first = positions.firstIndex { $0.row >= rows.lowerBound } ?? cells.count
        let end = positions.firstIndex { $0.row >= rows.upperBound } ?? cells.count
        return min(first, cells.count)..<min(max(first, end), cells.count)
    }

    func text(of characters: Range<Int>) -> String {
        cells[characters].reduce(into: "") { $0 += $1.text }
    }

    // MARK: Single characters

    private static func cell(_ scalar: Unicode.Scalar, column: Int) -> Cell {
        switch scalar.value {
        case 0x09:
            let width = 8 - column % 8
            return Cell(text: String(repeating: " ", count: width), width: width)
        // Line ends within a paste.
        case 0x0a, 0x0d: return Cell(text: "\u{21b5}", width: 1)
        case 0..<0x20: return Cell(text: "^" + String(Unicode.Scalar(UInt8(scalar.value) + 0x40)), width: 2)
        case 0x20..<0x7f: return Cell(text: String(scalar), width: 1)
        // Characters that would turn the direction of the line, or have no width, are shown as U+FFFD.
        case 0x7f..<0xa0, 0x2028, 0x2029, 0x061c, 0x200b, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff:
            return Cell(text: "\u{fffd}", width: 1)
        default:
            _ = Characters.areKnown
            let width = wcwidth(wchar_t(bitPattern: scalar.value))
            return width < 0 ? Cell(text: "\u{fffd}", width: 1) : Cell(text: String(scalar), width: Int(width))
        }
    }

    /// As much of a text as fits into one row. The last column stays free, since a terminal would begin another row
    /// after it.
    static func cut(_ text: String, columns: Int) -> String {
        let scalars = Array(text.unicodeScalars)
        let layout = LineLayout(scalars, columns: Int.max / 2)
        let room = max(1, columns - 1)
        if layout.positions.last!.column <= room { return layout.text(of: 0..<scalars.count) }
        let count = layout.positions.lastIndex { $0.column <= room - 1 } ?? 0
        return layout.text(of: 0..<count) + "\u{2026}"
    }

    /// How many columns a text takes in one row.
    static func width(_ text: String) -> Int {
        LineLayout(Array(text.unicodeScalars), columns: Int.max / 2).positions.last!.column
    }
}
