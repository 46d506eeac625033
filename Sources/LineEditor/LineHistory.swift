/// What was typed before, and where somebody who looks through it stands.
struct LineHistory {
    /// The oldest first.
    private(set) var lines: [[Unicode.Scalar]] = []
    /// Of the line that is shown; nil for the new one.
    private var position: Int?
    /// The new line, while another one is shown.
    private var draft: [Unicode.Scalar] = []
    private let limit: Int

    /// - Parameter limit: lines kept.
    init(limit: Int = 500) {
        self.limit = limit
    }

    /// Adds a line that was entered, and goes back to the new one.
    mutating func add(_ line: [Unicode.Scalar]) {
        position = nil
        draft = []
        guard !line.isEmpty, line != lines.last else { return }
        lines.append(line)
        if lines.count > limit { lines.removeFirst() }
    }

    /// - Parameter current: what is shown now.
    /// - Returns: nil if there is nothing before it.
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

    /// - Parameter end: only lines older than this one count; nil for all.
    /// - Returns: the index of the newest line that holds the words, whatever their case.
    func search(_ words: [Unicode.Scalar], before end: Int? = nil) -> Int? {
        guard !words.isEmpty else { return nil }
        let wanted = Self.folded(words)
        return lines.indices.prefix(end ?? lines.count).last { Self.holds(Self.folded(lines[$0]), wanted) }
    }

    /// Whoever found this one goes on from there.
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
