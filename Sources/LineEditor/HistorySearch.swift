/// The search of Control-R: finds an earlier line that contains the typed words.
struct HistorySearch {
    private(set) var words: [Unicode.Scalar] = []
    /// The index of the line that is shown; nil if none has been found yet.
    private(set) var found: Int?
    /// No line contains the words. The last line that was found is still shown.
    private(set) var hasFailed = false
    /// The line and the cursor before the search, for a user who gives it up.
    let text: [Unicode.Scalar]
    let cursor: Int

    init(text: [Unicode.Scalar], cursor: Int) {
        self.text = text
        self.cursor = cursor
    }

    var prompt: [Unicode.Scalar] {
        Array("(\(hasFailed ? "not found" : "search") '".unicodeScalars) + words + Array("') ".unicodeScalars)
    }

    mutating func add(_ text: [Unicode.Scalar], in history: LineHistory) {
        words += text
        // The line that is shown may contain the longer words too.
        look(in: history, before: found.map { $0 + 1 })
    }

    mutating func removeLast(in history: LineHistory) {
        guard !words.isEmpty else { return }
        words.removeLast(Characters.countOfLast(words))
        if words.isEmpty {
            (found, hasFailed) = (nil, false)
        } else {
            look(in: history, before: nil)
        }
    }

    /// Finds an older line with the same words.
    mutating func searchFurther(in history: LineHistory) {
        look(in: history, before: found)
    }

    private mutating func look(in history: LineHistory, before end: Int?) {
        let index = history.search(words, before: end)
        hasFailed = index == nil && !words.isEmpty
        if let index { found = index }
    }
}
