/// A terminal, as far as the editor uses one: characters that go on in the next row, and the few sequences that it
/// writes.
public struct ScreenModel {
    public private(set) var columns: Int
    public private(set) var rows: Int
    /// What has scrolled away, then what is shown. A wide character has an empty cell behind it.
    public private(set) var lines: [[String]] = [[]]
    /// Rows that go on in the next one.
    private var isContinued: [Bool] = [false]
    public private(set) var row = 0
    public private(set) var column = 0
    /// The last column is taken; the next character comes into the next row.
    private var isFull = false

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The rows as texts, without blanks at their ends.
    public var text: [String] {
        lines.map { cells in
            var text = cells.joined()
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    /// What the screen shows, at most `rows` of it.
    public var shown: [String] { Array(text.suffix(rows)) }

    public mutating func write(_ text: String) {
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\r": (column, isFull) = (0, false)
            case "\n":
                // The kernel makes a CR LF of it.
                (column, isFull) = (0, false)
                goDown(isContinued: false)
            case "\u{1b}":
                scalars = scalars.dropFirst()
                var number = ""
                while let next = scalars.popFirst() {
                    if !("0"..."9").contains(next), next != ";", next != "?" {
                        perform(next, Int(number) ?? 1)
                        break
                    }
                    number.unicodeScalars.append(next)
                }
            default: put(scalar)
            }
        }
    }

    private mutating func perform(_ final: Unicode.Scalar, _ number: Int) {
        switch final {
        case "A":
            // It stops at the screen's first row.
            row = max(max(0, lines.count - rows), row - number)
            isFull = false
        case "C": column = min(columns - 1, column + number)
        case "J":
            lines[row] = Array(lines[row].prefix(column))
            lines.removeLast(lines.count - row - 1)
            isContinued.removeLast(isContinued.count - row)
            isContinued.append(false)
        default: break
        }
    }

    private mutating func goDown(isContinued continued: Bool) {
        isContinued[row] = continued
        row += 1
        if row == lines.count {
            lines.append([])
            isContinued.append(false)
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let width = (0x3000...0xffdc).contains(scalar.value) || scalar.value >= 0x1f300 ? 2 : 1
        if isFull || column + width > columns {
            goDown(isContinued: true)
            (column, isFull) = (0, false)
        }
        while lines[row].count < column + width { lines[row].append(" ") }
        lines[row][column] = String(scalar)
        if width == 2 { lines[row][column + 1] = "" }
        column += width
        if column >= columns { (column, isFull) = (columns - 1, true) }
    }

    /// Another width: rows that belong together are broken anew, and the cursor stays at its character.
    public mutating func resize(columns: Int) {
        var whole: [[String]] = []
        var cursor = (line: 0, offset: 0)
        var line: [String] = []
        for index in lines.indices {
            if index == row { cursor = (whole.count, line.count + column + (isFull ? 1 : 0)) }
            line += lines[index]
            if !isContinued[index] {
                whole.append(line)
                line = []
            }
        }
        var other = ScreenModel(columns: columns, rows: rows)
        other.lines = []
        other.isContinued = []
        for (index, cells) in whole.enumerated() {
            var rest = cells[...]
            var offset = 0
            repeat {
                var take = min(columns, rest.count)
                if take < rest.count, rest[rest.startIndex + take] == "" { take -= 1 }
                let isHere = cursor.offset - offset < max(take, 1) || rest.count == take
                if index == cursor.line, cursor.offset >= offset, isHere {
                    other.row = other.lines.count
                    other.column = min(columns - 1, cursor.offset - offset)
                }
                other.lines.append(Array(rest.prefix(take)))
                rest = rest.dropFirst(take)
                offset += take
                other.isContinued.append(!rest.isEmpty)
            } while !rest.isEmpty
        }
        self = other
    }
}
