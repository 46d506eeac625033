/// Control-R: looks for a line that was typed before, by some of its words, as they are typed.
struct HistorySearch {
    private(set) var words: [Unicode.Scalar] = []
    /// The line that is shown; nil as long as nothing was found.
    private(set) var found: Int?
    /// Nothing holds the words: the last that did is still shown.
    private(set) var hasFailed = false
    /// What was there before, for whoever gives up.
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
        // The line that is shown may hold these too.
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

    /// An older one.
    mutating func goOn(in history: LineHistory) {
        look(in: history, before: found)
    }

    private mutating func look(in history: LineHistory, before end: Int?) {
        let index = history.search(words, before: end)
        hasFailed = index == nil && !words.isEmpty
        if let index { found = index }
    }
}
