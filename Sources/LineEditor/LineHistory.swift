/// The lines that were entered before, and which of them the user is looking at.
struct LineHistory {
    /// The lines, the oldest first.
    private(set) var lines: [[Unicode.Scalar]] = []
    /// The index of the line that is shown; nil for the new line.
    private var position: Int?
    /// The new line, while another one is shown.
    private var draft: [Unicode.Scalar] = []
    private let limit: Int

    /// - Parameter limit: how many lines are kept.
    init(limit: Int = 500) {
        self.limit = limit
    }

    /// Adds a line that was entered, and returns to the new line.
    mutating func add(_ line: [Unicode.Scalar]) {
        position = nil
        draft = []
        guard !line.isEmpty, line != lines.last else { return }
        lines.append(line)
        if lines.count > limit { lines.removeFirst() }
    }

    /// - Parameter current: the text that is shown now.
    /// - Returns: the line before; nil if there is none.
    mutating func previous(_ current: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        let index = (position ?? lines.count) - 1
        guard index >= 0 else { return nil }
        if position == nil { draft = current }
        position = index
        return lines[index]
    }

    mutating func next() -> [Unicode.Scalar]? {
        guard let position else { return nil }
        if position + 1 < lines.count {
            self.position = position + 1
            return lines[position + 1]
        }
        self.position = nil
        return draft
    }

    /// - Parameter end: only lines older than this one are searched; nil for all.
    /// - Returns: the index of the newest line that contains the words, in any case of letters.
    func search(_ words: [Unicode.Scalar], before end: Int? = nil) -> Int? {
        guard !words.isEmpty else { return nil }
        let wanted = Self.folded(words)
        return lines.indices.prefix(end ?? lines.count).last { Self.holds(Self.folded(lines[$0]), wanted) }
    }

    /// Continues from a line that a search has found.
    mutating func moveTo(_ index: Int, from current: [Unicode.Scalar]) {
        if position == nil { draft = current }
        position = index
    }

    private static func folded(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.flatMap { $0.properties.lowercaseMapping.unicodeScalars }
    }

    private static func holds(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }
}
